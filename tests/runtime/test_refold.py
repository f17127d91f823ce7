"""The fold refuses what no kernel would write."""

from __future__ import annotations

import msgspec
import pytest

from ergos.base.ids import KERNEL, Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.events import (
    Body,
    Call,
    Committed,
    Exited,
    Halted,
    Hold,
    Intended,
    Resulted,
    Signalled,
    Spawned,
    Woken,
)
from ergos.kernel.journal import Sealed
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


BEGUN = ((1, SPAWN), (1, Woken("start")))


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
