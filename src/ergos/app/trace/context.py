"""What a model was shown at a call, exactly as it is stored: messages by role, each part with where it came from, the
tools offered, what the answer was, and what had to be left out.

Rules: nothing is added to what was sent; an origin is named only where the very text stands in something that came
before (an answer of a tool, a message, the agent's instructions), else the label of the whole call stands for it. A
request in another wire format is read by the codec that read it when it was made; what cannot be read is shown raw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, cast

import msgspec

from ergos.app.access.seat import Seat
from ergos.app.trace.spans import Span
from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, ValueShapeError
from ergos.kernel.labels import USER, Label
from ergos.kernel.models import Message, ModelRequest, Part, Reasoning, Reply, Text, ToolCall, ToolResult
from ergos.kernel.packages import Definition

LOOKED_BACK: Final = 200  # calls before this one whose answers are compared with its parts
MODEL_CALLS_LOOKED: Final = 20  # earlier model calls of the turn whose messages may have left the window
TEXT_CHARS_MIN: Final = 12  # characters of a text that is recognised inside another; shorter ones occur by chance
LEAVES_MAX: Final = 2_000  # texts of one answer that are looked at

Origin = Literal["", "instructions", "answer", "message", "memory", "model", "pager"]

_NOTICE: Final = re.compile(r"\[(\d+) earlier messages are not shown\]")
"""What `kernel.pager.window` says when something is out."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a message."""

    kind: Literal["text", "media", "reasoning", "tool_call", "tool_result"]
    text: str
    name: str = ""
    id: str = ""
    failed: bool = False
    origin: Origin = ""
    label: Label
    """Of where it came from; of the whole call where that is not known."""
    seq: int = 0
    """First record of the call whose answer it is; 0: none."""
    known: bool = False
    """The label is that of the origin."""


class Said(msgspec.Struct, frozen=True):
    """A message."""

    role: str
    parts: tuple[Shown, ...]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a model saw, and what it said."""

    dialect: str
    model: str
    messages: tuple[Said, ...]
    request: ModelRequest | None
    """With the tools offered; None: it cannot be read, and stands in `raw` only."""
    raw: Plain
    unread: str = ""
    """Why it cannot be read."""
    notice: int = 0
    """Earlier messages that the pager left out, as the model was told."""
    left_out: tuple[Said, ...] = ()
    """Those of them that earlier calls of the turn were shown."""
    reply: Reply | None = None
    answer: Plain = None


async def context_of(
    seat: Seat, span: Span, before: Sequence[Span], definition: Definition | None = None
) -> Context | None:
    """The context of a call that names a model; None for a call that does not (a task makes its prompt when sent).

    Raises: CorruptStoreError where a value is lost.
    """
    if span.call.kind != "think" or not span.call.name.startswith("model."):
        return None
    args = {name: await seat.value(packed) for name, packed in span.call.args.items()}
    dialect, body = str(args.get("dialect")), args.get("body")
    answer = await seat.value(span.value) if span.answered else None
    request, unread = request_of(dialect, body)
    raw: Plain = body if "aside" not in args else {"body": body, "aside": args["aside"]}
    if request is None:
        return Context(
            dialect=dialect, model=span.call.name[6:], messages=(), request=None, raw=raw, unread=unread, answer=answer
        )
    sources = await _sources(seat, before, definition)
    messages = tuple(_said(message, span.call.label, sources) for message in request.messages)
    notice = max((_notice(part.text) for said in messages for part in said.parts if part.kind == "text"), default=0)
    return Context(
        dialect=dialect,
        model=span.call.name[6:],
        messages=messages,
        request=request,
        raw=raw,
        notice=notice,
        left_out=await _left_out(seat, request, before, sources, span.call.label) if notice else (),
        reply=_reply(answer),
        answer=answer,
    )


def request_of(dialect: str, body: Plain) -> tuple[ModelRequest | None, str]:
    """A request in no vendor's words, or why there is none."""
    try:
        if dialect == "neutral":
            if not isinstance(body, dict):
                return None, "the body is no object"
            return msgspec.convert({name: body[name] for name in body if name != "model"}, ModelRequest), ""
        from ergos.drivers.models.translate import CODECS  # heavy: every wire format

        codec = CODECS.get(dialect)
        if codec is None or not isinstance(body, dict):
            return None, f"the wire format {dialect!r} is shown as it is"
        return codec.parse(cast("dict[str, object]", body)), ""
    except (ErgosError, msgspec.ValidationError, ValueError, RecursionError) as error:
        return None, error.what if isinstance(error, ErgosError) else str(error)


def shown_request(request: ModelRequest, span: Span) -> Context:
    """A request that is not stored itself, as a context; of its parts only the label of the call is known."""
    return Context(
        dialect="neutral",
        model=span.call.solver or span.call.name,
        messages=tuple(_said(message, span.call.label, _Sources()) for message in request.messages),
        request=request,
        raw=cast("Plain", msgspec.to_builtins(request)),
    )


class _Sources:
    """Texts that were there before, with where they came from."""

    def __init__(self) -> None:
        self.whole: Final[dict[str, tuple[Origin, Label, int]]] = {}
        self.calls: Final[dict[str, tuple[Label, int]]] = {}
        """Label and first record of tool calls, by their key."""
        self.replies: Final[dict[str, int]] = {}
        """First record of model calls, by the words of their reply."""

    def add(self, value: Plain, origin: Origin, label: Label, seq: int) -> None:
        """Every text of a value."""
        for text in _texts(value):
            if len(text) >= TEXT_CHARS_MIN:
                self.whole[text.strip()] = (origin, label, seq)

    def of(self, text: str) -> tuple[Origin, Label, int] | None:
        """Where a text came from."""
        found = self.whole.get(text.strip())
        if found is not None or len(text) < TEXT_CHARS_MIN:
            return found
        holding = [one for source, one in self.whole.items() if source in text]
        return holding[-1] if len(holding) == 1 else None


