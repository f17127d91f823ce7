"""A discrete-event simulation of programs, a policy and engines; its result is an `Outcome`.

Rules: no clock and no I/O; the same scenario gives the same outcome. Between events nothing happens; at one instant
engines speak first, then what was due, then the policy. Whoever is called acts at once: a gateway's own time is
measured elsewhere.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Final, Protocol

from ergos.base.ids import Pid
from ergos.kernel.models import Usage
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import Cancel, Ended, EndKind, Plan, Rejection, Start, Want
from ergos.sim.grid.cloud import Cloud
from ergos.sim.grid.courses import Course
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import Event, Job, Tally
from ergos.sim.grid.outcomes import Journal, Outcome
from ergos.sim.grid.policies import Policy
from ergos.sim.grid.programs import CACHED_WEIGHT, READ_WEIGHT, WRITE_WEIGHT, Turn
from ergos.sim.grid.scenarios import Fault, Scenario

HORIZON_NS: Final = 100_000 * 1_000_000_000  # after the last arrival, what still runs is lost
RETRIES_MAX: Final = 20  # of one call that a policy refused for now
STALL_NOTICED_NS: Final = 30_000_000_000  # a caller that hears nothing for so long calls off


class Replica(Protocol):
    """What calls are sent to: an engine or a cloud."""

    @property
    def tally(self) -> Tally:
        """What it has done."""
        ...

    def submit(self, job: Job, now_ns: int) -> None:
        """A call arrives."""
        ...

    def abort(self, job_id: int, now_ns: int) -> bool:
        """Forget a call."""
        ...

    def step(self, now_ns: int) -> list[Event]:
        """What has happened up to now."""
        ...

    def next_ns(self) -> int | None:
        """When something happens next."""
        ...


class Flight:
    """A call on its way: from the want to the answer."""

    __slots__ = ("away", "chain", "course", "retries", "sendings", "turn", "want")

    def __init__(self, course: Course, chain: int, turn: Turn, want: Want) -> None:
        self.course = course
        self.chain = chain
        self.turn = turn
        self.want = want
        self.sendings: dict[str, int] = {}
        """Jobs by endpoint."""
        self.retries = 0
        self.away = False
        """Refused for now: the program will ask again."""


class Simulation:
    """One run."""

    def __init__(self, scenario: Scenario, replicas: dict[str, Replica], policy: Policy) -> None:
        self.scenario: Final = scenario
        self.replicas: Final = replicas
        self.policy: Final = policy
        self.now_ns = 0
        self._names: Final = tuple(replicas)
        self._journal: Final = Journal(scenario.workload)
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self._next: dict[str, int | None] = dict.fromkeys(replicas)
        self._touched: set[str] = set()
        self._policy_ns: int | None = None
        self._flights: dict[Ticket, Flight] = {}
        self._jobs: dict[int, tuple[Flight, str]] = {}
        self._done: dict[Ticket, Flight] = {}
        self._open = len(scenario.workload.programs)
        self._calls = 0

    def run(self) -> Outcome:
        """Until every program is over."""
        for program in self.scenario.workload.programs:
            self._at(program.arrival_ns, lambda program=program: self._begin(Course(program)))
        for fault in self.scenario.faults:
            self._at(fault.at_ns, lambda fault=fault: self._fault(fault))
        self._at(self.scenario.workload.length_ns, self._note_load)
        end_ns = self.scenario.workload.length_ns + HORIZON_NS
        while self._open and self._advance(end_ns):
            pass
        return self._journal.outcome(self.now_ns, {name: self.replicas[name].tally for name in self._names})

    def _at(self, at_ns: int, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (at_ns, self._count, act))

    def _advance(self, end_ns: int) -> bool:
        """Go to the next instant at which anything happens. False: there is none before the end."""
        times = [at for at in self._next.values() if at is not None]
        if self._due:
            times.append(self._due[0][0])
        if self._policy_ns is not None:
            times.append(self._policy_ns)
        if not times:
            return False
        self.now_ns = now_ns = max(self.now_ns, min(times))
        if now_ns > end_ns:
            return False
        for name, at_ns in self._next.items():
            if at_ns is not None and at_ns <= now_ns:
                self._touched.add(name)
                for event in self.replicas[name].step(now_ns):
                    self._hear(event)
        while self._due and self._due[0][0] <= now_ns:
            heapq.heappop(self._due)[2]()
        if self._policy_ns is not None and self._policy_ns <= now_ns:
            self._policy_ns = None
            self._do(self.policy.tick(now_ns))
        for name in self._touched:
            self._next[name] = self.replicas[name].next_ns()
        self._touched.clear()
        return True

    def _note_load(self) -> None:
        self._journal.note_load(self.now_ns, [replica.tally.busy_ns for replica in self.replicas.values()])

    # Programs

    def _begin(self, course: Course) -> None:
        program = course.program
        if program.cancelled_after_ns:
            self._at(self.now_ns + program.cancelled_after_ns, lambda: self._give_up(course))
        self._open_stage(course)

    def _open_stage(self, course: Course) -> None:
        for chain in range(len(course.places)):
            self._want(course, chain)

    def _want(self, course: Course, chain: int) -> None:
        """The next call of a chain arrives at the policy."""
        if course.over:
            return
        program, turn = course.program, course.turn(chain)
        pid = course.pid(chain)
        child = pid != program.pid
        self._calls += 1
        want = Want(
            ticket=Ticket(pid, str(self._calls), "models"),
            owner=program.owner,
            program=pid,
            kind=f"{program.kind}/part" if child else program.kind,
            endpoints=self._names,
            input_tokens=turn.prompt_tokens * self.scenario.estimate_permille // 1_000,
            output_tokens=turn.output_most,
            parent=program.pid if child else Pid(0),
            prefix=turn.outline(),
            remaining_tokens=None if child else self.scenario.said_left(program, course.left),
        )
        flight = Flight(course, chain, turn, want)
        self._flights[want.ticket] = flight
        self._arrive(flight)

    def _arrive(self, flight: Flight) -> None:
        if flight.want.ticket in self._flights:
            flight.away = False
            self._journal.waits(flight.want, self.now_ns)
            self._do(self.policy.arrive(flight.want, self.now_ns))

    def _answered(self, flight: Flight) -> None:
        """The program has its answer and goes on."""
        course, chain = flight.course, flight.chain
        if course.over:
            return
        pid, pause_ns = course.pid(chain), flight.turn.pause_ns
        step = course.answered(chain)
        if pid != course.program.pid and step != "turn":
            self._do(self.policy.program_ended(pid, self.now_ns))
        if step == "program":
            self._close(course, lost=False)
        elif step == "chain":
            return
        elif step == "turn":
            self._at(self.now_ns + pause_ns, lambda: self._want(course, chain))
        else:
            self._at(self.now_ns + pause_ns, lambda: self._open_stage(course))

    def _close(self, course: Course, *, lost: bool) -> None:
        course.ended_ns = self.now_ns
        self._open -= 1
        self._journal.ended(course.program, self.now_ns, lost=lost)
        self._do(self.policy.program_ended(course.program.pid, self.now_ns))

    def _give_up(self, course: Course, *, lost: bool = False) -> None:
        """Nobody waits for this program any more: its calls are called off."""
        if course.over:
            return
        course.ended_ns = self.now_ns
        pids: set[Pid] = set()
        for ticket, flight in list(self._flights.items()):
            if flight.course is not course:
                continue
            pids.add(ticket.pid)
            if not flight.sendings:
                del self._flights[ticket]
                if not flight.away:
                    self._journal.gone(flight.want)
                    self._do(self.policy.withdraw(ticket, self.now_ns))
                continue
            for endpoint in list(flight.sendings):
                self._call_off(flight, endpoint)
                self._leave(flight, endpoint, "cancelled", final=True)
        self._open -= 1
        self._journal.ended(course.program, self.now_ns, lost=lost)
        for pid in sorted(pids - {course.program.pid}):
            self._do(self.policy.program_ended(pid, self.now_ns))
        self._do(self.policy.program_ended(course.program.pid, self.now_ns))

    # Plans

    def _do(self, plan: Plan) -> None:
        self._policy_ns = plan.next_ns
        for cancel in plan.cancels:
            self._cancel(cancel)
        for rejection in plan.rejections:
            self._reject(rejection)
        for start in plan.starts:
            self._start(start)

    def _start(self, start: Start) -> None:
        flight = self._flights[start.ticket]
        self._count += 1
        job_id, turn = self._count, flight.turn
        flight.sendings[start.endpoint] = job_id
        self._jobs[job_id] = (flight, start.endpoint)
        blocks = turn.blocks(self.scenario.block_tokens)
        job = Job(job_id, turn.prompt_tokens, turn.output_tokens, blocks, start.hints.priority)
        self._journal.starts(flight.want, self.now_ns)
        self.replicas[start.endpoint].submit(job, self.now_ns)
        self._touched.add(start.endpoint)

    def _cancel(self, cancel: Cancel) -> None:
        flight = self._flights.get(cancel.ticket)
        if flight is not None and cancel.endpoint in flight.sendings:
            self._call_off(flight, cancel.endpoint)
            if cancel.requeued:
                self._journal.waits(flight.want, self.now_ns)

    def _call_off(self, flight: Flight, endpoint: str) -> None:
        job_id = flight.sendings.pop(endpoint)
        del self._jobs[job_id]
        self.replicas[endpoint].abort(job_id, self.now_ns)
        self._touched.add(endpoint)

    def _reject(self, rejection: Rejection) -> None:
        flight = self._flights[rejection.ticket]
        self._journal.gone(flight.want)
        flight.retries += 1
        if rejection.retry_after_ns and flight.retries <= RETRIES_MAX:
            flight.away = True
            self._at(self.now_ns + rejection.retry_after_ns, lambda: self._arrive(flight))
            return
        del self._flights[rejection.ticket]
        self._give_up(flight.course, lost=True)

    # Engines

    def _hear(self, event: Event) -> None:
        found = self._jobs.get(event.job)
        if found is None:
            return
        flight, endpoint = found
        if event.kind == "first":
            self._do(self.policy.first_token(flight.want.ticket, endpoint, self.now_ns))
        elif event.kind == "done":
            self._drop(flight, endpoint)
            self._finish(flight, endpoint, event)
        elif event.kind != "preempted":
            self._drop(flight, endpoint)
            kinds: dict[str, EndKind] = {"limited": "limited", "failed": "failed", "refused": "refused"}
            self._journal.failed(event.kind)
            self._leave(flight, endpoint, kinds[event.kind], final=event.kind == "refused", event=event)

    def _drop(self, flight: Flight, endpoint: str) -> None:
        del self._jobs[flight.sendings.pop(endpoint)]

    def _finish(self, flight: Flight, endpoint: str, event: Event) -> None:
        ticket = flight.want.ticket
        fresh = event.prompt_tokens - event.cached_tokens
        charge = READ_WEIGHT * fresh + CACHED_WEIGHT * event.cached_tokens + WRITE_WEIGHT * event.output_tokens
        self._journal.served(flight.want, event, charge)
        for other in list(flight.sendings):
            self._call_off(flight, other)
        self._done[ticket] = self._flights.pop(ticket)
        usage = Usage(event.prompt_tokens, event.output_tokens, event.cached_tokens)
        ended = Ended(
            ticket=ticket, endpoint=endpoint, usage=usage,
            remaining_requests=event.requests_left, remaining_tokens=event.tokens_left,
        )  # fmt: skip
        self._do(self.policy.leave(ended, self.now_ns))
        self._hand_out(ticket)

    def _hand_out(self, ticket: Ticket) -> None:
        for answered in self.policy.answers(ticket):
            flight = self._done.pop(answered, None)
            if flight is not None:
                self._answered(flight)

    def _leave(self, flight: Flight, endpoint: str, kind: EndKind, *, final: bool, event: Event | None = None) -> None:
        """A sending ended without an answer; unless that was final, the policy sends it again or refuses it."""
        ticket = flight.want.ticket
        if final:
            self._flights.pop(ticket, None)
            self._journal.gone(flight.want)
        elif not flight.sendings:
            self._journal.waits(flight.want, self.now_ns)
        said = event or Event("failed", 0, self.now_ns)
        ended = Ended(
            ticket=ticket, endpoint=endpoint, kind=kind, retry_after_ns=said.retry_after_ns, final=final,
            remaining_requests=said.requests_left, remaining_tokens=said.tokens_left,
        )  # fmt: skip
        self._do(self.policy.leave(ended, self.now_ns))
        self._hand_out(ticket)
        if kind == "refused":
            self._give_up(flight.course, lost=True)

    def _fault(self, fault: Fault) -> None:
        engine = self.replicas[fault.endpoint]
        self._touched.add(fault.endpoint)
        if fault.kind == "limit":
            assert isinstance(engine, Cloud), fault
            engine.buckets.change(fault.permille, self.now_ns)
            return
        assert isinstance(engine, Engine), fault
        if fault.kind == "slow":
            engine.slow(fault.permille, self.now_ns)
        elif fault.kind == "die":
            engine.fail_all(self.now_ns)
        else:
            for job_id, (flight, endpoint) in self._jobs.items():
                if endpoint == fault.endpoint and engine.freeze(job_id, self.now_ns):
                    self._at(
                        self.now_ns + STALL_NOTICED_NS,
                        lambda found=(flight, job_id): self._stalled(*found, fault.endpoint),
                    )
                    break

    def _stalled(self, flight: Flight, job_id: int, endpoint: str) -> None:
        if flight.sendings.get(endpoint) == job_id:
            self._call_off(flight, endpoint)
            self._leave(flight, endpoint, "stalled", final=False)
