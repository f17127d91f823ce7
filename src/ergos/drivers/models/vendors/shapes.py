"""Values of a vendor's JSON, taken for what they should be.

Rules: pure; a value of another type becomes nothing rather than an error, because what a vendor adds, leaves out or
bends must not cost the answer; what cannot be missed is checked where it is used.
"""

from __future__ import annotations

import json
import re
from typing import Final, cast

from ergos.base.world_errors import ModelReplyError

Object = dict[str, object]

_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def decode(text: str | bytes) -> object:
    """JSON as its vendor sent it. Raises: ModelReplyError."""
    try:
        text = text if isinstance(text, str) else text.decode("utf-8-sig", "replace")
        value = cast("object", json.loads(text))
        return _paired(value) if _SURROGATE_ESCAPE.search(text) else value
    except (ValueError, RecursionError) as error:
        raise ModelReplyError(f"the endpoint's answer is no JSON ({error}): {text[:200]!r}") from error


def encode(value: object) -> str:
    """JSON on one line, in ASCII."""
    return json.dumps(value, separators=(",", ":"))


def obj(value: object) -> Object:
    """A JSON object; anything else is an empty one."""
    return cast("Object", value) if isinstance(value, dict) else {}


def objects(value: object) -> list[Object]:
    """The objects of a list; a single object counts as a list of one."""
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    return [cast("Object", item) for item in items if isinstance(item, dict)]


def text(value: object) -> str:
    """A string; anything else is ''."""
    return value if isinstance(value, str) else ""


def count(value: object) -> int:
    """A number of things, >= 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 53:
        return 0
    return int(value)


def argument_text(value: object) -> str:
    """A tool call's arguments as JSON text, also where the vendor sent an object; nothing is ''."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def spoken(value: object) -> str:
    """The words of a content that may be a string, a list of parts or one part."""
    if isinstance(value, str):
        return value
    words: list[str] = []
    for item in cast("list[object]", value) if isinstance(value, list) else [value]:
        if isinstance(item, str):
            words.append(item)
        elif isinstance(item, dict):
            part = cast("Object", item)
            if text(part.get("type", "text")) in {"text", "output_text"}:
                words.append(text(part.get("text")))
    return "".join(words)


def thought(value: object) -> str:
    """The reasoning inside a content that is a list of parts."""
    words: list[str] = []
    for part in objects(value) if isinstance(value, list) else []:
        if text(part.get("type")) in {"thinking", "reasoning", "reasoning_content"}:
            inner = next(
                (part[key] for key in ("thinking", "reasoning", "reasoning_content", "text") if key in part), ""
            )
            words.append(spoken(inner))
    return "".join(words)


def _paired(value: object) -> object:
    """Without halves of surrogate pairs, which no text can hold. Source: RFC 8259, section 8.2."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_paired(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {str(_paired(key)): _paired(item) for key, item in cast("Object", value).items()}
    return value
