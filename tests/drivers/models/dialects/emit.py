"""Neutral requests written as chat and as messages bodies again: what would a driver send?"""

from __future__ import annotations

import json
from typing import Any

from ergos.drivers.models.vendors.seals import open_for
from ergos.kernel.models import Media, Message, ModelRequest, Reasoning, Text, ToolCall, ToolResult


def _url(media: Media) -> str:
    return media.url or f"data:{media.media_type};base64,{media.data}"


def _chat_part(part: Any) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    assert isinstance(part, Media)
    if part.kind == "audio" and part.data:
        form = part.media_type.removeprefix("audio/").replace("mpeg", "mp3")
        return {"type": "input_audio", "input_audio": {"data": part.data, "format": form}}
    if part.kind == "file":
        return {"type": "file", "file": {"file_data": _url(part), "filename": part.name}}
    return {"type": f"{part.kind}_url", f"{part.kind}_url": {"url": _url(part)}}


def _chat_message(message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [
            {
                "role": "tool",
                "tool_call_id": part.id,
                "content": [_chat_part(one) for one in (Text(part.text), *part.media)],
            }
            for part in message.parts
            if isinstance(part, ToolResult)
        ]
    content = [_chat_part(part) for part in message.parts if isinstance(part, Text | Media)]
    found: dict[str, Any] = {"role": message.role, "content": content or None}
    extra: Any = None
    calls: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, Reasoning):
            seal = open_for("chat", part.signature)
            kind = seal.kind if seal else "reasoning_content"
            if kind == "extra_content":
                extra = json.loads(seal.value if seal else "null")
            else:
                whole = seal is not None and kind == "reasoning_details"
                found[kind] = json.loads(seal.value) if seal and whole else found.get(kind, "") + part.text
        elif isinstance(part, ToolCall):
            function = {"name": part.name, "arguments": part.arguments}
            calls.append({"id": part.id, "type": "function", "function": function, "extra_content": extra})
            extra = None
    if calls:
        found["tool_calls"] = calls
    return [found]


def chat(request: ModelRequest) -> dict[str, Any]:
    """A chat body that says the same."""
    body: dict[str, Any] = {
        "model": "m",
        "messages": [one for message in request.messages for one in _chat_message(message)],
        "max_completion_tokens": request.output_tokens_max,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": list(request.stop),
        "seed": request.seed,
        "reasoning_effort": {"": None, "off": "none"}.get(request.reasoning, request.reasoning),
        "tools": [
            {"type": "function", "function": {"name": t.name, "description": t.summary, "parameters": t.parameters}}
            for t in request.tools
        ],
    }
    choice = request.tool_choice
    body["tool_choice"] = (
        choice if choice in {"auto", "none", "required"} else {"type": "function", "function": {"name": choice}}
    )
    if request.output_schema is not None:
        form = {"name": request.output_name, "schema": request.output_schema}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return body


def _block(part: Any) -> dict[str, Any]:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Reasoning():
            seal = open_for("anthropic", part.signature)
            if seal and seal.kind == "redacted":
                return {"type": "redacted_thinking", "data": seal.value}
            return {"type": "thinking", "thinking": part.text, "signature": part.signature}
        case ToolCall():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": json.loads(part.arguments or "{}")}
        case ToolResult():
            content = [_block(one) for one in (Text(part.text), *part.media)]
            return {"type": "tool_result", "tool_use_id": part.id, "content": content, "is_error": part.failed}
        case _:
            source = (
                {"type": "url", "url": part.url}
                if part.url
                else {"type": "base64", "media_type": part.media_type, "data": part.data}
            )
            return {
                "type": "image" if part.kind == "image" else "document",
                "source": source,
                "title": part.name or None,
            }


def messages(request: ModelRequest) -> dict[str, Any]:
    """A messages body that says the same."""
    return {
        "model": "m",
        "max_tokens": request.output_tokens_max or 4096,
        "messages": [
            {
                "role": "user" if message.role == "tool" else message.role,
                "content": [_block(part) for part in message.parts],
            }
            for message in request.messages
        ],
        "tools": [{"name": t.name, "description": t.summary, "input_schema": t.parameters} for t in request.tools],
    }
