"""The fold refuses what no kernel would write."""

from __future__ import annotations

import msgspec
import pytest

from ergos.base.ids import KERNEL, Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.calls import Call, Failure, Hold
from ergos.kernel.events import (
    Attached,
    Body,
    Committed,
    Exited,
    Intended,
    Replayed,
    Resulted,
    Signalled,
    Spawned,
    Woken,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.own_events import Halted
from ergos.kernel.process import State
from ergos.kernel.values import NULL
from ergos.runtime.refold import OPEN, Refold

SPAWN = Spawned("alice", "a", Digest("0" * 64), KERNEL)
CALL = Call(key="k", kind="act", name="pay", args={})
HOLD = Hold(amount=Amount(5, 5), provider="p", day=1)


def folded(*records: tuple[int, Body]) -> tuple[Refold, str]:
    """The fold of one process's (turn, record) pairs, and the first complaint."""
    fold = Refold()
    for seq, (turn, body) in enumerate(records, 1):
        wrong = fold.take(Sealed(seq, Pid(1), turn, 1, b"", b""), body)
        if wrong:
            return fold, wrong
    return fold, ""


def claiming(charge: Amount, claimed: Amount) -> tuple[int, Body]:
    """A result for which a provider claims more."""
    return (1, Resulted("k", charge=charge, claimed=claimed))


BEGUN = ((1, SPAWN), (1, Woken("start")))
ANSWERED = ((1, Attached(1)), (1, Intended(CALL)), (1, Resulted("k")))
FAILED = ((1, Attached(1)), (1, Intended(CALL)), (1, Resulted("k", failure=Failure("E506", "broken"))))


def test_an_open_turn_may_be_anywhere_the_silent_moves_lead() -> None:
    assert frozenset({State.READY, State.RUNNING, State.WAITING}) == OPEN


def test_a_life_by_the_table_is_accepted_and_its_money_adds_up() -> None:
    fold, wrong = folded(
        *BEGUN, (1, Intended(CALL, HOLD)), (1, Resulted("k", charge=Amount(2, 2))), (1, Committed(NULL)), (2, Woken("mail")),
        (2, Exited("done")),
    )  # fmt: skip
    assert wrong == ""
    assert not fold.holds
    assert fold.unbalanced({"owner/alice": Amount(-2, -2), "paid/p": Amount(2, 2)}, {}).startswith("the meter")
    assert "sum to" in fold.unbalanced({"paid/p": Amount(2, 2)}, {})


@pytest.mark.parametrize(
    ("records", "complaint"),
    [
        (((0, Woken("start")),), "does not exist"),
        (((1, SPAWN), (1, SPAWN)), "twice"),
        (((1, SPAWN), (2, Woken("start"))), "follows turn"),
        ((*BEGUN, (2, Woken("mail"))), "began a turn"),
        ((*BEGUN, (2, Exited("done"))), "in turn 1"),
        ((*BEGUN, (1, Exited("done")), (1, Committed(NULL))), "had ended"),
        ((*BEGUN, (1, Exited("done")), (1, Exited("done"))), "had ended"),
        ((*BEGUN, (1, Resulted("k"))), "never begun"),
        ((*BEGUN, (1, Intended(CALL)), (1, Intended(CALL))), "twice"),
        ((*BEGUN, (1, Intended(CALL)), (1, Resulted("k")), (1, Resulted("k"))), "already"),
        ((*BEGUN, (1, Intended(CALL)), (1, Resulted("k", charge=Amount(1, 0)))), "nothing had been set aside"),
        ((*BEGUN, (1, Signalled("resume", "a"))), "cannot resume"),
        ((*BEGUN, (1, Halted(on=True, by="a"))), "only the kernel"),
        (((0, SPAWN), (0, Intended(CALL))), "outside of a turn"),
        ((*BEGUN, (1, Attached(2))), "follows start 0"),
        ((*BEGUN, (1, Attached(1)), (1, Attached(1))), "follows start 1"),
        (((0, SPAWN), (0, Attached(1))), "outside of a turn"),
        ((*BEGUN, (1, Attached(1)), (1, Replayed("k"))), "does not have"),
        ((*BEGUN, (1, Attached(1)), (1, Intended(CALL)), (1, Replayed("k"))), "does not have"),
        ((*BEGUN, *FAILED, (1, Attached(2)), (1, Replayed("k"))), "does not have"),
        ((*BEGUN, *ANSWERED, (1, Attached(2)), (1, Replayed("k")), (1, Replayed("k"))), "twice in one life"),
        ((*BEGUN, *ANSWERED, (1, Committed(NULL)), (2, Woken("mail")), (2, Replayed("k"))), "does not have"),
        ((*BEGUN, (1, Intended(CALL, HOLD)), (1, Resulted("k", charge=Amount(-1, 0)))), "less than nothing"),
        ((*BEGUN, (1, Intended(CALL, HOLD)), claiming(Amount(2, 2), Amount(2, 2))), "claimed"),
        ((*BEGUN, (1, Intended(CALL, HOLD)), claiming(Amount(2, 2), Amount(9, 9))), "claimed"),
        (
            (*BEGUN, (1, Intended(CALL)), claiming(Amount(0, 0), Amount(9, 9)), (1, Halted(on=True, by="a"))),
            "only the kernel",
        ),
        (((1, msgspec.structs.replace(SPAWN, parent=Pid(9))),), "its parent"),
    ],
)
def test_what_no_kernel_writes_is_named(records: tuple[tuple[int, Body], ...], complaint: str) -> None:
    assert complaint in folded(*records)[1]


def test_a_hold_of_an_ended_process_is_named() -> None:
    fold, wrong = folded(*BEGUN, (1, Intended(CALL, HOLD)), (1, Exited("killed")))
    assert wrong == ""
    accounts = {"owner/alice": Amount(-5, -5), "held/1": Amount(5, 5)}
    meters = fold._book.meters
    assert "never settled" in fold.unbalanced(accounts, meters)


def test_a_foreign_program_is_told_again_what_it_was_told_once_in_each_life() -> None:
    again = (1, Replayed("k"))
    _, wrong = folded(*BEGUN, *ANSWERED, (1, Attached(2)), again, (1, Attached(3)), again, (1, Exited("done")))
    assert wrong == ""


def test_what_was_claimed_beyond_the_worst_case_is_charged_up_to_it() -> None:
    _, wrong = folded(*BEGUN, (1, Intended(CALL, HOLD)), claiming(Amount(5, 2), Amount(9, 2)))
    assert wrong == ""


def test_another_provider_than_the_one_who_was_paid_is_noticed() -> None:
    result = Resulted("k", charge=Amount(2, 2), provider="other")
    fold, wrong = folded(*BEGUN, (1, Intended(CALL, HOLD)), (1, result))
    assert wrong == ""
    accounts = {"owner/alice": Amount(-2, -2), "paid/p": Amount(2, 2)}
    assert "paid/" in fold.unbalanced(accounts, fold._book.meters)
