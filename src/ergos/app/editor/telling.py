"""The records of a process as an editor is told them: words, and tool calls with their status.

    received from its owner  → the owner's words       a model's answer in words, `send` to 0, a notice → the agent's
    act                      → a tool call, told when it is asked for or begun, and when it was answered
    outcome, failure         → the agent's words, unless they were said already

Rules: a fold; a call is told as begun once, however often its records name it. Values are handed in unpacked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from ergos.app.telemetry.answers import read_answer
from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.buses.acp.ports import Happening, Step, Words, Work
from ergos.kernel.calls import Call, Failure
from ergos.kernel.events import Asked, Body, Called, Exited, Intended, Refused, Resulted, decode_body
from ergos.kernel.journal import Sealed
from ergos.kernel.models import Reply
from ergos.kernel.values import Packed

CALLS_MAX: Final = 10_000  # calls remembered as told
EARLY_MAX: Final = 2_000  # pieces of answers kept until their call is known; it is known within moments
NOTICES: Final = frozenset({"notify.owner"})
_WORK: Final[tuple[tuple[str, Work], ...]] = (
    ("files.read", "read"), ("files.list", "search"), ("files.search", "search"), ("files.", "edit"),
    ("git.", "execute"), ("shell.", "execute"), ("python.", "execute"), ("http.", "fetch"), ("web.", "fetch"),
    ("feeds.", "fetch"), ("sql.", "read"), ("table.append", "edit"),
)  # fmt: skip

Unpack = Callable[[Packed], Awaitable[Plain]]


class Telling:
    """One process."""

    def __init__(self, pid: Pid, unpack: Unpack) -> None:
        self._pid: Final = pid
        self._unpack: Final = unpack
        self._calls: Final[dict[tuple[int, str], Call]] = {}
        self._said = ""
        self._streams: Final[dict[str, str]] = {}
        """What was told of answers that are not recorded yet, by key of the call."""
        self._early: Final[dict[str, list[tuple[str, bool]]]] = {}
        """Pieces of answers to calls that are not known yet, by key."""
        self.moved = 0
        """Calls that were answered so far."""
        self.read = 0
        self.written = 0

    async def of(self, record: Sealed) -> list[Happening]:
        """What this record tells."""
        try:
            body = decode_body(record.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return []
        return await self._of(record.turn, body)

    def pour(self, turn: int, key: str, text: str, *, anew: bool) -> list[Happening]:
        """A piece of an answer that is not recorded yet; told only from its beginning, and only of a model's words."""
        call = self._calls.get((turn, key))
        if call is None:  # its intent has not been read yet
            if sum(map(len, self._early.values())) < EARLY_MAX:
                self._early.setdefault(key, []).append((text, anew))
            return []
        if call.kind != "think" or not call.name.startswith("model."):
            return []
        if anew:
            again = bool(self._streams.get(key))
            self._streams[key] = ""
            return [Words(who="agent", text="\n\n")] if again else []
        if key not in self._streams or not text:
            return []
        self._streams[key] += text
        return [Words(who="agent", text=text)]

    async def _of(self, turn: int, body: Body) -> list[Happening]:
        match body:
            case Asked(call=call, what="approval") | Intended(call=call):
                return await self._begun(turn, call, "pending" if isinstance(body, Asked) else "in_progress")
            case Called(call=call) | Refused(call=call):
                begun = await self._begun(turn, call, "in_progress")
                value = None if isinstance(body, Refused) else await self._unpack(body.value)
                return begun + await self._answered(turn, call.key, value, body.failure)
            case Resulted(key=key):
                return await self._answered(turn, key, await self._unpack(body.value), body.failure)
            case Exited(state="done"):
                return self._words(_text(await self._unpack(body.outcome)))
            case Exited(failure=failure) if failure is not None:
                return self._words(f"[{failure.code}] {failure.what}")
            case _:
                return []

    async def _begun(self, turn: int, call: Call, status: str) -> list[Happening]:
        again = (turn, call.key) in self._calls
        if len(self._calls) < CALLS_MAX:
            self._calls[turn, call.key] = call
        if call.kind == "think":
            early = self._early.pop(call.key, [])
            return [told for text, anew in early for told in self.pour(turn, call.key, text, anew=anew)]
        if call.kind != "act" or call.name in NOTICES:
            return []
        if again:
            return [self._step(turn, call, status)] if status == "in_progress" else []
        given: dict[str, Plain] = {name: await self._unpack(value) for name, value in call.args.items()}
        return [msgspec.structs.replace(self._step(turn, call, status), first=True, given=given)]

    async def _answered(self, turn: int, key: str, value: Plain, failure: Failure | None) -> list[Happening]:
        call = self._calls.get((turn, key))
        if call is None:
            return []
        self.moved += 1
        match call.kind:
            case "receive" if failure is None and isinstance(value, dict):
                mine = value.get("sender") == 0 and not value.get("trigger")
                return [Words(who="owner", text=_text(value.get("body")))] if mine else []
            case "think":
                streamed, _ = self._streams.pop(key, ""), self._early.pop(key, None)
                return self._thought(call, value, streamed) if failure is None else []
            case "send" if failure is None and call.name in {"0", ""}:
                return self._words(_text(await self._arg(call, "body")))
            case "act" if call.name in NOTICES:
                return self._words(_text(await self._arg(call, "text")))
            case "act":
                step = self._step(turn, call, "failed" if failure is not None else "completed")
                text = f"[{failure.code}] {failure.what}" if failure is not None else _text(value)
                return [msgspec.structs.replace(step, came=value, text=text)]
            case _:
                return []

    def _thought(self, call: Call, value: Plain, streamed: str) -> list[Happening]:
        usage = read_answer(call, "neutral", value).usage
        self.read += usage.input_tokens
        self.written += usage.output_tokens
        if not call.name.startswith("model."):
            return []
        try:
            text = msgspec.convert(value, Reply).text
        except msgspec.ValidationError:
            return []
        if not streamed or not text.startswith(streamed):
            return self._words(text)
        self._said = text
        rest = text.removeprefix(streamed)
        return [Words(who="agent", text=rest)] if rest else []

    async def _arg(self, call: Call, name: str) -> Plain:
        return await self._unpack(call.args[name]) if name in call.args else None

    def _words(self, text: str) -> list[Happening]:
        """Words of the agent, unless they are what it said last."""
        if not text.strip() or text == self._said:
            return []
        self._said = text
        return [Words(who="agent", text=text)]

    def _step(self, turn: int, call: Call, status: str) -> Step:
        return Step(
            id=f"{self._pid}/{turn}/{call.key}",
            title=call.name,
            work=work_of(call.name),
            status=status,  # type: ignore[arg-type] - one of the four
            first=False,
        )


def work_of(tool: str) -> Work:
    """How an editor draws a tool."""
    for name, work in _WORK:
        if tool.startswith(name):
            return work
    return "other"


def _text(value: Plain) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
