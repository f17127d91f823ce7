"""A seat shows an owner's things and nothing of anybody else's, whatever is asked, by whomever, with a running kernel."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ergos.app.access.roles import Role
from ergos.app.access.seat import Seat, StoreWhose, live_of, status_of
from ergos.base.errors import ErgosError, RefusedError, SignInError, UnknownPathError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.kernel.permission.grants import Grant
from ergos.runtime.control import (
    Answer,
    Confirm,
    EndOf,
    Enter,
    Halt,
    Leave,
    Revoke,
    Scheduling,
    Seen,
    Send,
    Signal,
    Spawn,
)
from tests.app.access.estate import AGENTS, OWNERS, Standing


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    made = Standing(tmp_path_factory.mktemp("estate"))
    yield made
    made.close()


def other(owner: str) -> str:
    return "bob" if owner == "alice" else "alice"


async def records(seat: Seat, pid: Pid) -> list[Any]:
    return [one async for one in seat.records(pid)]


READS: dict[str, Callable[[Seat, int, str], Any]] = {
    "process": lambda seat, number, name: seat.process(Pid(number)),
    "children": lambda seat, number, name: seat.children(Pid(number)),
    "records": lambda seat, number, name: records(seat, Pid(number)),
    "turn": lambda seat, number, name: seat.turn(Pid(number), 1),
    "item": lambda seat, number, name: seat.item(number),
    "inbox": lambda seat, number, name: seat.inbox(),
    "notes": lambda seat, number, name: seat.own.notes(name),
    "live": lambda seat, number, name: live_of(seat),
    "status": lambda seat, number, name: status_of(seat),
    "scheduling": lambda seat, number, name: seat.perform(Scheduling()),
    "look at a process": lambda seat, number, name: seat.look(f"/proc/{number}"),
    "look at its state": lambda seat, number, name: seat.look(f"/proc/{number}/state"),
    "look at its memory": lambda seat, number, name: seat.look(f"/proc/{number}/memory"),
    "look at its journal": lambda seat, number, name: seat.look(f"/proc/{number}/journal"),
    "look at its mail": lambda seat, number, name: seat.look(f"/proc/{number}/mail"),
    "look at its grants": lambda seat, number, name: seat.look(f"/proc/{number}/grants"),
    "look at processes": lambda seat, number, name: seat.look("/proc"),
    "look at an account": lambda seat, number, name: seat.look(f"/ledger/{name}"),
    "look at accounts": lambda seat, number, name: seat.look("/ledger"),
    "look at the inbox": lambda seat, number, name: seat.look("/inbox"),
    "look at agents": lambda seat, number, name: seat.look("/agents"),
    "look at an agent": lambda seat, number, name: seat.look(f"/agents/{name}"),
    "count": lambda seat, number, name: seat.views.counts(),
    "processes in view": lambda seat, number, name: seat.views.processes("all"),
    "one in view": lambda seat, number, name: seat.views.one(Pid(number)),
    "records in view": lambda seat, number, name: seat.views.records(pid=Pid(number)),
    "wait for its end": lambda seat, number, name: seat.perform(EndOf(pid=Pid(number), within_s=0.001)),
    "take a grant back": lambda seat, number, name: seat.perform(Revoke(owner=name, grant="000000000000", by=name)),
}  # fmt: skip
WRITES: dict[str, Callable[[Seat, int, str], Any]] = {
    "write to it": lambda seat, number, name: seat.perform(Send(pid=Pid(number), body=None)),
    "pause it": lambda seat, number, name: seat.perform(Signal(pid=Pid(number), name="pause", by=name)),
    "kill it": lambda seat, number, name: seat.perform(Signal(pid=Pid(number), name="kill", by=name)),
    "come back into it": lambda seat, number, name: seat.perform(Enter(owner=name, pid=Pid(number))),
    "leave it": lambda seat, number, name: seat.perform(Leave(pid=Pid(number), life=0, status=1)),
    "answer it": lambda seat, number, name: seat.perform(Answer(number=number, verdict="deny", by=name)),
}  # fmt: skip
NUMBERED = sorted({*WRITES, "process", "children", "records", "turn", "item", "one in view", "records in view"} | {
    read for read in READS if read.startswith("look at its") or read in {"wait for its end", "look at a process"}
})  # fmt: skip
NUMBERS = st.one_of(st.integers(0, 12), st.integers(-(2**70), 2**70))
NAMES = st.sampled_from([*OWNERS, *AGENTS, "nobody", "*", "", "../alice", "alice/listener"])


def answered(standing: Standing, seat: Seat, read: str, number: int, name: str) -> str:
    """What is answered, as text; what is refused, as its sentence."""
    try:
        found = standing.run(_awaited((READS | WRITES)[read], seat, number, name))
    except ErgosError as error:
        return f"{type(error).__name__}: {error}"
    return msgspec.json.encode(found, enc_hook=repr).decode() + repr(found)


async def _awaited(read: Callable[[Seat, int, str], Any], seat: Seat, number: int, name: str) -> Any:
    return await read(seat, number, name)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    read=st.sampled_from(sorted(READS | WRITES)),
    owner=st.sampled_from([*OWNERS, "nobody"]),
    role=st.sampled_from(["viewer", "operator", "owner", "agent"]),
    fresh=st.booleans(),
    number=NUMBERS,
    name=NAMES,
)
def test_no_principal_ever_gets_anything_of_another_owner(
    standing: Standing, read: str, owner: str, role: Role, fresh: bool, number: int, name: str
) -> None:
    if read in WRITES and number in {
        *standing.estate.pids.get(owner, {}).values(),
        *standing.estate.items.get(owner, {}).values(),
    }:
        return  # their own
    seat = standing.estate.seat(owner, role, fresh=fresh, pid=Pid(number))
    said = answered(standing, seat, read, number, name)
    for stranger in [one for one in OWNERS if one != owner and one not in name]:
        assert stranger not in said.replace(str(standing.estate.home.folder), ""), (read, said)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    read=st.sampled_from(NUMBERED),
    owner=st.sampled_from(OWNERS),
    role=st.sampled_from(["viewer", "operator", "owner", "agent"]),
    agent=st.sampled_from(sorted(AGENTS)),
)
def test_what_is_another_owners_answers_like_what_does_not_exist(
    standing: Standing, read: str, owner: str, role: Role, agent: str
) -> None:
    estate = standing.estate
    theirs = estate.pids[other(owner)][agent]
    if read in {"item", "answer it"}:
        theirs = estate.items[other(owner)].get(agent, 0)
    seat = estate.seat(owner, role, pid=estate.pids[owner]["listener"])
    found = re.sub(rf"\b{theirs}\b", "N", answered(standing, seat, read, theirs, "nobody"))
    assert found == answered(standing, seat, read, 999_983, "nobody").replace("999983", "N")


def test_each_owner_sees_all_of_their_own(standing: Standing) -> None:
    estate = standing.estate
    for owner in OWNERS:
        seat = estate.seat(owner, "viewer")
        own = sorted(estate.pids[owner].values())
        assert sorted(one.pid for one in standing.run(live_of(seat)).processes) == own
        assert sorted(row.pid for row in standing.run(seat.views.processes("all"))) == own
        for agent, pid in estate.pids[owner].items():
            assert standing.run(seat.process(pid)).process.agent == agent
            assert standing.run(records(seat, pid))
            assert standing.run(seat.turn(pid, 1))
            assert standing.run(seat.look(f"/proc/{pid}/state"))
        assert [item.item.text for item in standing.run(seat.inbox()).waiting if item.item.kind == "question"] == [
            f"a question of {owner}"
        ]
        assert standing.run(seat.own.notes("listener"))[0].owner == owner
        for number in estate.items[owner].values():
            assert standing.run(seat.item(number)).item.id == number
        status = standing.run(status_of(seat))
        assert (status.store != "") == (owner == "alice")
        assert sum(status.states.values()) == (8 if owner == "alice" else 4)


def test_an_agent_sees_its_own_process_and_nothing_else(standing: Standing) -> None:
    estate = standing.estate
    mine, sibling = estate.pids["bob"]["listener"], estate.pids["bob"]["asker"]
    seat = estate.seat("bob", "agent", pid=mine)
    assert standing.run(seat.process(mine)).process.pid == mine
    assert str(standing.run(seat.look("/proc"))).count("Entry(") == 1
    assert standing.run(seat.look(f"/proc/{mine}/state"))
    for refused in (
        lambda: seat.process(sibling),
        lambda: seat.look(f"/proc/{sibling}/state"),
        lambda: records(seat, sibling),
    ):
        with pytest.raises(UnknownProcessError):
            standing.run(refused())
    for refused in (
        seat.inbox,
        lambda: seat.own.notes("listener"),
        lambda: live_of(seat),
        lambda: status_of(seat),
        lambda: _views(seat),
    ):
        with pytest.raises(RefusedError):
            standing.run(refused())
    with pytest.raises(UsageError):
        standing.run(seat.item(estate.items["bob"]["asker"]))
    for path in ("/inbox", "/ledger/bob", "/agents/listener"):
        with pytest.raises(UnknownPathError):
            standing.run(seat.look(path))
    assert standing.run(seat.stop(on=False)) == 0
    with pytest.raises(RefusedError):
        standing.run(seat.stop(on=True))


async def _views(seat: Seat) -> Any:
    return await seat.views.counts()


def test_a_number_no_store_can_hold_is_a_number_nobody_has(standing: Standing) -> None:
    for owner in OWNERS:
        seat = standing.estate.seat(owner)
        for number in (0, -1, 2**63 - 1, 2**63, 2**70, -(2**70)):
            for request in (
                Signal(pid=Pid(number), name="kill", by="x"),
                Send(pid=Pid(number), body=1),
                EndOf(pid=Pid(number), within_s=0),
            ):
                with pytest.raises(UnknownProcessError):
                    standing.run(seat.perform(request))
            with pytest.raises(UsageError):
                standing.run(seat.perform(Answer(number=number, verdict="deny", by="x")))
            with pytest.raises(UnknownProcessError):
                standing.run(seat.process(Pid(number)))


def test_what_is_asked_in_anothers_name_is_done_in_ones_own(standing: Standing) -> None:
    estate = standing.estate
    seat = estate.seat("bob", name="robot")
    started = standing.run(seat.perform(Spawn(path=estate.agent("listener"), owner="alice")))
    pid = started.pid  # type: ignore[attr-defined]
    assert standing.run(StoreWhose(estate.ground.reads).owner_of(pid)) == "bob"
    standing.run(seat.perform(Confirm(owner="alice", grant=Grant(agent="listener", verb="act", name="t"), by="alice")))
    standing.run(seat.perform(Seen(owner="alice", until=1)))
    standing.run(seat.perform(Signal(pid=pid, name="kill", by="alice")))
    standing.run(estate.written())
    whole = repr(standing.run(records(seat, pid)))
    assert "robot" in whole
    assert "alice" not in whole
    facts = standing.run(estate.ground.reads.facts())
    assert any("/bob/" in f"/{name}/" and "grant" in name for name in facts), facts
    assert not any("/alice/" in f"/{name}/" and "grant" in name for name in facts), facts


def test_an_owners_stop_stops_what_is_theirs_and_the_keepers_stops_the_kernel(standing: Standing) -> None:
    estate = standing.estate
    bob, viewer, keeper = estate.seat("bob"), estate.seat("bob", "viewer"), estate.seat("alice")
    with pytest.raises(RefusedError):
        standing.run(viewer.stop(on=True))
    assert standing.run(bob.stop(on=True)) == 4
    standing.run(estate.written())

    def states(owner: str) -> set[str]:
        return {
            str(row.state.value)
            for row in standing.run(estate.ground.reads.processes(owner=owner, live_only=True, limit=100))
        }

    assert states("bob") == {"paused"}
    assert "paused" not in states("alice")
    assert not standing.run(status_of(keeper)).halted
    assert standing.run(bob.stop(on=True)) == 0
    assert standing.run(bob.stop(on=False)) == 4
    standing.run(estate.written())
    assert "paused" not in states("bob")
    with pytest.raises(RefusedError):
        standing.run(bob.perform(Halt(on=True, by="alice")))
    standing.run(keeper.stop(on=True))
    assert standing.run(status_of(bob)).halted
    standing.run(keeper.stop(on=False))
    assert not standing.run(status_of(keeper)).halted


def test_deciding_wants_a_fresh_sign_in_and_ones_own_inbox(standing: Standing) -> None:
    estate = standing.estate
    number = estate.items["bob"]["payer"]
    for seat, error in (
        (estate.seat("alice"), UsageError),
        (estate.seat("bob", fresh=False), SignInError),
        (estate.seat("bob", "operator"), RefusedError),
        (estate.seat("bob", "operator", name="eve"), RefusedError),  # no delegate of bob's
        (estate.seat("bob", "viewer"), RefusedError),
        (estate.seat("bob", "agent", pid=estate.pids["bob"]["payer"]), RefusedError),
    ):
        with pytest.raises(error):
            standing.run(seat.perform(Answer(number=number, verdict="approve", by="bob")))
    standing.run(estate.seat("bob").perform(Answer(number=number, verdict="approve", by="alice")))
    with pytest.raises(UsageError):
        standing.run(estate.seat("bob").perform(Answer(number=number, verdict="approve", by="bob")))
    standing.run(estate.written())
    assert "approve" in repr(standing.run(records(estate.seat("bob"), estate.pids["bob"]["payer"])))