async def _sources(seat: Seat, before: Sequence[Span], definition: Definition | None) -> _Sources:
    found = _Sources()
    await _first_said(seat, before, found)
    if definition is not None:
        found.add(definition.instructions, "instructions", USER, 0)
    for one in before[-LOOKED_BACK:]:
        if not one.answered or one.failure is not None:
            continue
        value = await seat.value(one.value)
        match one.call.kind:
            case "act":
                found.calls[one.call.key] = (one.label, one.seq)
                found.add(value, "answer", one.label, one.seq)
            case "receive":
                found.add(value, "message", one.label, one.seq)
            case "recall":
                found.add(value, "memory", one.label, one.seq)
            case "think":
                reply = _reply(value)
                if reply is None:
                    found.add(value, "model", one.label, one.seq)
                elif reply.text.strip():
                    found.replies[reply.text.strip()] = one.seq
            case "ask":
                found.add(value, "answer", one.label, one.seq)
            case _:
                pass
    return found


async def _first_said(seat: Seat, before: Sequence[Span], into: _Sources) -> None:
    """Texts of earlier requests, with the label of the call that said them first."""
    asked = [span for span in before if span.call.kind == "think" and span.call.name.startswith("model.")]
    for span in (*asked[:1], *asked[1:][-MODEL_CALLS_LOOKED:]):
        body = await seat.value(span.call.args["body"]) if "body" in span.call.args else None
        earlier, _ = request_of("neutral", body)
        for message in earlier.messages if earlier is not None else ():
            for part in message.parts:
                if isinstance(part, Text) and message.role in ("system", "user"):
                    into.whole.setdefault(part.text.strip(), ("", span.call.label, span.seq))


def _said(message: Message, label: Label, sources: _Sources) -> Said:
    return Said(message.role, tuple(_shown(message.role, part, label, sources) for part in message.parts))


def _shown(role: str, part: Part, label: Label, sources: _Sources) -> Shown:
    match part:
        case Text(text):
            if _notice(text):
                return Shown(kind="text", text=text, origin="pager", label=USER, known=True)
            if role == "assistant":
                return Shown(
                    kind="text",
                    text=text,
                    origin="model",
                    label=label,
                    seq=sources.replies.get(text.strip(), 0),
                )
            found = sources.of(text)
            if found is None:
                return Shown(kind="text", text=text, label=label)
            origin, source, seq = found
            return Shown(kind="text", text=text, origin=origin, label=source, seq=seq, known=True)
        case ToolResult(id=number, text=text, name=name, failed=failed):
            found_call = sources.calls.get(number)
            if found_call is None:
                found_call = next((one for key, one in sources.calls.items() if key.startswith(f"{number}#")), None)
            known = found_call is not None
            own, seq = found_call or (label, 0)
            return Shown(
                kind="tool_result", text=text, name=name, id=number, failed=failed,
                origin="answer", label=own, seq=seq, known=known,
            )  # fmt: skip
        case ToolCall(id=number, name=name, arguments=arguments):
            seq = sources.calls.get(number, (label, 0))[1]
            return Shown(kind="tool_call", text=arguments, name=name, id=number, origin="model", label=label, seq=seq)
        case Reasoning(text):
            return Shown(kind="reasoning", text=text, origin="model", label=label)
        case _:
            what = part.url or f"{part.media_type or part.kind}, {len(part.data) * 3 // 4:,} bytes"
            return Shown(kind="media", text=what, name=part.name, label=label)


async def _left_out(
    seat: Seat, request: ModelRequest, before: Sequence[Span], sources: _Sources, label: Label
) -> tuple[Said, ...]:
    """Messages of earlier calls of the turn that this one has no more, in their order."""
    here = {msgspec.json.encode(message) for message in request.messages}
    gone: dict[bytes, Message] = {}
    asked = [span for span in before if span.call.kind == "think" and span.call.name.startswith("model.")]
    for span in asked[-MODEL_CALLS_LOOKED:]:
        body = await seat.value(span.call.args["body"]) if "body" in span.call.args else None
        earlier, _ = request_of("neutral", body)
        for message in earlier.messages if earlier is not None else ():
            encoded = msgspec.json.encode(message)
            if encoded not in here and message.role in ("assistant", "tool"):
                gone.setdefault(encoded, message)
    return tuple(_said(message, label, sources) for message in gone.values())


def _reply(value: Plain) -> Reply | None:
    if not isinstance(value, dict) or "parts" not in value:
        return None
    try:
        return msgspec.convert(value, Reply)
    except (msgspec.ValidationError, ValueShapeError):
        return None


def _notice(text: str) -> int:
    found = _NOTICE.fullmatch(text.strip())
    return int(found[1]) if found is not None and len(found[1]) < 10 else 0


def _texts(value: Plain) -> Iterable[str]:
    """The texts in a value, and an object or list as a model reads it, breadth first."""
    queue: list[Plain] = [value]
    for at, one in enumerate(queue):
        if at >= LEAVES_MAX:
            return
        match one:
            case str():
                yield one
            case dict():
                queue.extend(one.values())
            case list():
                queue.extend(one)
            case _:
                pass
