"""Golden journals: one recorded run of each release, with every kind of record, that later releases replay for ever.

`python -m ergos.sim.golden` writes tests/golden/VERSION.jsonl; `replay` decodes and verifies every record, folds
it, and drives every turn of every recorded process again with the journal answering. Of a foreign program, which
runs elsewhere, everything it asked is asked again and must be matched with what it was answered.

Rules: the agents (`golden_agents`) never change. A new release may add some and record more; it may not record less.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, cast

import msgspec

from ergos import __version__
from ergos.base.canonical import Plain
from ergos.base.clock import Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import DivergedError
from ergos.base.ids import Digest, Pid
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.store_memory import MemoryDisk, MemoryStore
from ergos.kernel.egress import EgressRecord
from ergos.kernel.events import Body, Called, Committed, Refused, Resulted, Spawned, Woken, decode_body
from ergos.kernel.history import Past, history
from ergos.kernel.journal import Sealed, verified
from ergos.kernel.labels import USER
from ergos.kernel.own_events import TurnedAway
from ergos.kernel.packages import FOREIGN, Beginning, Definition
from ergos.kernel.permission.grants import Grant
from ergos.kernel.syscalls import Answer, Request
from ergos.kernel.values import NULL, unpack
from ergos.runtime.foreign import foreign_definition
from ergos.runtime.guest_turn import GuestTurn
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.runtime.replayer import Returned, Turn
from ergos.runtime.tokens import Visitor
from ergos.sim.clockloop import VirtualLoop, finish
from ergos.sim.faults import SimClock
from ergos.sim.golden_agents import CAPS, GoldenPrograms
from ergos.sim.outside import SimWatchers
from ergos.sim.provider import SimModels
from ergos.sim.world import Mounted, SimTool, World

START_NS: Final = 1_900_000_000_000_000_000  # the moment all golden journals begin
STORE_ID: Final = "golden".ljust(32, "0")
FOLDER: Final = Path("tests/golden")
REPLICAS: Final = 3  # seed of vendors with replicas of one model
MAILING: Final = Grant(agent="visitor", verb="act", name="mail.send", words="once")


class Golden(msgspec.Struct, frozen=True):
    """A recorded journal and the values it names."""

    records: tuple[Sealed, ...]
    blobs: dict[Digest, bytes]


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a file: a record, or a blob."""

    seq: int = 0
    pid: int = 0
    turn: int = 0
    at_ns: int = 0
    body: str = ""
    seal: str = ""
    blob: str = ""


class NamedSigner:
    """Signs with a name; golden journals prove formats, not identity."""

    @property
    def public_key(self) -> str:
        """Nobody's."""
        return "00" * 32

    def sign(self, statement: bytes) -> str:
        """No signature at all, of the right length."""
        return (statement.hex() + "0" * 128)[:128]


def record() -> Golden:
    """Run the golden agents through two lives of a kernel."""
    disk, world = MemoryDisk(STORE_ID), World(0)
    world.calm = True
    programs, clock = GoldenPrograms(world), SimClock(START_NS)
    models = SimModels(world, REPLICAS)
    outside = SimWatchers(again_s=30)
    now_s = 0.0
    for life in (_first, _second):
        loop = VirtualLoop(now_s)
        clock.loop = loop
        parts = Parts(
            store=MemoryStore(disk),
            clock=Monotone(clock),
            entropy=SeededEntropy(0),
            programs=programs,
            signer=NamedSigner(),
            watchdog=False,
            models=models,
            door_secret=b"golden",
            mounts=Mounted(SimTool(world, "mounted.look", "pure")),
            calendar=HostCalendar(),
            watchers=outside,
        )
        loop.run_until_complete(life(Kernel(parts, version=__version__, host="golden"), programs, world))
        now_s = loop.time()
        finish(loop)
    return Golden(tuple(disk.journal), dict(disk.blobs))


