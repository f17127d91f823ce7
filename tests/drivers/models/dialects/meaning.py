"""What a body says, read in another way than the parsers read it: every word, in its order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from ergos.kernel.models import Media, ModelRequest, Reasoning, Text, ToolCall, ToolResult

WORDS: Final = frozenset(
    "text content thinking reasoning reasoning_content arguments output data url file_data file_url image_url refusal "
    "instructions system description document_url video_url".split()
)
"""Fields whose texts a model reads."""
SKIPPED: Final = frozenset({"signature", "encrypted_content", "reasoning_details", "cache_control"})


def said_in(value: Any, name: str = "") -> Iterator[str]:
    """Texts of a part of a body, in order."""
    if isinstance(value, str):
        if name in WORDS and value:
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from said_in(item, name)
    elif isinstance(value, dict):
        if value.get("type") == "tool_use":
            yield json.dumps(value["input"], sort_keys=True)
            return
        for key, item in value.items():
            if key not in SKIPPED:
                yield from said_in(item, key)


def said_by(request: ModelRequest) -> str:
    """Everything a neutral request says, as one text to search in."""
    found: list[str] = []
    for message in request.messages:
        for part in message.parts:
            match part:
                case Text():
                    found.append(part.text)
                case Reasoning():
                    found += [part.text, part.signature]
                case ToolCall():
                    found += [part.arguments, part.name, part.id]
                    if part.arguments.startswith("{"):
                        try:
                            found.append(json.dumps(json.loads(part.arguments), sort_keys=True))
                        except ValueError:
                            pass
                case ToolResult():
                    found += [part.text, part.id, *(one.data or one.url for one in part.media)]
                case Media():
                    found.append(part.data or part.url)
    for tool in request.tools:
        found += [tool.summary, *said_in(tool.parameters)]
    return "\n".join(found)


def missing(body: dict[str, Any], request: ModelRequest) -> list[str]:
    """What a body says and a request does not."""
    haystack = said_by(request)
    lost: list[str] = []
    for name in ("instructions", "system", "messages", "input", "tools"):
        for words in said_in(body.get(name), name if name != "input" else "text"):
            needle = words.split(";base64,", 1)[-1] if words.startswith("data:") else words
            if needle not in haystack:
                lost.append(words[:80])
    return lost
