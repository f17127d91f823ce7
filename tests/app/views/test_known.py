from __future__ import annotations

from pathlib import Path

from ergos.app.views import known as module
from ergos.app.views.file import ViewsFile
from ergos.app.views.glimpses import RepeatedSeen
from ergos.app.views.known import Begun, Known, Turn, repeated
from ergos.base.money import Amount
from ergos.drivers.host import HostClock
from ergos.kernel.calls import Failure, Hold
from ergos.kernel.events import Intended, Repeated, Resulted
from ergos.sim.crowd import Told
from tests.app.views.rig import RAW, Written, call, contents, folded

HOLD = Hold(amount=Amount(1, 1), provider="p", day=1)
OTHER = Hold(amount=Amount(2, 2), provider="p", day=1)


def known_of(folder: Path) -> tuple[ViewsFile, Known]:
    file = ViewsFile(folder, HostClock())
    while file.advance():
        pass
    assert file._connection is not None
    return file, Known(file._connection)


def test_a_name_keeps_its_number(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    file, known = known_of(written.folder)
    alice = known.number("owner", "alice")
    assert known.number("owner", "bob") != alice == known.number("owner", "alice")
    assert known.agent(alice, "clerk") != known.agent(alice + 1, "clerk")
    known.clear()
    assert known.number("owner", "alice") == alice
    file.close()


def test_what_a_turn_began_is_read_again_when_it_was_forgotten(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    think = call("a", "think", "brief", args={"inputs": RAW(b"1")}, solver="s")
    written.add(1, 1, Intended(think, HOLD), Resulted("a", checked=True), Intended(call("b"), HOLD))
    written.add(1, 1, Intended(call("c"), HOLD), Resulted("c", failure=Failure("E501", "again")))
    seq = written.add(1, 1, Repeated("b", Amount(1, 1), OTHER))
    file, known = known_of(written.folder)
    turn = known.turn(1, 1, seq + 1)
    assert turn.verdicts == {("brief", b"1"): True}
    assert turn.begun.keys() == {"b", "c"}  # what failed may be performed again, under another hold
    assert turn.begun["c"].hold is None
    assert turn.begun["b"] == Begun("mail.send", False, b"null", OTHER)
    assert known.turn(1, 1, seq + 1) is turn
    known.over(1, 1)
    assert known.turn(1, 1, 4).begun.keys() == {"a"}  # only what was before
    file.close()


def test_a_hold_is_replaced_only_by_what_was_charged() -> None:
    def turn(hold: Hold | None) -> Turn:
        return Turn({"k": Begun("x", False, b"", hold)})

    held = turn(HOLD)
    assert repeated(held, RepeatedSeen("k", Amount(1, 1), OTHER)) == HOLD
    assert held.begun["k"].hold == OTHER
    kept = turn(HOLD)
    assert repeated(kept, RepeatedSeen("k", hold=HOLD)) is None
    assert kept.begun["k"].hold == HOLD
    free = turn(None)
    assert repeated(free, RepeatedSeen("k", hold=OTHER)) is None
    assert free.begun["k"].hold == OTHER
    assert repeated(free, RepeatedSeen("other")) is None


def test_little_memory_makes_the_same_fold(crowd: tuple[Path, Told]) -> None:
    folder, _ = crowd
    folded(folder)
    good = contents(folder)
    for path in folder.glob("views.db*"):
        path.unlink()
    before = module.PROCESSES_MAX, module.TURNS_MAX, module.NAMES_MAX
    try:
        module.PROCESSES_MAX, module.TURNS_MAX, module.NAMES_MAX = 2, 2, 2  # type: ignore[misc]
        folded(folder, records=50)
    finally:
        module.PROCESSES_MAX, module.TURNS_MAX, module.NAMES_MAX = before  # type: ignore[misc]
    assert contents(folder) == good