async def _first(kernel: Kernel, programs: GoldenPrograms, world: World) -> None:
    """Ends in a crash while calls of every class are under way."""
    world.life += 1
    await kernel.start()
    await kernel.desk.cap("alice", CAPS)
    grant = await kernel.desk.grant(
        "alice", Grant(agent="visitor", verb="act", name="mail.send", words="once"), "alice"
    )
    await kernel.desk.revoke("alice", grant, "alice")
    await kernel.desk.pin("server", Digest("0" * 64), {"tools": []}, "alice")
    kernel.desk.reached(EgressRecord(at_ns=0, method="GET", host="example.org", refusal="no rule"), Pid(1))
    kernel.machine.submit(None, (TurnedAway("alice", "a2a", "acme", "token", 3, "no token of a peer"),))
    await kernel.desk.spawn(programs.definition("scribe"), "alice")
    while sum(len(found.flying) for found in kernel.machine.table.values()) < 4:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0)
    await kernel.machine.store.flush()
    kernel.machine.failed = kernel.reactor.stopping = True
    kernel.machine.close_turns()
    cast("MemoryStore", kernel.machine.store).crash()
    world.life += 1


async def _second(kernel: Kernel, programs: GoldenPrograms, world: World) -> None:
    """Recovers, is answered, halted, paused, and leaves a turn open."""
    world.life += 1
    programs.hiccup.left = 1
    await kernel.start()
    desk, store, pid = kernel.desk, kernel.machine.store, Pid(1)
    asking = asyncio.ensure_future(
        kernel.machine.inquiries.ask(pid=pid, owner="alice", about="server", text="Which one?", shown=(NULL, ()))
    )
    for _ in range(200):
        await asyncio.sleep(2)
        for item in await store.items(None, 10):
            verdict = {"doubt": "redo", "approval": "approve", "question": "answer"}[item.kind]
            await desk.answer(item.id, verdict, "alice", "yes")  # type: ignore[arg-type]
        ((row,),) = (await store.load((pid,)),)
        if row.process.turn == 1 and not row.process.turn_open:
            break
    assert await asking == "yes"
    await desk.halt("alice", on=True)
    await desk.signal(pid, "pause", "alice")
    await desk.halt("alice", on=False)
    await desk.signal(pid, "resume", "alice")
    await asyncio.sleep(60)
    for item in await store.items(None, 10):
        await desk.answer(item.id, "answer", "alice", "yes")
    await _guests(kernel)
    await desk.spawn(programs.definition("asker"), "alice")
    await asyncio.sleep(60)
    await _woken(kernel, programs)
    await kernel.stop()


async def _woken(kernel: Kernel, programs: GoldenPrograms) -> None:
    """A trigger fires, another tells, and one is taken away."""
    outside = kernel.machine.parts.watchers
    assert isinstance(outside, SimWatchers)
    outside.bell = kernel.reactor.watches
    pid = await kernel.desk.spawn(programs.definition("waker"), "alice")
    await asyncio.sleep(90)
    outside.happens("inbox", {"path": "in/july.pdf"})
    await asyncio.sleep(5)
    programs.triggers = programs.triggers[1:]
    await kernel.desk.send(pid, "your triggers have changed")
    await asyncio.sleep(5)


async def _guests(kernel: Kernel) -> None:
    """A foreign program is started twice and done; another, which goes on for ever, stays."""
    desk = kernel.desk
    made = foreign_definition("resumed", resumable=True, command=("run", "me"), folder="/tmp", budget=CAPS.process)  # noqa: S108
    pid = await desk.host(made, "alice")
    for words in (("hello", "more", "more"), ("hello", "more", "more", "and more")):
        visitor = (await desk.enter(pid, ("run", "me"))).visitor
        for line in words:
            await _say(kernel, visitor, line)
    await desk.leave(pid, visitor.life, 0)
    lasting = await desk.host(foreign_definition("lasting", resumable=False, budget=CAPS.process), "bob")
    visitor = (await desk.enter(lasting, ())).visitor
    await asyncio.gather(*[_say(kernel, visitor, line) for line in ("one", "two", "x" * 2_000)])


async def _say(kernel: Kernel, visitor: Visitor, words: str) -> None:
    message: Plain = {"role": "user", "content": words}
    body: dict[str, Plain] = {"model": "auto", "messages": [message], "user": f"life {visitor.life}"}
    answer = await kernel.reactor.guests.call(visitor, "openai.chat", body, model="auto")
    assert answer.failure is None, answer.failure


def lines(golden: Golden) -> Iterable[bytes]:
    """A golden journal as the lines of its file."""
    for one in golden.records:
        yield msgspec.json.encode(Line(one.seq, one.pid, one.turn, one.at_ns, one.body.decode(), one.seal.hex()))
    for digest, body in sorted(golden.blobs.items()):
        yield msgspec.json.encode(Line(blob=digest, body=body.decode()))


