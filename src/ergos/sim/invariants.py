"""What must hold whatever goes wrong.

Rules: judged from the outside alone: from what the disk holds, what the world saw, and what the owner was told.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.ids import Digest, Pid
from ergos.drivers.memory_reads import MemoryReads
from ergos.drivers.store_memory import MemoryDisk
from ergos.kernel.calls import Record
from ergos.kernel.events import Answered, Called, Exited, Fired, Intended, Repeated, Resulted, decode_body
from ergos.kernel.process import ENDED
from ergos.kernel.syscalls import TABLE
from ergos.runtime.aftermath import AFTERMATH
from ergos.runtime.audit import audit
from ergos.runtime.kernel import Kernel
from ergos.runtime.performer import idempotency_key
from ergos.sim.billing import Bills, expect
from ergos.sim.owner import Promises
from ergos.sim.provider import Sending
from ergos.sim.wakings import Wakings
from ergos.sim.world import Landed, World


class Call(msgspec.Struct):
    """One call as the journal tells it."""

    pid: int
    effect: str
    since_ns: int
    """From when its wait in a queue counts: its intent, or its repetition after a crash."""
    results: int = 0
    succeeded: bool = False
    repeats: int = 0


class Judge:
    """Follows the journal of one disk and judges."""

    def __init__(self, disk: MemoryDisk, world: World, promises: Promises) -> None:
        self._disk: Final = disk
        self._world: Final = world
        self._promises: Final = promises
        self._read = 0
        self.calls: Final[dict[str, Call]] = {}
        self._sent: Final[dict[int, int]] = {}
        self._received: Final[dict[int, int]] = {}
        self._letters = ""
        self._ended: Final[set[int]] = set()
        self._answered: Final[set[int]] = set()
        self.wakings: Final = Wakings()
        self.kernel: Kernel | None = None
        self.kinds: Final[set[str]] = set()
        self.bills: Final = Bills(lambda name: disk.blobs[Digest(name)], promises.caps)

    def follow(self) -> None:
        """Read what was written since the last time."""
        for record in self._disk.journal[self._read :]:
            body = decode_body(record.body)
            self.kinds.add(type(body).__name__)
            self._read += 1
            self._take(record.pid, record.turn, record.at_ns, body)
            self.bills.take(record.pid, record.turn, body)

    def _take(self, pid: int, turn: int, at_ns: int, body: Record) -> None:
        match body:
            case Intended(call):
                key = idempotency_key(self._disk.id, pid, turn, call.key)
                expect(key not in self.calls, f"process {pid} intended {call.key} twice")
                self.calls[key] = Call(pid, call.effect, at_ns)
            case Resulted():
                found = self.calls[idempotency_key(self._disk.id, pid, turn, body.key)]
                found.results += 1
                found.succeeded = body.failure is None
                expect(
                    found.results == 1 or found.effect in {"pure", "idempotent"}, f"{body.key} of {pid} has two results"
                )
                took_ns = at_ns - found.since_ns
                expect(0 <= body.queued_ns <= took_ns, f"{body.key} of {pid} waited {body.queued_ns} of {took_ns} ns")
            case Repeated(key=key):
                found = self.calls[idempotency_key(self._disk.id, pid, turn, key)]
                found.repeats += 1
                found.since_ns = found.since_ns if body.sent_again else at_ns
            case Called(call, value) if call.kind == "send" and body.failure is None:
                number = int(msgspec.json.decode(value))
                self._sent[number] = pid
            case Called(call, value) if call.kind == "receive" and bytes(value) != b"null":
                number = int(msgspec.json.decode(value)["id"])
                expect(number not in self._received, f"message {number} was read twice")
                self._received[number] = pid
                self._letters += bytes(value).decode()
            case Exited(failure=failure):
                expect(pid not in self._ended, f"process {pid} ended twice")
                self._ended.add(pid)
                diverged = failure is not None and failure.code in {"E401", "E000"}
                expect(not diverged, f"process {pid}: {failure}")
            case Called(call):
                expect(TABLE[call.kind].waits != "driver" or call.effect == "pure", f"{call.name} had no intent")
            case Fired():
                self.wakings.take(pid, body)
            case Answered(item=item):
                expect(item not in self._answered, f"item {item} was answered twice")
                self._answered.add(item)
            case _:
                pass

    def arrives(self, landed: Landed) -> None:
        """An effect happens now: may it?"""
        if landed.tool == "peek":
            return
        self.follow()
        call = self.calls.get(landed.key)
        expect(call is not None, f"{landed.tool} of {landed.pid} happened before its intent was durable")

    def starts(self, pid: int, name: str) -> None:
        """A call is handed to its tool now: may it?"""
        promises, process = self._promises, self._disk.processes.get(Pid(pid))
        expect(not promises.halted, f"{name} of {pid} began while halted")
        allowed = process is None or promises.may_start(process.owner, process.agent, name)
        expect(allowed, f"{name} of {pid} began under a grant that was taken back")
        expect(
            pid not in {int(found) for found in promises.ended}, f"{name} of {pid} began after its process had ended"
        )

    def sends(self, sending: Sending) -> None:
        """A model call reaches its vendor now: may it?"""
        self.follow()
        self.bills.sends(sending)

    def followed(self) -> Bills:
        """The bills as of now."""
        self.follow()
        return self.bills

    async def at_rest(self, *, over: bool) -> None:
        """The kernel is gone; what does the disk say? `over`: and every process has ended."""
        self.follow()
        disk = self._disk
        found = await audit(MemoryReads(disk))
        expect(found.sound or (not over and self._pending(str(found.problem))), f"audit: {found.problem}")
        self._kept()
        self._counted(over=over)
        for key, meter in disk.meters.items():
            expect(meter.held.microusd >= 0 and meter.held.tokens >= 0, f"{key} holds less than nothing: {meter}")
        if over:
            self.bills.squared()
            expect(found.holds_open == 0, f"{found.holds_open} holds were left")
            left = list(disk.items.values())
            expect(not left, f"inbox items of ended processes are open: {left}")
            expect(all(row.state in ENDED for row in disk.processes.values()), "a process never ended")

    def _pending(self, problem: str) -> bool:
        """Whether the problem is a hold of an ended process that the next boot is told to settle."""
        told = {pid for name, pid in self._disk.facts.items() if name.startswith(AFTERMATH)}
        return problem.endswith("was never settled") and problem.split()[1] in told

    def _kept(self) -> None:
        """Nothing that was acknowledged is lost."""
        disk, promises = self._disk, self._promises
        for pid in promises.spawned:
            expect(pid in disk.processes, f"process {pid} was acknowledged and is gone")
        for pid, process in promises.ended.items():
            expect(disk.processes[pid].state is process.state, f"the end of process {pid} is gone")
        waiting = "".join(bytes(mail.body).decode() for mail in disk.mail.values())
        for letter in promises.mailed:
            expect(letter in self._letters or letter in waiting, f"{letter} was acknowledged and is gone")
        for number in promises.answered:
            expect(number not in disk.items, f"the answer to item {number} is gone")
        for number in (*self._sent, *self.wakings.told):
            expect(number in self._received or number in disk.mail, f"message {number} is gone")
        if not promises.halting:
            expect(bool(disk.facts.get("halted")) == promises.halted, "STOP was forgotten")

    def _counted(self, *, over: bool) -> None:
        """Effects as the outside counts them."""
        world, promises = self._world, self._promises
        for key, call in self.calls.items():
            applied = world.applied[key]
            if call.effect == "irreversible":
                allowed = 1 + promises.redone[key]
                expect(applied <= allowed, f"an irreversible call of {call.pid} happened {applied} times")
            elif call.effect == "reconcilable" and key not in promises.vouched:
                expect(applied <= 1, f"a reconcilable call of {call.pid} happened {applied} times")
            if call.succeeded and call.effect != "pure" and key not in promises.vouched:
                expect(applied >= 1, f"a {call.effect} call of {call.pid} is recorded and never happened")
            if call.effect == "irreversible" and call.repeats:
                expect(call.repeats <= promises.redone[key], f"an irreversible call of {call.pid} was repeated unasked")
        del over
