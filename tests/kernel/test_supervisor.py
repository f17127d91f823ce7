"""Restarts are counted within a period, loops within a row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.clock import SECOND
from ergos.kernel.supervisor import GiveUp, LoopBreaker, Restart, Supervision, react


@given(st.integers(0, 5), st.lists(st.integers(0, 20 * SECOND), max_size=40))
def test_no_period_sees_more_restarts_than_allowed(restarts: int, gaps: list[int]) -> None:
    supervision = Supervision(restarts=restarts, period_s=10)
    now, history, restarted = 0, (), []
    for gap in gaps:
        now += gap
        reaction = react(supervision, history, now)
        if isinstance(reaction, GiveUp):
            assert sum(at > now - 10 * SECOND for at in restarted) >= restarts
            return
        history = reaction.history
        restarted.append(now)
        assert len(history) <= restarts
        assert reaction.after_ns == int(supervision.backoff_s * SECOND) << (len(history) - 1)


def test_a_process_that_is_never_to_restart_is_not() -> None:
    assert isinstance(react(Supervision(restart="never"), (), 0), GiveUp)


def test_old_restarts_are_forgiven() -> None:
    supervision = Supervision(restarts=1, period_s=1)
    assert isinstance(react(supervision, (0,), SECOND - 1), GiveUp)
    assert isinstance(react(supervision, (0,), SECOND), Restart)


def test_a_loop_is_the_same_call_with_the_same_answer_in_a_row() -> None:
    breaker = LoopBreaker(3)
    assert [breaker.looping("a", b"1") for _ in range(3)] == [False, False, True]
    assert not breaker.looping("a", b"2")
    assert not breaker.looping("a", b"1")
    assert not breaker.looping("b", b"1")
    assert [breaker.looping("b", b"1") for _ in range(2)] == [False, True]
