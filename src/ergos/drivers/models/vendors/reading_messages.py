"""Anthropic's messages.

Rules: see `reading.py`. What remains of an answer is words, thinking with its signature, and the tools that the caller
is to call; what the vendor's own tools did on its side is left out, because a neutral conversation cannot hand it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ergos.base.world_errors import ModelReplyError
from ergos.drivers.models.vendors import shapes
from ergos.drivers.models.vendors.reading import Notes, Sent, cut_off, is_json_text
from ergos.drivers.models.vendors.usage import messages_usage
from ergos.kernel.models import StopReason, Usage

STOPS: Final[dict[str, StopReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "compaction": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tools",
    "refusal": "refusal",
}
_DELTAS: Final[dict[str, tuple[str, str]]] = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("thinking", "signature"),
    "input_json_delta": ("tool_use", "partial_json"),
}
"""Kind of delta: kind of its block, and the field that grows."""
_NO_USAGE: Final[shapes.Object] = {"input_tokens": 0, "output_tokens": 0}


class MessagesReading:
    """Reads one message."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._index = -1
        self._place = -1
        self._kind = ""
        """Of the block that is open."""
        self._arguments = 0
        self._began = False
        self._finished = False

    @property
    def notes(self) -> Notes:
        """What it saw so far."""
        return self._notes

    @property
    def end_mark(self) -> bytes:
        """What stands after a stream's last event."""
        return b""

    def whole(self, body: shapes.Object) -> shapes.Object:
        """An answer in one piece."""
        self._check(body)
        content = body.get("content")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        if not isinstance(content, list) and not body.get("stop_reason"):
            raise ModelReplyError(f"the endpoint's answer holds no content: {shapes.encode(body)[:200]}")
        self._begin(body)
        blocks = [block for item in shapes.objects(content) if (block := self._block(item, whole=True)) is not None]
        return {**self._message(), "content": blocks}

    def event(self, name: str, body: shapes.Object) -> Iterator[Sent]:
        """One event of a stream."""
        kind = shapes.text(body.get("type")) or name
        if name == "error" or kind == "error" or (not kind and body.get("error")):
            raise self._notes.fail(body.get("error") or body)
        if kind == "message_start":
            self._begin(shapes.obj(body.get("message")))
        if not self._began:
            self._began = True
            yield _sent("message_start", message=self._message())
        index = shapes.count(body.get("index"))
        match kind:
            case "content_block_start":
                yield from self._start(index, shapes.obj(body.get("content_block")))
            case "content_block_delta":
                yield from self._delta(index, shapes.obj(body.get("delta")))
            case "content_block_stop":
                yield from self._stop()
            case "message_delta":
                self._end_reason(shapes.obj(body.get("delta")))
                self._notes.usage = messages_usage(body.get("usage"), self._known()) or self._notes.usage
            case "message_stop":
                self._finished = True
            case _:
                pass

    def done(self) -> None:
        """The mark [DONE] came, from an endpoint that mixes two formats."""
        self._finished = True

    def end(self) -> Iterator[Sent]:
        """The event `message_stop`, or a reason to stop, says that all was said."""
        if not self._finished:
            raise cut_off("message_stop")
        yield from self._stop()
        yield _sent("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=_NO_USAGE)
        yield _sent("message_stop")

    def parted(self, body: shapes.Object) -> Iterator[Sent]:
        """A message as the stream it stands for."""
        whole = self.whole(body)
        self._began = True
        yield _sent("message_start", message=self._message())
        for index, block in enumerate(shapes.objects(whole["content"])):
            yield from self._start(index, block)
            yield from self._stop()
        self._finished = True
        yield from self.end()

    def joined(self, events: list[Sent]) -> shapes.Object:
        """A stream as the message it stands for."""
        blocks: dict[int, shapes.Object] = {}
        sent = [piece for name, body in events for piece in self.event(name, body)]
        for kind, body in [*sent, *self.end()]:
            index = shapes.count(body.get("index"))
            if kind == "content_block_start":
                blocks[index] = dict(shapes.obj(body["content_block"]))
            elif kind == "content_block_delta":
                delta = shapes.obj(body["delta"])
                _, field = _DELTAS[shapes.text(delta["type"])]
                blocks[index][field] = shapes.text(blocks[index].get(field)) + shapes.text(delta.get(field))
        for block in blocks.values():
            if arguments := shapes.text(block.pop("partial_json", "")):
                block["input"] = arguments
        content = [block for _, item in sorted(blocks.items()) if (block := self._block(item, whole=True)) is not None]
        return {**self._message(), "content": content}

    def _check(self, body: shapes.Object) -> None:
        if body.get("type") == "error" or (body.get("error") and "content" not in body):
            raise self._notes.fail(body.get("error") or body)

    def _begin(self, message: shapes.Object) -> None:
        self._notes.identify(message)
        self._notes.usage = messages_usage(message.get("usage")) or self._notes.usage
        self._end_reason(message)

    def _end_reason(self, delta: shapes.Object) -> None:
        if reason := shapes.text(delta.get("stop_reason")):
            self._finished = True
            self._notes.stop = STOPS.get(reason, "other")

    def _known(self) -> Usage | None:
        return self._notes.usage if self._notes.usage.known else None

    def _block(self, block: shapes.Object, *, whole: bool) -> shapes.Object | None:
        """A block with what its kind needs; None for one that is left out."""
        kind = block.get("type")
        if kind == "text":
            return {"type": "text", "text": shapes.text(block.get("text"))}
        if kind == "thinking":
            signature = shapes.text(block.get("signature"))
            return {"type": "thinking", "thinking": shapes.text(block.get("thinking")), "signature": signature}
        if kind == "redacted_thinking":
            return {"type": "redacted_thinking", "data": shapes.text(block.get("data"))}
        if kind == "tool_use":
            call_id = shapes.text(block.get("id")) or self._notes.new_call_id()
            given = block.get("input")
            if whole and isinstance(given, str) and is_json_text(given):
                given = shapes.decode(given)
            return {"type": "tool_use", "id": call_id, "name": shapes.text(block.get("name")), "input": given or {}}
        return None

    def _start(self, index: int, given: shapes.Object) -> Iterator[Sent]:
        """A block begins. Blocks follow each other, so the one before has ended, whatever index it was given."""
        block = self._block(given, whole=False)
        yield from self._stop()
        self._index = index
        if block is None:
            return
        self._place += 1
        self._kind = shapes.text(block["type"])
        self._arguments = 0
        later = block.pop("input", None)
        if self._kind == "tool_use":
            block["input"] = {}
        yield _sent("content_block_start", index=self._place, content_block=block)
        if later:
            yield from self._delta(index, {"type": "input_json_delta", "partial_json": shapes.argument_text(later)})

    def _delta(self, index: int, delta: shapes.Object) -> Iterator[Sent]:
        """More of the block that is open; words and thoughts open one where they find none of their kind."""
        kind = shapes.text(delta.get("type"))
        block, field = _DELTAS.get(kind, ("", ""))
        words = shapes.text(delta.get(field)) if block else ""
        if not words:
            return
        if self._kind != block:
            # What belongs to a block that is left out goes with it.
            if block == "tool_use" or (not self._kind and index == self._index):
                return
            yield from self._start(index, {"type": block})
        self._arguments += len(words)
        yield _sent("content_block_delta", index=self._place, delta={"type": kind, field: words})

    def _stop(self) -> Iterator[Sent]:
        if self._kind == "tool_use" and not self._arguments:
            # No argument is an empty object, in a stream as in one piece.
            yield from self._delta(self._index, {"type": "input_json_delta", "partial_json": "{}"})
        if self._kind:
            self._kind = ""
            yield _sent("content_block_stop", index=self._place)

    def _message(self) -> shapes.Object:
        notes = self._notes
        about: shapes.Object = {"id": notes.id, "type": "message", "role": "assistant", "model": notes.model}
        return {**about, "content": [], "stop_reason": "end_turn", "stop_sequence": None, "usage": _NO_USAGE}


def _sent(kind: str, **fields: object) -> Sent:
    return kind, {"type": kind, **fields}
