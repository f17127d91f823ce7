"""Model calls between their intent and their result: the scheduler says when and where, this does it.

Steps 5 and 6 for model calls. The grid decides (kernel/scheduler/grid.py); what it says is carried out here: a call
is sent to an endpoint, sent a second time, called off, or refused.

Rules: nothing is sent while STOP is in force, after its process has ended, without a live grant, or without a hold
that covers this very sending; a sending that may have been billed stays charged before there is another; bytes that
reached the caller come from one sending only. There is one timer: the grid's next look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, Protocol

from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.base.limits import MODEL_SENDINGS_MAX
from ergos.kernel.calls import Failure
from ergos.kernel.packages import Performed
from ergos.kernel.ports import Sink
from ergos.kernel.process import ENDED
from ergos.kernel.scheduler.grid import Grid
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import Ended, Plan, Start, Want
from ergos.runtime.door import Door
from ergos.runtime.journeys import Journey, Sending
from ergos.runtime.machine import Machine
from ergos.runtime.model_calls import Made, ModelCalls, Sent
from ergos.runtime.performer import Came
from ergos.runtime.residents import Flight, Resident
from ergos.runtime.settlement import Settlement, Withdrawn

LOOK_S_MIN: Final = 0.001  # seconds between two looks at the grid; a loop's clock is no finer


class Runner(Protocol):
    """What this asks of the reactor."""

    stopping: bool

    def task(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Start a task."""
        ...

    def enqueue(self, pid: Pid) -> None:
        """Drive this process in one of the next passes."""
        ...

    def guarded(self, callback: Callable[[], None]) -> None:
        """Run a callback of the loop; a bug in it stops the kernel."""
        ...

    async def flown(self, flight: Flight, work: Coroutine[object, object, Came]) -> Came:
        """What came of others' code, whatever it raised."""
        ...


