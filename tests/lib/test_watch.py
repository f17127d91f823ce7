"""What an author may ask of supervision."""

from __future__ import annotations

import pytest

from ergos.base.clock import SECOND
from ergos.kernel.supervisor import GiveUp, Restart, Supervision, react
from ergos.lib.watch import RESTARTS_ASKED_MAX, misfit


@pytest.mark.parametrize(
    "supervision",
    [
        Supervision(restarts=-1),
        Supervision(restarts=RESTARTS_ASKED_MAX + 1),
        Supervision(loop_calls=1),
        Supervision(period_s=0),
        Supervision(period_s=float("inf")),
        Supervision(watchdog_s=float("nan")),
        Supervision(watchdog_s=-1),
        Supervision(backoff_s=1e300),
    ],
)
def test_what_would_never_end_is_refused_by_the_name_of_its_field(supervision: Supervision) -> None:
    (changed,) = [
        name for name in supervision.__struct_fields__ if getattr(supervision, name) != getattr(Supervision(), name)
    ]
    assert misfit(supervision).startswith(changed)


@pytest.mark.parametrize(
    "supervision", [Supervision(), Supervision(restarts=0, backoff_s=0), Supervision(restart="never")]
)
def test_what_is_accepted_is_what_the_kernel_can_carry_out(supervision: Supervision) -> None:
    assert misfit(supervision) == ""


def test_the_most_restarts_with_the_longest_pause_are_still_a_number_of_seconds() -> None:
    most = Supervision(restarts=RESTARTS_ASKED_MAX, backoff_s=366 * 86400, period_s=366 * 86400)
    assert misfit(most) == ""
    history: tuple[int, ...] = ()
    for _ in range(RESTARTS_ASKED_MAX):
        reaction = react(most, history, 1)
        assert isinstance(reaction, Restart)
        assert reaction.after_ns / SECOND < 1e30
        history = reaction.history
    assert isinstance(react(most, history, 1), GiveUp)
