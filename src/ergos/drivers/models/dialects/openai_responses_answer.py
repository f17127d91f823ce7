"""A `Reply` as OpenAI's response object, whole or as the events of a stream.

Rules: pure; items come one after the other in the order in which they were said; every event is numbered; the last
event holds the whole response, and `render` is that response alone. Reasoning stands in an item's summary, its seal
in `encrypted_content`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import msgspec

from ergos.drivers.models.dialects.fields import Fields
from ergos.drivers.models.dialects.marks import marked
from ergos.drivers.models.dialects.openai_responses import is_single
from ergos.drivers.models.dialects.spoken import Spoken, Stamp
from ergos.kernel.models import Delta, Reasoning, ReasoningDelta, Reply, TextDelta, ToolCallDelta, Usage

_ECHOED: Final[dict[str, object]] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": None,
    "store": False,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
}
"""Fields of a response that repeat its request, with what stands for an absent one."""
_encode = msgspec.json.Encoder().encode
_Item = dict[str, object]


def render(reply: Reply, body: Fields, stamp: Stamp) -> bytes:
    """The answer as one JSON object. Raises: ModelReplyError for content this format cannot carry."""
    stream = Stream(body, stamp)
    stream.end(reply)
    return _encode(stream.response)


class Stream:
    """The answer as events of `text/event-stream`."""

    def __init__(self, body: Fields, stamp: Stamp) -> None:
        self._stamp = stamp
        self._spoken = Spoken(stamp.id, single=is_single(body))
        self._items: list[_Item] = []
        self._open: int | None = None
        """The item that is open."""
        self._calls: dict[int, int] = {}
        """Item of each call."""
        self._thoughts: list[int] = []
        """Items of reasoning."""
        self._sealed = 0
        self._number = 0
        echoed = {name: body[name] if body.get(name) is not None else value for name, value in _ECHOED.items()}
        self.response: dict[str, object] = {
            "id": f"resp_{stamp.id}",
            "object": "response",
            "created_at": stamp.created_s,
            "status": "in_progress",
            "error": None,
            "incomplete_details": None,
            "model": stamp.model,
            "output": [],
            **echoed,
            "usage": None,
        }
        """As far as it is known."""

    def delta(self, delta: Delta) -> bytes:
        """The events of one delta."""
        return b"".join(self._say(one) for one in self._spoken.heard(delta))

    def end(self, reply: Reply) -> bytes:
        """What is left to say, and the last event, which holds the whole response."""
        reply = msgspec.structs.replace(reply, parts=marked(reply.parts, self._stamp.id))
        events = [self._begin()]
        events += [
            self._ends(one) if isinstance(one, Reasoning) else self._say(one) for one in self._spoken.rest(reply)
        ]
        events.append(self._close())
        reason = {"length": "max_output_tokens", "refusal": "content_filter"}.get(reply.stop)
        status = "incomplete" if reason else "completed"
        self.response |= {
            "status": status,
            "incomplete_details": {"reason": reason} if reason else None,
            "model": reply.model or self._stamp.model,
            "output": self._items,
            "usage": usage_of(reply.usage) if reply.usage.known else None,
        }
        events.append(self._event(f"response.{status}", {"response": self.response}))
        return b"".join(events)

    def _say(self, delta: Delta) -> bytes:
        if isinstance(delta, TextDelta):
            return self._begin() + self._text(delta.text)
        if isinstance(delta, ReasoningDelta):
            return self._begin() + self._thought(delta.text)
        return self._begin() + self._call(delta)

    def _text(self, text: str) -> bytes:
        part: _Item = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        opening = b""
        if not self._is_open("message"):
            opening = self._enter({"type": "message", "role": "assistant", "content": []}, "msg")
            opening += self._in_item("content_part.added", {"content_index": 0, "part": part})
            self._items[-1]["content"] = [part]
        held = cast("list[_Item]", self._items[-1]["content"])[0]
        held["text"] = cast("str", held["text"]) + text
        return opening + self._in_item("output_text.delta", {"content_index": 0, "delta": text, "logprobs": []})

    def _thought(self, text: str) -> bytes:
        part: _Item = {"type": "summary_text", "text": ""}
        opening = b""
        if not self._is_open("reasoning"):
            opening = self._enter({"type": "reasoning", "summary": []}, "rs")
            opening += self._in_item("reasoning_summary_part.added", {"summary_index": 0, "part": part})
            self._items[-1]["summary"] = [part]
            self._thoughts.append(len(self._items) - 1)
        held = cast("list[_Item]", self._items[-1]["summary"])[0]
        held["text"] = cast("str", held["text"]) + text
        return opening + self._in_item("reasoning_summary_text.delta", {"summary_index": 0, "delta": text})

    def _call(self, delta: ToolCallDelta) -> bytes:
        opening = b""
        if delta.name:
            item: _Item = {"type": "function_call", "call_id": delta.id, "name": delta.name, "arguments": ""}
            opening = self._enter(item, "fc")
            self._calls[delta.index] = len(self._items) - 1
        if not delta.arguments:
            return opening
        place = self._calls[delta.index]
        self._items[place]["arguments"] = cast("str", self._items[place]["arguments"]) + delta.arguments
        return opening + self._in_item("function_call_arguments.delta", {"delta": delta.arguments}, place)

    def _ends(self, part: Reasoning) -> bytes:
        """A piece of reasoning is complete: its seal, or all of it where it has no words."""
        events = b""
        if not part.text:
            events = self._enter({"type": "reasoning", "summary": []}, "rs")
            place = len(self._items) - 1
        elif self._sealed < len(self._thoughts):
            place = self._thoughts[self._sealed]
            self._sealed += 1
        else:
            return b""
        if part.signature:
            self._items[place]["encrypted_content"] = part.signature
        return events + (self._close() if self._open == place else b"")

    def _is_open(self, kind: str) -> bool:
        return self._open is not None and self._items[self._open]["type"] == kind

    def _begin(self) -> bytes:
        if self._number:
            return b""
        return self._event("response.created", {"response": self.response}) + self._event(
            "response.in_progress", {"response": self.response}
        )

    def _enter(self, item: _Item, prefix: str) -> bytes:
        """A new item, after the one before it is closed."""
        closing = self._begin() + self._close()
        place = len(self._items)
        item = {"id": f"{prefix}_{self._stamp.id}_{place}", **item}
        if item["type"] != "reasoning":
            item["status"] = "in_progress"
        event = self._event("response.output_item.added", {"output_index": place, "item": item})
        self._items.append(item)
        self._open = place
        return closing + event

    def _close(self) -> bytes:
        """The open item is complete."""
        if self._open is None:
            return b""
        item, place, events = self._items[self._open], self._open, b""
        if item["type"] == "message":
            part = cast("list[_Item]", item["content"])[0]
            events += self._in_item("output_text.done", {"content_index": 0, "text": part["text"], "logprobs": []})
            events += self._in_item("content_part.done", {"content_index": 0, "part": part})
        elif item["type"] == "reasoning":
            for part in cast("list[_Item]", item["summary"]):
                events += self._in_item("reasoning_summary_text.done", {"summary_index": 0, "text": part["text"]})
                events += self._in_item("reasoning_summary_part.done", {"summary_index": 0, "part": part})
        else:
            done = {"name": item["name"], "arguments": item["arguments"]}
            events += self._in_item("function_call_arguments.done", done)
        if "status" in item:
            item["status"] = "completed"
        self._open = None
        return events + self._event("response.output_item.done", {"output_index": place, "item": item})

    def _in_item(self, kind: str, said: Mapping[str, object], place: int | None = None) -> bytes:
        """An event inside an item; None: the last one."""
        at = len(self._items) - 1 if place is None else place
        return self._event(f"response.{kind}", {"item_id": self._items[at]["id"], "output_index": at, **said})

    def _event(self, kind: str, said: Mapping[str, object]) -> bytes:
        event = {"type": kind, "sequence_number": self._number, **said}
        self._number += 1
        return b"event: " + kind.encode() + b"\ndata: " + _encode(event) + b"\n\n"


def usage_of(usage: Usage) -> dict[str, object]:
    """Tokens in the words of responses."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_written_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.tokens,
    }
