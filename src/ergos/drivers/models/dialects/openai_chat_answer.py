"""A `Reply` as OpenAI's chat completions answer: one JSON object, or chunks of a stream.

Rules: pure; what a reply says is neither changed nor reordered; reasoning stands in `reasoning_content`, where the
vendors of this format put it, and its seal in `reasoning_details`, so that a caller can hand both back.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.drivers.models.dialects.fields import Fields
from ergos.drivers.models.dialects.marks import marked, read
from ergos.drivers.models.dialects.openai_chat import is_single
from ergos.drivers.models.dialects.spoken import Spoken, Stamp, call_id, wanted
from ergos.kernel.models import Delta, Reasoning, ReasoningDelta, Reply, StopReason, Text, TextDelta, ToolCall, Usage

DONE: Final = b"data: [DONE]\n\n"
_FINISH: Final[dict[StopReason, str]] = {
    "stop": "stop",
    "length": "length",
    "tools": "tool_calls",
    "refusal": "content_filter",
    "other": "stop",
}
_encode = msgspec.json.Encoder().encode


def render(reply: Reply, body: Fields, stamp: Stamp) -> bytes:
    """The answer as one JSON object. Raises: ModelReplyError for content this format cannot carry."""
    parts = tuple(wanted(marked(reply.parts, stamp.id), single=is_single(body)))
    calls = [
        _call(part, call_id(stamp.id, index))
        for index, part in enumerate(part for part in parts if isinstance(part, ToolCall))
    ]
    texts = [part.text for part in parts if isinstance(part, Text)]
    message: dict[str, object] = {"role": "assistant", "content": "".join(texts) if texts or not calls else None}
    message["refusal"] = None
    thoughts = [part for part in parts if isinstance(part, Reasoning)]
    if thought := "".join(part.text for part in thoughts):
        message["reasoning_content"] = thought
    if details := _details(thoughts):
        message["reasoning_details"] = details
    if calls:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply, len(calls))}
    answer = {**_head("chat.completion", stamp, reply.model), "choices": [choice]}
    if reply.usage.known:
        answer["usage"] = usage_of(reply.usage)
    return _encode(answer)


class Stream:
    """The answer as chunks of `text/event-stream`."""

    def __init__(self, body: Fields, stamp: Stamp) -> None:
        self._head = _head("chat.completion.chunk", stamp, "")
        self._seed = stamp.id
        self._spoken = Spoken(stamp.id, single=is_single(body))
        options = body.get("stream_options")
        self._counts = isinstance(options, dict) and options.get("include_usage") is True
        self._begun = False

    def delta(self, delta: Delta) -> bytes:
        """The chunks of one delta."""
        return b"".join(self._chunk(one) for one in self._spoken.heard(delta))

    def end(self, reply: Reply) -> bytes:
        """What is left to say, how it ended, its usage if the caller asked for it, and the last event."""
        chunks = [self._chunk(one) for one in self._spoken.rest(reply) if not isinstance(one, Reasoning)]
        if not self._begun:
            chunks.append(self._event({"role": "assistant", "content": ""}))
        if details := _details([part for part in marked(reply.parts, self._seed) if isinstance(part, Reasoning)]):
            chunks.append(self._event({"reasoning_details": details}))
        chunks.append(self._event({}, _finish(reply, self._spoken.calls)))
        if self._counts and reply.usage.known:
            chunks.append(_sse({**self._head, "choices": [], "usage": usage_of(reply.usage)}))
        return b"".join((*chunks, DONE))

    def _chunk(self, delta: Delta) -> bytes:
        if isinstance(delta, TextDelta):
            said: dict[str, object] = {"content": delta.text}
        elif isinstance(delta, ReasoningDelta):
            said = {"reasoning_content": delta.text}
        else:
            call: dict[str, object] = {"index": delta.index, "function": {"arguments": delta.arguments}}
            if delta.name:
                call["id"], call["type"] = delta.id, "function"
                call["function"] = {"name": delta.name, "arguments": delta.arguments}
            said = {"tool_calls": [call]}
        return self._event(said)

    def _event(self, said: dict[str, object], finish: str | None = None) -> bytes:
        if not self._begun:
            self._begun = True
            said = {"role": "assistant", "content": None if "tool_calls" in said else "", **said}
        choice = {"index": 0, "delta": said, "logprobs": None, "finish_reason": finish}
        return _sse({**self._head, "choices": [choice]})


def usage_of(usage: Usage) -> dict[str, object]:
    """Tokens in OpenAI's words."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def _head(kind: str, stamp: Stamp, model: str) -> dict[str, object]:
    return {
        "id": f"chatcmpl-{stamp.id}",
        "object": kind,
        "created": stamp.created_s,
        "model": model or stamp.model,
        "system_fingerprint": None,
    }


def _call(call: ToolCall, made_id: str) -> dict[str, object]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id or made_id, "type": "function", "function": function}


def _details(thoughts: list[Reasoning]) -> list[dict[str, object]]:
    """All of the reasoning with its seals, where there are any."""
    if all(mark is None or not mark.signature for mark in (read(part.signature) for part in thoughts)):
        return []
    return [
        {"type": "reasoning.text", "text": part.text, "signature": part.signature, "index": index}
        for index, part in enumerate(thoughts)
    ]


def _finish(reply: Reply, calls: int) -> str:
    return "tool_calls" if calls and reply.stop in {"stop", "other", "tools"} else _FINISH[reply.stop]


def _sse(event: dict[str, object]) -> bytes:
    return b"data: " + _encode(event) + b"\n\n"
