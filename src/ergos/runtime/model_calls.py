"""One sending of a model call: what is sent, what came of it, what it cost.

Rules: an answer of an endpoint that says it failed (any HTTP error status) is not billed, unless it had begun to
speak; a connection that broke, a stream that was cut off, an answer that cannot be read, a deadline may have been;
what the endpoint claims beyond the worst case of the call is shown and not charged. An answer without usage, or with
one that cannot be, is charged in full.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, Protocol

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import DeadlineError, DefinitionError, ErgosError, PortMissingError, RefusedError, UsageError
from ergos.base.limits import ERROR_CHARS_MAX, MODEL_DEADLINE_S
from ergos.base.money import Amount
from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.kernel.calls import Failure
from ergos.kernel.models import UNKNOWN_USAGE, Reply, Usage
from ergos.kernel.packages import Bill, ModelSolver, Performed
from ergos.kernel.ports import ModelCame, Sink
from ergos.kernel.scheduler.wants import EndKind, Start
from ergos.kernel.solvers import TaskSpec
from ergos.runtime.failures import failure_of
from ergos.runtime.machine import Machine
from ergos.runtime.performer import Came
from ergos.runtime.residents import Flight, ModelWork, Resident
from ergos.runtime.settlement import Withdrawn

USAGE_TOKENS_MAX: Final = 10**12  # tokens of one call that are believed; what is beyond is a mistake or a lie
RETRY_AFTER_S_MAX: Final = 86_400  # seconds an endpoint may tell us to wait; a day, as its limits are at most a day's


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """How one sending ended."""

    kind: EndKind
    outcome: Performed | Failure | Withdrawn | None = None
    """None: cancelled by us."""
    usage: Usage = Usage(known=False)
    billed: bool = False
    """It may have been billed and no usage says how much."""
    retry: bool = False
    retry_after_ns: int = 0
    remaining_requests: int | None = None
    remaining_tokens: int | None = None


class Made(msgspec.Struct, frozen=True):
    """A solver's prompt is ready."""

    work: ModelWork


class Guard(Protocol):
    """Where others' code runs."""

    async def flown(self, flight: Flight, work: Coroutine[object, object, Came]) -> Came:
        """What came of it, whatever it raised."""
        ...


class ModelCalls:
    """Step 6 for model calls."""

    def __init__(self, machine: Machine, guard: Guard) -> None:
        self._machine: Final = machine
        self._guard: Final = guard

    def deadline_s(self, resident: Resident, flight: Flight) -> float:
        """Seconds a call may take, waiting included."""
        name = flight.pending.call.name
        task = resident.package.tasks.get(name) if resident.package is not None else None
        return max(task.spec.deadline_s, 1.0) if task is not None else MODEL_DEADLINE_S

    async def made(self, resident: Resident, flight: Flight) -> Made | Failure:
        """The work of a solver's call with its prompt; a Failure if it cannot be made or is larger than its hold."""
        models, work, package = self._machine.parts.models, flight.work, resident.package
        assert models is not None
        assert work is not None
        assert work.solver is not None
        assert package is not None
        assert resident.definition is not None
        task = package.tasks.get(flight.pending.call.name)
        if task is None:
            return Failure("E505", f"{flight.pending.call.name} is not there any more", "put the task back")
        given, definition = flight.pending.request.args, resident.definition
        made = await self._guard.flown(
            flight, _asked(work.solver, task.spec, given, definition.instructions, work.outline.input_tokens)
        )
        if not isinstance(made, Performed):
            return made if isinstance(made, Failure) else Failure("E501", "its prompt could not be made")
        args: dict[str, Plain] = {"dialect": "neutral", "body": made.value}
        try:
            outline = models.outline(args)
        except ErgosError as error:
            return failure_of(error)
        filled = msgspec.structs.replace(work, args=args, outline=outline)
        if not work.worst.covers(filled.worst):
            what = f"the prompt of {work.solver.spec.name} needs {outline.input_tokens:,} tokens"
            what = f"{what}; {work.outline.input_tokens:,} were set aside"
            return Failure("E302", what, "raise the task's tokens_max or the agent's window_tokens")
        return Made(filled)

    async def send(
        self,
        resident: Resident,
        flight: Flight,
        start: Start,
        sink: Sink | None,
        on_first: Callable[[], None],
    ) -> Sent:
        """Send it and wait for what comes."""
        machine, work = self._machine, flight.work
        models = machine.parts.models
        assert models is not None
        assert work is not None
        assert work.args is not None
        deadline_ns = machine.parts.clock.now_ns() + int(self.deadline_s(resident, flight) * SECOND)
        begun: list[bool] = []

        def first() -> None:
            begun.append(True)
            on_first()

        try:
            came = await models.perform(
                start.endpoint, work.args, deadline_ns=deadline_ns, hints=start.hints, sink=sink, on_first=first
            )
        except ErgosError as error:
            return _failed(error, begun=bool(begun))
        came = _believed(came)
        bill = self._bill(start.endpoint, work, came)
        # Reading is an author's code: whatever it raises is a fault of the answer, and the answer was paid for.
        read = await self._guard.flown(flight, self._read(resident, flight, came, bill))
        outcome = read if isinstance(read, Performed) else _unread(read, bill)
        return Sent(
            kind="done",
            outcome=outcome,
            usage=came.usage,
            remaining_requests=came.remaining_requests,
            remaining_tokens=came.remaining_tokens,
        )

    async def _read(self, resident: Resident, flight: Flight, came: ModelCame, bill: Bill) -> Performed:
        """The caller's answer; of a solver, after its task's acceptance checks. Raises: ModelReplyError."""
        work, package = flight.work, resident.package
        if work is None or work.solver is None or package is None:
            return Performed(value=came.value, tokens=came.usage.tokens, bill=bill)
        task = package.tasks[flight.pending.call.name]
        inputs = flight.pending.request.args.get("inputs")
        try:
            reply = msgspec.convert(came.value, Reply)
        except msgspec.ValidationError as error:
            raise ModelReplyError(f"the reply cannot be read: {error}") from error
        value = await asyncio.to_thread(work.solver.value, task.spec, inputs, reply)
        faults = await task.faults(inputs, value) if task.spec.checks else ()
        return Performed(value=value, tokens=came.usage.tokens, faults=faults, bill=bill)

    def _bill(self, endpoint: str, work: ModelWork, came: ModelCame) -> Bill:
        """What it cost at the endpoint that took it."""
        spec = next(
            (one for one in (*work.choice.endpoints, *work.choice.degraded) if one.name == endpoint),
            work.choice.endpoints[0],
        )
        usage = came.usage
        if not usage.known or spec.price is None:
            return Bill(amount=None, provider=endpoint)
        return Bill(amount=Amount(spec.price.of(usage), usage.tokens), provider=endpoint)


