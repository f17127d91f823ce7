"""A model call in a caller's wire format, answered by a model that speaks another: parse, ask, write the answer.

Rules: what the caller asks and the model cannot be told is refused before anything is sent; the answer is whole in
the caller's format, streamed if it asked for that, its last event kept back from the sink.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.drivers.models.dialects import (
    anthropic_answer,
    anthropic_messages,
    openai_chat,
    openai_chat_answer,
    openai_responses,
    openai_responses_answer,
)
from ergos.drivers.models.dialects.fields import Fields, flag, record, wrong
from ergos.drivers.models.dialects.spoken import Stamp
from ergos.kernel.models import Delta, Hints, Model, ModelRequest, Reply
from ergos.kernel.ports import ModelCame, Sink

JSON_TYPE: Final = "application/json"
EVENTS_TYPE: Final = "text/event-stream; charset=utf-8"


class Stream(Protocol):
    """An answer as events."""

    def delta(self, delta: Delta) -> bytes:
        """The events of one delta."""
        ...

    def end(self, reply: Reply) -> bytes:
        """The events that are left."""
        ...


class Codec(NamedTuple):
    """How one wire format is read and written."""

    parse: Callable[[Fields], ModelRequest]
    render: Callable[[Reply, Fields, Stamp], bytes]
    stream: Callable[[Fields, Stamp], Stream]


CODECS: Final[dict[str, Codec]] = {
    "openai.chat": Codec(openai_chat.parse, openai_chat_answer.render, openai_chat_answer.Stream),
    "openai.responses": Codec(openai_responses.parse, openai_responses_answer.render, openai_responses_answer.Stream),
    "anthropic.messages": Codec(anthropic_messages.parse, anthropic_answer.render, anthropic_answer.Stream),
}


async def translated(
    model: Model,
    args: Mapping[str, Plain],
    *,
    deadline_ns: int,
    hints: Hints | None = None,
    sink: Sink | None = None,
    on_first: Callable[[], None] | None = None,
    now_ns: int = 0,
) -> ModelCame:
    """The answer of a model to a call {"dialect", "body"} in any format but embeddings.

    For the dialect `neutral` the value is the `Reply` as plain data, and `sink` gets each `Delta` in JSON. `now_ns`
    dates the answer. Raises: ValueShapeError, ModelError and its children, DeadlineError.
    """
    dialect, body = args.get("dialect"), record(args.get("body"), "body")
    if dialect == "neutral":
        return await _neutral(model, body, deadline_ns, hints, on_first, sink)
    codec = CODECS.get(dialect) if type(dialect) is str else None
    if codec is None:
        raise wrong("dialect", f"{dialect!r} cannot be carried over to {model.spec.name}")
    request = _within(codec.parse(body), model)
    streams = flag(body.get("stream"), "stream")
    stamp = _stamp(model, body, deadline_ns, hints, now_ns)
    if not streams:
        reply = await model.request(request, deadline_ns=deadline_ns, hints=hints)
        if on_first is not None:
            on_first()
        return _came(JSON_TYPE, codec.render(reply, body, stamp), reply)
    stream, said, begun = codec.stream(body, stamp), bytearray(), False

    def give(events: bytes) -> None:
        if events:
            said.extend(events)
            if sink is not None:
                sink(events)

    def on_delta(delta: Delta) -> None:
        nonlocal begun
        if not begun and on_first is not None:
            on_first()
        begun = True
        give(stream.delta(delta))

    reply = await model.request(request, deadline_ns=deadline_ns, hints=hints, on_delta=on_delta)
    if not begun and on_first is not None:
        on_first()
    events = stream.end(reply)
    last = events.rindex(b"\n\n", 0, -2) + 2 if events.count(b"\n\n") > 1 else 0
    give(events[:last])
    said += events[last:]
    return _came(EVENTS_TYPE, bytes(said), reply)


async def _neutral(
    model: Model,
    body: Fields,
    deadline_ns: int,
    hints: Hints | None,
    on_first: Callable[[], None] | None,
    sink: Sink | None,
) -> ModelCame:
    try:
        request = msgspec.convert({name: body[name] for name in body if name != "model"}, ModelRequest)
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise wrong("body", f"this is no model request: {error}") from error
    request, told = _within(request, model), False

    def on_delta(delta: Delta) -> None:
        nonlocal told
        if not told and on_first is not None:
            on_first()
        told = True
        if sink is not None:
            sink(msgspec.json.encode(delta))

    # Streamed although nobody watches, so that the scheduler learns when the first token came.
    watch = on_delta if on_first is not None or sink is not None else None
    reply = await model.request(request, deadline_ns=deadline_ns, hints=hints, on_delta=watch)
    if not told and on_first is not None:
        on_first()
    return ModelCame(value=cast("Plain", msgspec.to_builtins(reply)), usage=reply.usage)


def _within(request: ModelRequest, model: Model) -> ModelRequest:
    """The request with its output limit said, so that its hold is a true bound."""
    most = model.spec.output_tokens_max
    return msgspec.structs.replace(request, output_tokens_max=min(most, request.output_tokens_max or most))


def _stamp(model: Model, body: Fields, deadline_ns: int, hints: Hints | None, now_ns: int) -> Stamp:
    """A mark that no other call has: the same content by the same program has another deadline."""
    session = hints.session if hints is not None else ""
    content = msgspec.json.encode([model.spec.name, session, deadline_ns, now_ns, body])
    mark = hashlib.blake2b(content, digest_size=12).hexdigest()
    return Stamp(id=mark, model=model.spec.model, created_s=now_ns // SECOND)


def _came(kind: str, body: bytes, reply: Reply) -> ModelCame:
    return ModelCame(value={"status": 200, "type": kind, "body": body.decode("utf-8")}, usage=reply.usage)
