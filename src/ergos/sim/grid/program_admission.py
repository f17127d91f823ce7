"""The oracle: programs admitted as wholes, and among them the one first that truly needs least from now on.

A program that has a place in an engine's memory keeps it while its tools work, the less surely the longer they take;
who has none is admitted where it fits beside the calls under way and beside the idle programs that need less than it,
and displaces idle ones that need more.

Rules: `policies.Policy`; wants must declare what their program still needs. What nobody can know is known here: it
is a bound to compare with, not a rival. Source: Schrage 1968; admission as in ThunderAgent (2602.13692).
"""

from __future__ import annotations

from bisect import insort
from math import inf
from typing import Final

from ergos.base.ids import Pid
from ergos.kernel.models import EndpointSpec
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import NOTHING, Ended, Plan, Rejection, Start, Want
from ergos.sim.grid.baselines import RESENDINGS_MAX, start
from ergos.sim.grid.late_binding import Flying, Rooms

FADE_NS: Final = 8_000_000_000  # idle time after which half of a place's weight is gone
KEPT_WEIGHT: Final = 0.25  # below it a program has no place any more
LOOKED_AT_MAX: Final = 64  # waiting calls looked at for one that fits, the best first
AGAIN_NS: Final = 1_000_000_000  # places fade: look again so often while calls wait


class Resident:
    """A program and its place."""

    __slots__ = ("calling", "context", "home", "idle_ns", "left")

    def __init__(self) -> None:
        self.calling = 0
        self.context = 0.0
        """Tokens of its last call."""
        self.home = ""
        self.idle_ns = 0
        self.left = inf
        """What it still needs."""

    def kept(self, now_ns: int) -> float:
        """How surely it keeps its place, 1 to 0."""
        return 1.0 if self.calling else 2.0 ** ((self.idle_ns - now_ns) / FADE_NS)


class OracleAdmission:
    """Shortest remaining first, with admission of programs."""

    def __init__(self, specs: tuple[EndpointSpec, ...]) -> None:
        self.rooms: Final = Rooms(specs)
        self._programs: Final[dict[Pid, Resident]] = {}
        self._places: Final[dict[str, dict[Pid, Resident]]] = {name: {} for name in self.rooms.names}
        self._left: Final[dict[Pid, int]] = {}
        self._queue: list[tuple[float, int, int, Want]] = []
        self._flying: Final[dict[Ticket, Flying]] = {}
        self._count = 0

    def arrive(self, want: Want, now_ns: int) -> Plan:
        """It waits, perhaps for no time."""
        self._push(want, 0)
        return self._send(now_ns)

    def first_token(self, ticket: Ticket, endpoint: str, now_ns: int) -> Plan:
        """Of no interest."""
        del ticket, endpoint
        return Plan(next_ns=self._again(now_ns))

    def leave(self, ended: Ended, now_ns: int) -> Plan:
        """Its program is idle, and keeps its place for a while."""
        flying = self._flying.pop(ended.ticket)
        self.rooms.running[flying.endpoint] -= 1
        self.rooms.taken[flying.endpoint] -= flying.need
        program = self._programs.get(flying.want.program)
        if program is not None:
            program.calling -= 1
            program.idle_ns = now_ns
        refused: tuple[Rejection, ...] = ()
        if ended.kind == "done":
            self.rooms.learn(flying.want.kind, ended.usage.output_tokens)
            if program is not None:
                program.context = float(ended.usage.tokens)
        elif not ended.final and flying.failures >= RESENDINGS_MAX:
            refused = (Rejection(ticket=ended.ticket, why="it failed too often"),)
        elif not ended.final:
            self._push(flying.want, flying.failures + 1)
        plan = self._send(now_ns)
        return Plan(rejections=refused, starts=plan.starts, next_ns=plan.next_ns)

    def withdraw(self, ticket: Ticket, now_ns: int) -> Plan:
        """It waits no more."""
        self._queue = [item for item in self._queue if item[3].ticket != ticket]
        return self._send(now_ns)

    def tick(self, now_ns: int) -> Plan:
        """Places have faded."""
        return self._send(now_ns)

    def program_ended(self, pid: Pid, now_ns: int) -> Plan:
        """Its place is free."""
        program = self._programs.pop(pid, None)
        self._left.pop(pid, None)
        if program is not None:
            self._move(pid, program, "")
        return self._send(now_ns)

    def answers(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """Each its own."""
        return (ticket,)

    def _again(self, now_ns: int) -> int | None:
        return now_ns + AGAIN_NS if self._queue else None

    def _push(self, want: Want, failures: int) -> None:
        if want.remaining_tokens is not None:
            self._left[want.program] = want.remaining_tokens
        program = self._programs.setdefault(want.program, Resident())
        program.left = float(self._left.get(want.parent or want.program, 0))
        self._count += 1
        insort(self._queue, (program.left, self._count, failures, want))

    def _send(self, now_ns: int) -> Plan:
        if not self._queue:
            return NOTHING
        starts: list[Start] = []
        looked = 0
        while looked < min(len(self._queue), LOOKED_AT_MAX):
            _, _, failures, want = self._queue[looked]
            program = self._programs[want.program]
            need = self.rooms.need(want)
            name = self._find(program, need, now_ns)
            if not name:
                looked += 1
                continue
            del self._queue[looked]
            if name != program.home:
                self._displace(name, need, now_ns)
            self._move(want.program, program, name)
            program.calling += 1
            flying = self._flying[want.ticket] = Flying(want, failures)
            flying.endpoint, flying.need, flying.sent_ns = name, need, now_ns
            self.rooms.running[name] += 1
            self.rooms.taken[name] += need
            starts.append(start(want, name))
        return Plan(starts=tuple(starts), next_ns=self._again(now_ns))

    def _find(self, program: Resident, need: float, now_ns: int) -> str:
        """Where its place is, or where it would get one; '' for nowhere now."""
        rooms = self.rooms
        if program.home and program.kept(now_ns) >= KEPT_WEIGHT:
            return program.home if rooms.running[program.home] < rooms.slots[program.home] else ""
        found, least = "", inf
        for name in rooms.names:
            if rooms.running[name] >= rooms.slots[name]:
                continue
            better = sum(
                other.context * other.kept(now_ns)
                for other in self._places[name].values()
                if not other.calling and other.left <= program.left and other is not program
            )
            full = rooms.taken[name] + better
            if full + need <= rooms.memory[name] or not rooms.running[name]:
                full -= program.context if name == program.home else 0.0
                if full < least:
                    found, least = name, full
        return found

    def _displace(self, name: str, need: float, now_ns: int) -> None:
        """Take places away until a newcomer fits, from those idle programs that need most."""
        idle = [(other.left, pid, other) for pid, other in self._places[name].items() if not other.calling]
        idle.sort(reverse=True, key=lambda item: item[:2])
        full = self.rooms.taken[name] + need + sum(other.context * other.kept(now_ns) for _, _, other in idle)
        for _, pid, other in idle:
            if full <= self.rooms.memory[name]:
                return
            full -= other.context * other.kept(now_ns)
            self._move(pid, other, "")

    def _move(self, pid: Pid, program: Resident, name: str) -> None:
        if program.home and program.home != name:
            self._places[program.home].pop(pid, None)
        program.home = name
        if name:
            self._places[name][pid] = program