def read(text: bytes) -> Golden:
    """A golden journal from its file. Raises: msgspec.ValidationError."""
    found = [msgspec.json.decode(line, type=Line) for line in text.splitlines()]
    return Golden(
        tuple(
            Sealed(one.seq, Pid(one.pid), one.turn, one.at_ns, one.body.encode(), bytes.fromhex(one.seal))
            for one in found
            if one.seq
        ),
        {Digest(one.blob): one.body.encode() for one in found if one.blob},
    )


def replay(golden: Golden) -> int:
    """Verify, decode and drive again; how many turns. Raises: VerificationError, DivergedError, msgspec.DecodeError."""
    turns: dict[tuple[Pid, int], list[tuple[int, Body]]] = {}
    for one in verified(golden.records):
        turns.setdefault((one.pid, one.turn), []).append((one.at_ns, decode_body(one.body)))
    programs = GoldenPrograms(World(0))
    memory: dict[Pid, Plain] = {}
    born: dict[Pid, Spawned] = {}
    driven = 0
    for (pid, turn), records in turns.items():
        for at_ns, body in records:
            if isinstance(body, Spawned):
                born[pid], memory[pid] = body, unpack(body.memory, golden.blobs.__getitem__)
            elif isinstance(body, Woken):
                definition = msgspec.json.decode(golden.blobs[born[pid].definition], type=Definition)
                beginning = Beginning(
                    pid=pid,
                    turn=turn,
                    owner=born[pid].owner,
                    agent=born[pid].agent,
                    parent=born[pid].parent,
                    cause=body.cause,
                    now_ns=at_ns,
                    memory=memory[pid],
                    definition=definition,
                    chance=f"{STORE_ID}/{pid}/{turn}",
                )
                if definition.program.startswith(FOREIGN):
                    _ask_again(records, memory[pid], golden)
                else:
                    _drive(Turn(programs.package(definition), beginning, history(records), USER), golden)
                driven += 1
            elif isinstance(body, Committed):
                memory[pid] = unpack(body.memory, golden.blobs.__getitem__)
    return driven


def _drive(turn: Turn, golden: Golden) -> None:
    """Resume the program for as long as the journal answers. Raises: DivergedError."""
    while True:
        came = turn.resume()
        if isinstance(came, Returned):
            turn.check_ended()
            return
        turn.ask(came, {}, {}, ())
        for pending in turn.pending.values():
            pending.answer = _answer(pending.past, golden)
        if any(pending.answer is None for pending in turn.pending.values()):
            turn.close()
            return


def _ask_again(records: list[tuple[int, Body]], memory: Plain, golden: Golden) -> None:
    """Start a foreign program once more and ask all that it asked. Raises: DivergedError if an answer is not found."""
    life = memory.get("life") if isinstance(memory, dict) else 0
    turn = GuestTurn(records, USER, life if isinstance(life, int) else 0)
    turn.begin(turn.life + 1)
    for key, past in list(turn.past.items()):
        if isinstance(past.result, Resulted) and past.result.failure is None:
            args = {name: unpack(packed, golden.blobs.__getitem__) for name, packed in past.call.args.items()}
            request = Request(kind=past.call.kind, name=past.call.name, args=args, label=past.call.label)
            found = turn.ask(request, golden.blobs, None)
            if found.call.key != key or _answer(found.past, golden) is None:
                raise DivergedError(f"what was answered under {key!r} is now asked under {found.call.key!r}")


def _answer(past: Past | None, golden: Golden) -> Answer | None:
    fetch = golden.blobs.__getitem__
    match past.result if past is not None else None:
        case Resulted(value=value, failure=failure, label=label, faults=faults):
            assert past is not None
            return Answer(unpack(value, fetch), failure, label, faults, past.call.solver, past.at_ns)
        case Called(value=value, failure=failure, label=label):
            assert past is not None
            return Answer(unpack(value, fetch), failure, label, at_ns=past.at_ns)
        case Refused(failure=failure):
            assert past is not None
            return Answer(None, failure, at_ns=past.at_ns)
        case None:
            return None


if __name__ == "__main__":
    place = FOLDER / f"{__version__}.jsonl"
    place.write_bytes(b"\n".join(lines(record())) + b"\n")
    print(f"{place}: {replay(read(place.read_bytes()))} turns replay")
    sys.exit(0)