def _believed(came: ModelCame) -> ModelCame:
    """The same, without a usage that cannot be: an answer that took no token, less than none, or beyond counting."""
    usage = came.usage
    parts = (
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        usage.cache_written_tokens,
        usage.reasoning_tokens,
    )
    if usage.tokens > 0 and min(parts) >= 0 and max(parts) <= USAGE_TOKENS_MAX:
        return came
    return msgspec.structs.replace(came, usage=UNKNOWN_USAGE)


async def _asked(
    solver: ModelSolver, task: TaskSpec, given: dict[str, Plain], instructions: str, window_tokens: int
) -> Performed:
    """The body of a solver's call, made in a thread because it may take long."""
    faults = given.get("faults")
    told = (tuple(map(str, faults)),) if isinstance(faults, list) and faults else ()
    request = await asyncio.to_thread(solver.request, task, given.get("inputs"), instructions, window_tokens, *told)
    return Performed(value={**msgspec.to_builtins(request), "model": solver.model})


def _unread(came: Came, bill: Bill) -> Performed:
    """An answer that could not be read: no value, and why."""
    why = came.what if isinstance(came, Failure) else "the answer could not be read"
    return Performed(value=None, faults=(why[:ERROR_CHARS_MAX],), bill=bill)


def _failed(error: ErgosError, *, begun: bool = False) -> Sent:
    """Whose fault it was, whether to try again, and whether somebody may have been paid. `begun`: it had spoken."""
    sent = _judged(error)
    if begun and not sent.billed:
        return msgspec.structs.replace(sent, billed=True, outcome=failure_of(error))
    return sent


def _judged(error: ErgosError) -> Sent:
    failure = failure_of(error)
    free = Withdrawn(failure.what, failure.code, failure.remedy)
    match error:
        case RateLimitedError():
            return Sent(kind="limited", outcome=free, retry=True, retry_after_ns=_wait_ns(error))
        case ModelRequestError():
            return Sent(kind="refused", outcome=free)
        case ModelReplyError():
            return Sent(kind="failed", outcome=failure, billed=True, retry=True)
        case ModelError():
            answered = error.status >= 400
            return Sent(
                kind="failed",
                outcome=free if answered else failure,
                billed=not answered,
                retry=True,
                retry_after_ns=_wait_ns(error),
            )
        case DeadlineError():
            return Sent(kind="stalled", outcome=failure, billed=True)
        case UsageError() | DefinitionError() | RefusedError() | PortMissingError():
            return Sent(kind="refused", outcome=free)  # refused on this side, before anything was sent
        case _:
            return Sent(kind="failed", outcome=failure, billed=True)


def _wait_ns(error: ModelError) -> int:
    """How long an endpoint says to wait; what is no length of time is none."""
    after_s = error.retry_after_s
    return int(min(after_s, RETRY_AFTER_S_MAX) * SECOND) if after_s > 0 else 0
