"""The fold of the journal that makes spans, events and measurements: records in, what is to be told out.

    create_agent AGENT            a process: begins its trace, or stands below the turn that spawned it
      invoke_agent AGENT          a turn
        chat MODEL                a model call        execute_tool TOOL       a tool call
        KIND NAME                 any other call        tools/call TOOL         where a server of tools did it

Rules: pure; what is not known of a process (it began before this fold did) is handed in with `know`; memory holds what
is open only, and at most OPEN_MAX processes. Content is told only where its owner asked for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Final

import msgspec

from ergos.app.telemetry import names
from ergos.app.telemetry.answers import Read, model_of
from ergos.app.telemetry.call_spans import failed, lasted, model_call, spent, tool_call
from ergos.app.telemetry.spans import (
    Attributes,
    Span,
    SpanEvent,
    Told,
    call_span,
    process_span,
    trace_of,
    turn_span,
)
from ergos.base.ids import Digest, Pid
from ergos.base.money import ZERO, Amount
from ergos.kernel.calls import Call, Failure
from ergos.kernel.events import (
    Answered,
    Asked,
    Body,
    Called,
    Committed,
    Doubted,
    Exited,
    Intended,
    Refused,
    Repeated,
    Restarted,
    Resulted,
    Signalled,
    Spawned,
    Woken,
)
from ergos.kernel.journal import Sealed

OPEN_MAX: Final = 20_000  # processes whose open turn is kept in memory; of one that was let go it is read again
EVENTS_MAX: Final = 64  # events of one span; more say nothing more
CALLS_MAX: Final = 1_024  # calls of one turn that are open at once; four times what a program may ask for


class Whose(msgspec.Struct, frozen=True, kw_only=True):
    """What never changes of a process."""

    pid: Pid
    owner: str
    agent: str
    root: Pid
    """The first of its ancestors."""
    parent: Pid = Pid(0)


class _Begun(msgspec.Struct):
    """A call that has no answer yet."""

    call: Call
    at_ns: int
    grant: str | None = None
    approved_by: str | None = None
    queued_ns: int = 0
    events: list[SpanEvent] = []


class _Open(msgspec.Struct):
    """What is known of a process now."""

    whose: Whose
    definition: str = ""
    turn: int = 0
    began_ns: int | None = None
    """None: no turn is open, or when it began is not known."""
    cause: str = ""
    calls: dict[str, _Begun] = {}
    events: list[SpanEvent] = []
    charge: Amount = ZERO
    read: int = 0
    written: int = 0


class Fold:
    """Of one store."""

    def __init__(
        self,
        store: str,
        *,
        servers: Collection[str] = (),
        words: bool = False,
        links: Callable[[Pid], tuple[tuple[bytes, bytes], ...]] = lambda _: (),
    ) -> None:
        """`servers`: names of servers of tools. `links`: other traces that asked for a process.

        `words`: failures are told with their words, which may hold content; else by their code.
        """
        self._store: Final = store
        self._servers: Final = frozenset(servers)
        self._words: Final = words
        self._links: Final = links
        self._open: Final[OrderedDict[Pid, _Open]] = OrderedDict()

    def knows(self, pid: Pid) -> bool:
        """Whether records of this process can be taken."""
        return pid in self._open

    def root(self, pid: Pid) -> Pid | None:
        """The first ancestor of a process that is known."""
        found = self._open.get(pid)
        return found.whose.root if found is not None else None

    def know(self, whose: Whose) -> None:
        """From now on records of this process can be taken."""
        self._open[whose.pid] = _Open(whose)
        while len(self._open) > OPEN_MAX:
            self._open.popitem(last=False)

    def wants(self, body: Body) -> bool:
        """Whether the value of this record is looked at."""
        return isinstance(body, Resulted)

    def call_of(self, record: Sealed, key: str) -> Call | None:
        """The call that has begun under this key."""
        found = self._open.get(record.pid)
        begun = found.calls.get(key) if found is not None else None
        return begun.call if begun is not None else None

    def take(self, record: Sealed, body: Body, read: Read | None = None) -> list[Told]:
        """One more record of a process that is known, or of one that begins; `read`: what its value says."""
        if isinstance(body, Spawned):
            return self._spawned(record, body)
        found = self._open.get(record.pid)
        if found is None:
            return []
        self._open.move_to_end(record.pid)
        match body:
            case Woken():
                found.turn, found.began_ns, found.cause = record.turn, record.at_ns, body.cause
                found.definition = body.definition or found.definition
                found.calls, found.events, found.charge, found.read, found.written = {}, [], ZERO, 0, 0
                return []
            case Committed():
                return self._turned(record, found, None, "")
            case Exited():
                told = self._turned(record, found, body.failure, body.state)
                self._open.pop(record.pid, None)
                return told
            case Restarted(failure=failure):
                _add(found.events, SpanEvent(names.RESTARTED, record.at_ns, {names.ERROR_TYPE: failure.code}))
            case Signalled():
                _add(found.events, SpanEvent(names.SIGNALLED, record.at_ns, {"signal": body.signal, "by": body.by}))
            case _:
                return self._call(record, found, body, read)
        return []

    def _call(self, record: Sealed, found: _Open, body: Body, read: Read | None) -> list[Told]:
        at_ns = record.at_ns
        match body:
            case Asked():
                begun = _begin(found, body.call, at_ns)
                _add(begun.events, SpanEvent(names.ASKED, at_ns, {"what": body.what, "rule": body.rule}))
            case Answered(key=key) if key in found.calls:
                _add(
                    found.calls[key].events,
                    SpanEvent(names.ANSWERED, at_ns, {"verdict": body.verdict, "by": body.by}),
                )
            case Intended():
                begun = _begin(found, body.call, at_ns)
                begun.grant, begun.approved_by = body.grant, body.approved_by
            case Repeated(key=key) if key in found.calls:
                _add(found.calls[key].events, SpanEvent(names.REPEATED, at_ns, {"why": body.why}))
            case Doubted(key=key) if key in found.calls:
                _add(found.calls[key].events, SpanEvent(names.IN_DOUBT, at_ns))
            case Resulted(key=key) if key in found.calls:
                begun = found.calls.pop(key)
                begun.queued_ns = body.queued_ns
                return self._ended(record, found, begun, body.failure, read or Read(), body.charge, body.provider)
            case Called() | Refused():
                begun = found.calls.pop(body.call.key, None) or _Begun(body.call, at_ns)
                return self._ended(record, found, begun, body.failure, read or Read(), ZERO, "")
            case _:
                pass
        return []

    # Spans

    def _spawned(self, record: Sealed, body: Spawned) -> list[Told]:
        above = self._open.get(body.parent)
        root = above.whose.root if above is not None else (body.parent or record.pid)
        whose = Whose(pid=record.pid, owner=body.owner, agent=body.agent, root=root, parent=body.parent)
        self.know(whose)
        self._open[record.pid].definition = body.definition
        parent = turn_span(self._store, body.parent, above.turn) if above is not None and above.turn else b""
        return [
            Span(
                trace_id=trace_of(self._store, root),
                span_id=process_span(self._store, record.pid),
                parent_id=parent,
                name=f"{names.CREATE_AGENT} {body.agent}",
                start_ns=record.at_ns,
                end_ns=record.at_ns,
                attributes={names.OPERATION: names.CREATE_AGENT, **self._common(whose, body.definition, record)},
                links=self._links(record.pid),
            )
        ]

    def _turned(self, record: Sealed, found: _Open, failure: Failure | None, state: str) -> list[Told]:
        """The end of a turn."""
        began_ns, found.began_ns = found.began_ns, None
        if began_ns is None:
            return []
        whose = found.whose
        attributes: Attributes = {
            names.OPERATION: names.INVOKE_AGENT,
            **self._common(whose, found.definition, record),
            names.TURN: found.turn,
            names.CAUSE: found.cause,
            names.INPUT_TOKENS: found.read,
            names.OUTPUT_TOKENS: found.written,
            names.COST: found.charge.microusd,
        }
        if state:
            attributes[names.STATE] = state
        wrong = failure if failure is not None and state != "done" else None
        if wrong is not None:
            attributes[names.ERROR_TYPE] = wrong.code
        labels = ((names.AGENT_NAME, whose.agent), *failed(wrong))
        return [
            Span(
                trace_id=trace_of(self._store, whose.root),
                span_id=turn_span(self._store, whose.pid, found.turn),
                parent_id=process_span(self._store, whose.pid),
                name=f"{names.INVOKE_AGENT} {whose.agent}",
                start_ns=began_ns,
                end_ns=record.at_ns,
                attributes=attributes,
                events=tuple(found.events),
                error=self._said(wrong),
            ),
            lasted(names.AGENT_DURATION, began_ns, record.at_ns, labels),
        ]

    def _ended(
        self, record: Sealed, found: _Open, begun: _Begun, failure: Failure | None, read: Read, charge: Amount,
        provider: str,
    ) -> list[Told]:  # fmt: skip
        """The end of a call."""
        call, whose = begun.call, found.whose
        found.charge = Amount(found.charge.microusd + charge.microusd, found.charge.tokens + charge.tokens)
        found.read += read.usage.input_tokens
        found.written += read.usage.output_tokens
        attributes: Attributes = {
            **self._common(whose, found.definition, record),
            names.TURN: record.turn,
            names.CALL_KIND: call.kind,
            names.CALL_KEY: call.key,
            names.EFFECT: call.effect,
        }
        optional = {
            names.GRANT: begun.grant, names.SOLVER: call.solver, names.ERROR_TYPE: failure.code if failure else None,
            names.QUEUED: begun.queued_ns,
        }  # fmt: skip
        attributes.update({name: value for name, value in optional.items() if value})
        if charge:
            attributes[names.COST] = charge.microusd
        span = Span(
            trace_id=trace_of(self._store, whose.root),
            span_id=call_span(self._store, whose.pid, record.turn, call.key),
            parent_id=turn_span(self._store, whose.pid, record.turn),
            name=f"{call.kind} {call.name}",
            start_ns=begun.at_ns,
            end_ns=record.at_ns,
            attributes=attributes,
            events=tuple(begun.events),
            error=self._said(failure),
        )
        told: list[Told] = [spent(charge.microusd, whose.agent)] if charge.microusd else []
        if call.kind == "act":
            inner_id = call_span(self._store, whose.pid, record.turn, call.key, names.TOOLS_CALL)
            return tool_call(span, call, failure, read, self._servers, inner_id) + told
        model = model_of(call, provider)
        return (model_call(span, model, provider, failure, read) if model else [span]) + told

    def _said(self, failure: Failure | None) -> str | None:
        if failure is None:
            return None
        return failure.what if self._words else failure.code

    def _common(self, whose: Whose, definition: str | Digest, record: Sealed) -> Attributes:
        return {
            names.AGENT_NAME: whose.agent,
            names.AGENT_ID: f"{self._store}/{whose.pid}",
            names.CONVERSATION: f"{self._store}/{whose.pid}",
            names.OWNER: whose.owner,
            names.PID: int(whose.pid),
            names.SEQ: record.seq,
            **({names.AGENT_VERSION: str(definition)[:16]} if definition else {}),
        }


def _begin(found: _Open, call: Call, at_ns: int) -> _Begun:
    """The call under its key; one that waited for its owner began when it was asked about."""
    begun = found.calls.get(call.key)
    if begun is None:
        begun = _Begun(call, at_ns)
        if len(found.calls) < CALLS_MAX:
            found.calls[call.key] = begun
    return begun


def _add(events: list[SpanEvent], event: SpanEvent) -> None:
    if len(events) < EVENTS_MAX:
        events.append(event)