class Dispatcher:
    """Carries out the plans of the grid."""

    def __init__(self, machine: Machine, runner: Runner, settlement: Settlement, door: Door) -> None:
        models = machine.parts.models
        self.grid: Final = Grid(models.endpoints() if models is not None else (), machine.parts.rules)
        self._machine: Final = machine
        self._runner: Final = runner
        self._settlement: Final = settlement
        self._door: Final = door
        self._calls: Final = ModelCalls(machine, runner)
        self._journeys: Final[dict[Ticket, Journey]] = {}
        self._lingering: Final[dict[Ticket, Journey]] = {}
        """Calls that are over, and whose sendings are still being called off."""
        self._held_back: Final[list[Sending]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0

    # From the door

    def dispatch(self, flight: Flight) -> None:
        """Its intent is durable: let it wait for its turn."""
        resident = self._machine.table.get(flight.ticket.pid)
        if resident is None or self._machine.failed or self._runner.stopping:
            return
        if resident.flying.get(flight.ticket.key) is not flight:
            return  # it was over before its hold was durable
        self._machine.tick()
        journey = self._journeys.get(flight.ticket)
        if journey is not None:  # sent once more: its new hold is durable
            sending = journey.waiting.pop(0)
            sending.covered = True
            self._try(journey, sending)
            return
        journey = self._journeys[flight.ticket] = Journey(resident, flight)
        deadline_s = self._calls.deadline_s(resident, flight)
        journey.alarm = asyncio.get_running_loop().call_later(deadline_s, self._overdue, journey, deadline_s)
        assert flight.work is not None
        if flight.work.args is None:
            journey.making = self._runner.task(self._make(journey))
        else:
            self._arrive(journey)

    async def _make(self, journey: Journey) -> None:
        """Let the solver write its prompt, in a thread because it may take long."""
        made = await self._calls.made(journey.resident, journey.flight)
        journey.making = None
        if self._journeys.get(journey.flight.ticket) is not journey or self._machine.failed:
            return
        self._machine.tick()
        if isinstance(made, Made):
            journey.flight.work = made.work
            self._arrive(journey)
        else:
            self._over(journey, Withdrawn(made.what, made.code, made.remedy))

    def _arrive(self, journey: Journey) -> None:
        flight, process = journey.flight, journey.resident.process
        work = flight.work
        assert work is not None
        if self._lingering.pop(flight.ticket, None) is not None:  # of the same call, before its program crashed
            self._carry_out(self.grid.withdraw(flight.ticket, self._machine.now_ns))
        outline = work.outline
        most = max(spec.output_tokens_max for spec in work.choice.endpoints)
        want = Want(
            ticket=flight.ticket,
            owner=process.owner,
            program=process.pid,
            kind=process.agent,
            endpoints=tuple(spec.name for spec in work.choice.endpoints),
            degraded=tuple(spec.name for spec in work.choice.degraded),
            input_tokens=outline.input_tokens,
            output_tokens=min(outline.output_tokens_max or most, most),
            parent=self._waiting_parent(process.parent),
            prefix=outline.prefix,
        )
        self._carry_out(self.grid.arrive(want, self._machine.now_ns))

    def _waiting_parent(self, pid: Pid) -> Pid:
        """The parent, if it waits for this child and so shares its urgency."""
        parent = self._machine.table.get(pid)
        return pid if parent is not None and parent.process.waits == "child" else Pid(0)

    # From the grid

    def _carry_out(self, plan: Plan) -> None:
        for cancel in plan.cancels:
            journey = self._journeys.get(cancel.ticket)
            if journey is not None:
                planned = (*journey.sendings.values(), *journey.waiting, *self._held_back)
                for sending in planned:
                    if (sending.start.ticket, sending.start.endpoint) == (cancel.ticket, cancel.endpoint):
                        sending.by_grid = True
                        sending.cancel()
        for rejection in plan.rejections:
            journey = self._journeys.get(rejection.ticket)
            if journey is not None:
                self._over(journey, _refusal(journey, rejection.why, rejection.retry_after_ns))
        for start in plan.starts:
            self._start(start)
        if plan.next_ns is not None:
            self._look_at(plan.next_ns)

    def _look_at(self, at_ns: int) -> None:
        if self._timer is not None and self._timer_ns <= at_ns:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_ns = at_ns
        delay_s = max(LOOK_S_MIN, (at_ns - self._machine.parts.clock.now_ns()) / SECOND)
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._runner.guarded, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not self._machine.failed and not self._runner.stopping:
            self._carry_out(self.grid.tick(self._machine.tick()))

    def _start(self, start: Start) -> None:
        """Send a call if it is still there."""
        journey = self._journeys.get(start.ticket)
        if journey is not None:
            self._try(journey, Sending(start))

    def _try(self, journey: Journey, sending: Sending) -> None:
        """Send it, unless STOP was pressed, its process has ended, or its grant is gone."""
        start, resident = sending.start, journey.resident
        over = self._journeys.get(start.ticket) is not journey
        if over or sending.cancelled or self._machine.failed or self._runner.stopping:
            return
        if self._machine.halted:
            self._held_back.append(sending)
        elif resident.process.state in ENDED:
            self._never(journey, start, Withdrawn("its process had ended before the call was sent"))
        elif (withdrawn := self._door.withdrawn(resident, journey.flight)) is not None:
            self._never(journey, start, withdrawn)
        elif journey.spoken_for and not sending.covered:
            self._cover(journey, sending)
        else:
            self._send(journey, sending)

    def _cover(self, journey: Journey, sending: Sending) -> None:
        """A hold covers one sending: what may have been billed, or is being sent beside it, is charged in full."""
        beside = bool(journey.sendings)
        failure = self._settlement.again(journey.resident, journey.flight, beside=beside)
        if failure is None:
            journey.paid += 1
            journey.waiting.append(sending)
        elif beside:  # the other goes on alone
            self._leave(sending.start, final=False)
        else:
            journey.owed = 0  # it was charged with the old hold
            self._never(journey, sending.start, failure)

    def _never(self, journey: Journey, start: Start, outcome: Withdrawn | Failure) -> None:
        """The grid gave it a place and it is not sent."""
        self._over(journey, outcome, told=True)
        self._leave(start, final=True)
        if not journey.sendings:
            self._carry_out(self.grid.withdraw(start.ticket, self._machine.now_ns))

    def _leave(self, start: Start, *, final: bool) -> None:
        ended = Ended(ticket=start.ticket, endpoint=start.endpoint, kind="cancelled", final=final)
        self._carry_out(self.grid.leave(ended, self._machine.now_ns))

    def _send(self, journey: Journey, sending: Sending) -> None:
        sending.sent_ns = self._machine.now_ns
        if not journey.sendings:
            journey.flight.started_ns = sending.sent_ns
        journey.sendings[sending.start.endpoint] = sending
        sending.task = self._runner.task(self._sending(journey, sending))

    async def _sending(self, journey: Journey, sending: Sending) -> None:
        start = sending.start
        sink = journey.flight.pending.sink
        shown = self._watched(journey) if sink is None else None

        def first() -> None:
            self._first(journey, start)

        def pour(piece: bytes) -> None:
            if not journey.speaker:
                first()
            if journey.speaker != start.endpoint:
                return
            if sink is not None:
                journey.touched = True
                sink(piece)
            elif shown is not None:
                shown(piece)

        outlet: Sink | None = pour if sink is not None or shown is not None else None
        try:
            if sending.cancelled:
                sent = Sent(kind="cancelled")
            else:
                sent = await self._calls.send(journey.resident, journey.flight, start, outlet, first)
        except asyncio.CancelledError:
            if not sending.cancelled:
                raise  # the kernel stops: an intent without a result
            sent = Sent(kind="cancelled", billed=True)
        if not self._machine.failed:
            self._ended(journey, sending, sent)

    def _watched(self, journey: Journey) -> Sink | None:
        """Shows what one of our own programs is being told to whoever watches; None: nobody does."""
        told, ticket = self._machine.pour, journey.flight.ticket
        if told is None:
            return None
        begun = False

        def show(piece: bytes) -> None:
            nonlocal begun
            if not begun:
                told(ticket.pid, ticket.key, b"")  # of another sending before it nothing counts
                begun = True
            told(ticket.pid, ticket.key, piece)

        return show

    def _first(self, journey: Journey, start: Start) -> None:
        """Its first token came: whoever speaks first goes on speaking."""
        here = self._journeys.get(start.ticket) is journey
        if here and not journey.speaker and not self._machine.failed:
            journey.speaker = start.endpoint
            self._carry_out(self.grid.first_token(start.ticket, start.endpoint, self._machine.tick()))

    def _ended(self, journey: Journey, sending: Sending, sent: Sent) -> None:
        self._machine.tick()
        start = sending.start
        journey.sendings.pop(start.endpoint, None)
        journey.owed += sent.billed
        if self._journeys.get(start.ticket) is not journey:
            self._lingered(journey, start)
            return
        if sent.kind == "cancelled" and sending.by_grid:
            if not journey.sendings:
                journey.flight.started_ns = None
            return  # it waits again, or its other sending goes on
        spoke = journey.speaker == start.endpoint
        journey.failures += sent.kind == "failed"
        again = sent.retry and not journey.touched and journey.failures < MODEL_SENDINGS_MAX
        beside = sent.kind != "done" and bool(journey.sendings) and not (spoke and journey.touched)
        ended = Ended(
            ticket=start.ticket,
            endpoint=start.endpoint,
            kind=sent.kind,
            usage=sent.usage,
            retry_after_ns=sent.retry_after_ns,
            remaining_requests=sent.remaining_requests,
            remaining_tokens=sent.remaining_tokens,
            final=not again and not beside,
        )
        if again or beside:
            journey.last = sent
            if spoke:
                journey.speaker = ""
        elif sent.outcome is not None:
            journey.flight.started_ns = sending.sent_ns
            self._over(journey, sent.outcome, told=True)
        self._carry_out(self.grid.leave(ended, self._machine.now_ns))

    def _lingered(self, journey: Journey, start: Start) -> None:
        """A sending of a call that is over came to its end; with the last one the grid forgets the call."""
        if self._lingering.get(start.ticket) is not journey:
            return
        self._leave(start, final=True)
        if not journey.sendings:
            del self._lingering[start.ticket]
            self._carry_out(self.grid.withdraw(start.ticket, self._machine.now_ns))

    # Ends

    def _over(self, journey: Journey, outcome: Performed | Failure | Withdrawn, *, told: bool = False) -> None:
        """Step 7; every other sending of it is called off. `told`: the grid is being told by whoever calls this."""
        ticket, resident = journey.flight.ticket, journey.resident
        del self._journeys[ticket]
        if isinstance(outcome, Withdrawn) and journey.owed > journey.paid:
            outcome = Failure(outcome.code, outcome.why, outcome.remedy)  # an earlier sending may have been billed
        if journey.alarm is not None:
            journey.alarm.cancel()
        for sending in journey.sendings.values():
            sending.cancel()
        if journey.sendings:
            self._lingering[ticket] = journey
        if journey.making is not None:
            journey.making.cancel()
        ended = resident.process.state in ENDED
        self._settlement.record(resident, journey.flight.pending, outcome, late=ended)
        if not ended:
            self._runner.enqueue(resident.process.pid)
        if not told and not journey.sendings:
            self._carry_out(self.grid.withdraw(ticket, self._machine.now_ns))

    def _overdue(self, journey: Journey, deadline_s: float) -> None:
        if self._journeys.get(journey.flight.ticket) is not journey or self._machine.failed:
            return
        self._machine.tick()
        name = journey.flight.pending.call.name
        self._call_off(journey, f"{name} did not finish within {deadline_s:g} seconds", "E502")

    def withdraw(self, resident: Resident) -> None:
        """Its process ends or is paused for good: call off what is waiting or being sent."""
        for flight in list(resident.flying.values()):
            journey = self._journeys.get(flight.ticket)
            if journey is not None:
                self._call_off(journey, f"{flight.pending.call.name} was cancelled", "E502")

    def _call_off(self, journey: Journey, why: str, code: str) -> None:
        """What was never sent costs nothing; what is being sent may have been billed."""
        if journey.owed + len(journey.sendings) > journey.paid:
            self._over(journey, Failure(code, why, "try again later or allow more time"))
        else:
            self._over(journey, Withdrawn(why, code, "try again later or allow more time"))

    def ended(self, pid: Pid) -> None:
        """A process, or a turn of it, has ended; what it used teaches the grid about its kind."""
        if self._machine.parts.models is not None:
            self._carry_out(self.grid.program_ended(pid, self._machine.now_ns))

    def release(self) -> None:
        """STOP was lifted."""
        held, self._held_back[:] = tuple(self._held_back), []
        for sending in held:
            journey = self._journeys.get(sending.start.ticket)
            if journey is not None:
                self._try(journey, sending)


def _refusal(journey: Journey, why: str, retry_after_ns: int) -> Performed | Failure | Withdrawn:
    """A call that is not sent again ends as its last sending did; one that never was is refused."""
    if journey.last is not None and journey.last.outcome is not None:
        return journey.last.outcome
    when = f"; try again in {max(1, -(-retry_after_ns // SECOND))} s" if retry_after_ns else ""
    return Withdrawn(f"{why}{when}", "E308", "try again later, lower the load, or add an endpoint")
