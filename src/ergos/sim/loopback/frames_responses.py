"""The stream of an OpenAI response: its events in the vendor's order, numbered.

Rules: every item is added, filled and done before the next; the last event carries the whole response. Frames follow
from the reply alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ergos.kernel.models import Part, Reasoning, Reply, Text, ToolCall, Usage
from ergos.sim.loopback.tokens import count, pieces
from ergos.sim.loopback.wires import CREATED_S, JSON, Asked, Frame

_DEFAULTS: Final[dict[str, object]] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def id_of(reply: Reply) -> str:
    """The id of a response."""
    return f"resp_{reply.id}"


def snapshot(asked: Asked, reply: Reply, *, done: bool) -> dict[str, object]:
    """The response as it is at its beginning, or at its end."""
    cut = reply.stop == "length"
    status = "in_progress" if not done else ("incomplete" if cut else "completed")
    whole: dict[str, object] = {
        "id": id_of(reply),
        "object": "response",
        "created_at": CREATED_S,
        "status": status,
        "background": False,
        "completed_at": CREATED_S if done else None,
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": {"reason": "max_output_tokens"} if done and cut else None,
        "max_tool_calls": None,
        "model": asked.model,
        "output": [_item(part, at, reply, done=True) for at, part in enumerate(reply.parts)] if done else [],
        "presence_penalty": 0.0,
        "service_tier": "default" if done else "auto",
        "store": True,
        "top_logprobs": 0,
        **_DEFAULTS,
        **{name: given for name, given in asked.echo.items() if given is not None},
    }
    whole["usage"] = usage_of(reply.usage) if done and reply.usage.known else None
    return whole


def usage_of(usage: Usage) -> dict[str, object]:
    """Usage as responses tell it."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": usage.cached_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.tokens,
    }


def frames(asked: Asked, reply: Reply, tokens: int) -> Iterator[Frame]:
    """All events, in pieces of so many tokens."""
    for sequence, (kind, body, written) in enumerate(_events(asked, reply, tokens)):
        event = {"type": kind, **body, "sequence_number": sequence}
        yield Frame(f"event: {kind}\n".encode() + b"data: " + JSON(event) + b"\n\n", written)


def _events(asked: Asked, reply: Reply, tokens: int) -> Iterator[tuple[str, dict[str, object], int]]:
    start = snapshot(asked, reply, done=False)
    yield "response.created", {"response": start}, 0
    yield "response.in_progress", {"response": start}, 0
    written = 0
    for at, part in enumerate(reply.parts):
        item = _item(part, at, reply, done=False)
        yield "response.output_item.added", {"item": item, "output_index": at}, written
        for kind, body, more in _filling(part, reply, tokens):
            written += more
            yield kind, {**body, "item_id": item["id"], "output_index": at}, written
        if isinstance(part, ToolCall):
            written += count(part.name)
        yield "response.output_item.done", {"item": _item(part, at, reply, done=True), "output_index": at}, written
    end = "response.incomplete" if reply.stop == "length" else "response.completed"
    yield end, {"response": snapshot(asked, reply, done=True)}, reply.usage.output_tokens


def _filling(part: Part, reply: Reply, tokens: int) -> Iterator[tuple[str, dict[str, object], int]]:
    """What comes between an item's adding and its end, and the tokens that each event brings."""
    if isinstance(part, ToolCall):
        for piece in pieces(part.arguments, tokens):
            yield "response.function_call_arguments.delta", {"delta": piece}, count(piece)
        yield "response.function_call_arguments.done", {"arguments": part.arguments, "name": part.name}, 0
    elif isinstance(part, Reasoning):
        place: dict[str, object] = {"summary_index": 0}
        empty: dict[str, object] = {"type": "summary_text", "text": ""}
        yield "response.reasoning_summary_part.added", {**place, "part": empty}, 0
        for piece in pieces(part.text, tokens):
            yield "response.reasoning_summary_text.delta", {**place, "delta": piece}, count(piece)
        yield "response.reasoning_summary_text.done", {**place, "text": part.text}, 0
        yield "response.reasoning_summary_part.done", {**place, "part": {**empty, "text": part.text}}, 0
    elif isinstance(part, Text) and reply.stop == "refusal":
        place = {"content_index": 0}
        yield "response.content_part.added", {**place, "part": {"type": "refusal", "refusal": ""}}, 0
        for piece in pieces(part.text, tokens):
            yield "response.refusal.delta", {**place, "delta": piece}, count(piece)
        yield "response.refusal.done", {**place, "refusal": part.text}, 0
        yield "response.content_part.done", {**place, "part": {"type": "refusal", "refusal": part.text}}, 0
    elif isinstance(part, Text):
        place = {"content_index": 0}
        yield "response.content_part.added", {**place, "part": _words("")}, 0
        for piece in pieces(part.text, tokens):
            yield "response.output_text.delta", {**place, "delta": piece, "logprobs": []}, count(piece)
        yield "response.output_text.done", {**place, "text": part.text, "logprobs": []}, 0
        yield "response.content_part.done", {**place, "part": _words(part.text)}, 0


def _item(part: Part, at: int, reply: Reply, *, done: bool) -> dict[str, object]:
    status = "completed" if done else "in_progress"
    match part:
        case ToolCall(id=id_, name=name, arguments=arguments):
            return {
                "id": f"fc_{id_}",
                "type": "function_call",
                "status": status,
                "arguments": arguments if done else "",
                "call_id": f"call_{id_}",
                "name": name,
            }
        case Reasoning(text=text):
            summary = [{"type": "summary_text", "text": text}] if done else []
            return {"id": f"rs_{reply.id}{at}", "type": "reasoning", "content": [], "summary": summary}
        case Text(text=text):
            content = {"type": "refusal", "refusal": text} if reply.stop == "refusal" else _words(text)
            return {
                "id": f"msg_{reply.id}{at}",
                "type": "message",
                "status": "incomplete" if done and reply.stop == "length" else status,
                "content": [content] if done else [],
                "role": "assistant",
            }
        case _:
            raise AssertionError(part)


def _words(text: str) -> dict[str, object]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
