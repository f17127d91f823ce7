"""A process's records as the events of one AG-UI run.

    turn begins / ends      STEP_STARTED / STEP_FINISHED "turn 3"
    act                     TOOL_CALL_START, _ARGS, _END when asked for or intended; TOOL_CALL_RESULT when answered
    think with words        TEXT_MESSAGE_START, _CONTENT, _END
    what stands             STATE_SNAPSHOT once, then STATE_DELTA

Rules: a fold; every step that was opened is closed before the run is over, a tool call is opened once however often its
records name it, and nothing follows the end of a run. Values are handed in unpacked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import MILLISECOND
from ergos.kernel.calls import Call, Failure
from ergos.kernel.events import (
    Asked,
    Called,
    Committed,
    Doubted,
    Exited,
    Intended,
    Refused,
    Resulted,
    Woken,
    decode_body,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.models import Reply
from ergos.kernel.values import Packed
from ergos.server.api.agui_events import (
    AnyEvent,
    StateDelta,
    StateSnapshot,
    StepFinished,
    StepStarted,
    TextMessageContent,
    TextMessageEnd,
    TextMessageStart,
    ToolCallArgs,
    ToolCallEnd,
    ToolCallResult,
    ToolCallStart,
)

CONTENT_CHARS_MAX: Final = 200_000  # characters of a tool's result or arguments on the wire; the whole is in its record
CALLS_OPEN_MAX: Final = 10_000  # calls remembered as opened

Unpack = Callable[[Packed], Awaitable[Plain]]


class Unrolled:
    """One run of a process."""

    def __init__(self, unpack: Unpack, pid: int, agent: str) -> None:
        self._unpack: Final = unpack
        self._pid: Final = pid
        self._agent: Final = agent
        self._step = ""
        self._turn = 0
        self._kinds: Final[dict[str, Call]] = {}
        self.said = ""
        """The last message."""

    def knows(self, records: tuple[Sealed, ...]) -> None:
        """Calls that an earlier run has told of already."""
        for record in records:
            body = decode_body(record.body)
            if isinstance(body, Asked | Intended):
                self._kinds[self.call_id(body.call.key, record.turn)] = body.call

    def beginning(self, state: str, turn: int) -> StateSnapshot:
        """Where the process stands."""
        self._turn = turn
        return StateSnapshot(snapshot={"pid": self._pid, "agent": self._agent, "state": state, "turn": turn})

    def moved(self, state: str) -> StateDelta:
        """The process stands elsewhere."""
        return StateDelta(
            delta=(
                {"op": "replace", "path": "/state", "value": state},
                {"op": "replace", "path": "/turn", "value": self._turn},
            )
        )

    def closing(self) -> Iterator[AnyEvent]:
        """What has to be closed before the run is over."""
        if self._step:
            yield StepFinished(step_name=self._step)
            self._step = ""

    def call_id(self, key: str, turn: int) -> str:
        """How a call is named."""
        return f"{self._pid}/{turn}/{key}"

    async def of(self, record: Sealed) -> list[AnyEvent]:
        """The events of a record."""
        found = await self._of(record)
        at_ms = record.at_ns // MILLISECOND
        return [msgspec.structs.replace(event, timestamp=at_ms) for event in found]

    async def _of(self, record: Sealed) -> list[AnyEvent]:
        body = decode_body(record.body)
        self._turn = max(self._turn, record.turn)
        match body:
            case Woken():
                return [*self.closing(), *self._open_step(f"turn {record.turn}"), self.moved("running")]
            case Committed():
                return [*self.closing(), self.moved("waiting")]
            case Exited(state=state):
                return [*self.closing(), self.moved(state)]
            case Asked(call=call, what="approval"):
                return [*await self._called(call, record.turn), self.moved("waiting")]
            case Doubted():
                return [self.moved("parked")]
            case Intended(call=call):
                return await self._called(call, record.turn)
            case Called(call=call):
                begun = await self._called(call, record.turn)
                return [*begun, *await self._answered(call.key, record.turn, body.value, body.failure, record.seq)]
            case Refused(call=call):
                begun = await self._called(call, record.turn)
                return [*begun, *await self._answered(call.key, record.turn, None, body.failure, record.seq)]
            case Resulted(key=key):
                return await self._answered(key, record.turn, body.value, body.failure, record.seq)
            case _:
                return []

    def _open_step(self, name: str) -> Iterator[AnyEvent]:
        self._step = name
        yield StepStarted(step_name=name)

    async def _called(self, call: Call, turn: int) -> list[AnyEvent]:
        """A call that was asked for, once."""
        one = self.call_id(call.key, turn)
        if one in self._kinds or len(self._kinds) >= CALLS_OPEN_MAX:
            return []
        self._kinds[one] = call
        if call.kind != "act":
            return []
        args = {name: await self._unpack(value) for name, value in call.args.items()}
        return [
            ToolCallStart(tool_call_id=one, tool_call_name=call.name),
            ToolCallArgs(tool_call_id=one, delta=_encoded(args)),
            ToolCallEnd(tool_call_id=one),
        ]

    async def _answered(
        self, key: str, turn: int, value: Packed | None, failure: Failure | None, seq: int
    ) -> list[AnyEvent]:
        one = self.call_id(key, turn)
        call = self._kinds.get(one)
        if call is None:
            return []
        plain = await self._unpack(value) if value is not None else None
        if call.kind == "act":
            content = f"[{failure.code}] {failure.what}" if failure is not None else _content(plain)
            return [ToolCallResult(message_id=f"{self._pid}/{seq}", tool_call_id=one, content=content)]
        if call.kind == "think" and failure is None:
            return self.message(_words(plain), f"{self._pid}/{seq}")
        return []

    def message(self, text: str, one: str) -> list[AnyEvent]:
        """A message of the agent, if there are words."""
        if not text.strip():
            return []
        self.said = text
        return [
            TextMessageStart(message_id=one),
            TextMessageContent(message_id=one, delta=text),
            TextMessageEnd(message_id=one),
        ]


def _words(plain: Plain) -> str:
    """What a model said, without what it thought."""
    try:
        return msgspec.convert(plain, Reply).text
    except msgspec.ValidationError:
        return plain if isinstance(plain, str) else ""


def _content(plain: Plain) -> str:
    return plain[:CONTENT_CHARS_MAX] if isinstance(plain, str) else _encoded(plain)


def _encoded(plain: Any) -> str:  # noqa: ANN401 - plain data
    text = msgspec.json.encode(plain).decode()
    return text if len(text) <= CONTENT_CHARS_MAX else text[:CONTENT_CHARS_MAX] + "…"
