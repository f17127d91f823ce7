"""What a simulated run is judged by: when each program ended, what engines did, who waited while whom was served.

Rules: pure bookkeeping; a journal is told what happens, in order of time. Service is counted when a call is sent, with
what it turned out to be, because that is the moment a scheduler decides on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ergos.base.ids import Pid
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import Want
from ergos.sim.grid.jobs import Event, Tally
from ergos.sim.grid.programs import Program, Workload


class Finished(msgspec.Struct, frozen=True, gc=False):
    """One program's end."""

    pid: Pid
    jct_ns: int
    """From arrival to the last answer."""
    model_ns: int
    """Of that, waiting for models: without tools and people."""
    lost: bool


class Gap(msgspec.Struct, frozen=True):
    """How far one owner's service ran ahead of another's while both had calls waiting."""

    largest: float = 0.0
    """Weighted tokens: the largest |W_f - W_g| over any interval in which both waited all the time."""
    call_most: float = 0.0
    """Weighted tokens of the dearest call."""
    in_flight_most: int = 0
    """Calls of one owner under way at once."""


class Outcome(msgspec.Struct, frozen=True):
    """One run's result."""

    programs: tuple[Finished, ...]
    makespan_ns: int
    load: float
    """Share of the time in which engines worked, while programs were arriving."""
    hit: float
    """Of all prompt tokens, found in a cache."""
    calls: int
    limited: int
    """Sendings answered 429."""
    failed: int
    preempted: int
    gap: Gap


class Journal:
    """Takes notes of one run."""

    def __init__(self, workload: Workload) -> None:
        self._workload: Final = workload
        self._finished: Final[list[Finished]] = []
        self._meter: Final = GapMeter()
        self._load = 0.0
        self._prompt = 0
        self._cached = 0
        self._calls = 0
        self._limited = 0
        self._failed = 0

    def waits(self, want: Want, now_ns: int) -> None:
        """A call waits, for the first time or again."""
        del now_ns
        self._meter.waits(want.owner, want.ticket)

    def gone(self, want: Want) -> None:
        """Nobody wants its answer any more."""
        self._meter.gone(want.ticket)

    def starts(self, want: Want, now_ns: int) -> None:
        """It is sent."""
        del now_ns
        self._meter.starts(want.owner, want.ticket)

    def served(self, want: Want, event: Event, charge: float) -> None:
        """It is answered."""
        self._calls += 1
        self._prompt += event.prompt_tokens
        self._cached += event.cached_tokens
        self._meter.served(want.ticket, charge)

    def failed(self, kind: str) -> None:
        """A sending came to nothing."""
        if kind == "limited":
            self._limited += 1
        else:
            self._failed += 1

    def ended(self, program: Program, now_ns: int, *, lost: bool) -> None:
        """A program is over."""
        if program.cancelled_after_ns:
            return
        took = now_ns - program.arrival_ns
        self._finished.append(Finished(program.pid, took, took - program.pause_ns, lost))

    def note_load(self, now_ns: int, busy_ns: list[int]) -> None:
        """How long engines have worked by the time the last program arrives."""
        self._load = sum(busy_ns) / (now_ns * len(busy_ns))

    def outcome(self, now_ns: int, tallies: Mapping[str, Tally]) -> Outcome:
        """Everything; programs that never ended are lost."""
        seen = {program.pid for program in self._finished}
        for program in self._workload.programs:
            if program.pid not in seen:
                self.ended(program, now_ns, lost=True)
        return Outcome(
            programs=tuple(sorted(self._finished, key=lambda program: program.pid)),
            makespan_ns=now_ns,
            load=self._load,
            hit=self._cached / max(self._prompt, 1),
            calls=self._calls,
            limited=self._limited,
            failed=self._failed,
            preempted=sum(tally.preempted for tally in tallies.values()),
            gap=self._meter.gap(),
        )


class GapMeter:
    """Measures a `Gap` after the fact: what a call cost is known when it ends, and counted when it was sent."""

    def __init__(self) -> None:
        self._log: list[tuple[str, str, list[float]]] = []
        self._waiting: dict[Ticket, str] = {}
        self._sent: dict[Ticket, tuple[str, list[float]]] = {}
        self._running: dict[str, int] = {}
        self._running_most = 0

    def waits(self, owner: str, ticket: Ticket) -> None:
        """A call waits, for the first time or again."""
        self._leave(ticket)
        if ticket not in self._waiting:
            self._waiting[ticket] = owner
            self._log.append(("waits", owner, []))

    def gone(self, ticket: Ticket) -> None:
        """A call is not wanted any more, whether it waited or was sent."""
        self._leave(ticket)
        owner = self._waiting.pop(ticket, None)
        if owner is not None:
            self._log.append(("gone", owner, []))

    def starts(self, owner: str, ticket: Ticket) -> None:
        """A call is sent; a second sending of it is none."""
        if self._waiting.pop(ticket, None) is not None:
            charge = [0.0]
            self._sent[ticket] = (owner, charge)
            self._log.append(("starts", owner, charge))
            self._running[owner] = self._running.get(owner, 0) + 1
            self._running_most = max(self._running_most, self._running[owner])

    def served(self, ticket: Ticket, charge: float) -> None:
        """What it cost."""
        self._sent[ticket][1][0] = charge
        self._leave(ticket)

    def _leave(self, ticket: Ticket) -> None:
        sent = self._sent.pop(ticket, None)
        if sent is not None:
            self._running[sent[0]] -= 1

    def gap(self) -> Gap:
        """Over the whole run."""
        waiting: dict[str, int] = {}
        pairs: dict[tuple[str, str], list[float]] = {}
        largest = dearest = 0.0
        for what, owner, charge in self._log:
            if what == "waits":
                waiting[owner] = waiting.get(owner, 0) + 1
                if waiting[owner] == 1:
                    for other, count in waiting.items():
                        if other != owner and count:
                            pairs[min(owner, other), max(owner, other)] = [0.0, 0.0, 0.0]
                continue
            if what == "starts":
                dearest = max(dearest, charge[0])
                for other, count in waiting.items():
                    if other != owner and count:
                        pair = pairs[min(owner, other), max(owner, other)]
                        pair[0] += charge[0] if owner < other else -charge[0]
                        pair[1], pair[2] = min(pair[1], pair[0]), max(pair[2], pair[0])
                        largest = max(largest, pair[2] - pair[1])
            waiting[owner] -= 1
        return Gap(largest, dearest, self._running_most)
