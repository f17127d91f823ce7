"""Seals on reasoning, marked with their place, on their way through a caller whose format knows no such place.

What a vendor wants back unchanged with its model's reasoning is the `signature` of a `Reasoning`; one without words
belongs to the part after it (vendors/seals). Callers' formats keep signatures but not always their order, and a stream
learns of a seal only at its end. So an answer writes `ergos|PLACE|SIGNATURE`, and the next request puts it back.

Rules: pure; what is marked is ours alone: no vendor's signature begins like it, and a call that goes on as it is has
the marks taken off, because every vendor would refuse them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, cast
from urllib.parse import quote, unquote

import msgspec

from ergos.base.canonical import Plain
from ergos.drivers.models.dialects.spoken import call_id
from ergos.kernel.models import Dialect, Part, Reasoning, Text, ToolCall

MARK: Final = "ergos|"
_WORDS: Final = "words"
_CALL: Final = "call:"


class Marked(NamedTuple):
    """A mark, read."""

    before: str
    """What it stands before: `words`, `call:ID`, or '' for nothing in particular."""
    signature: str


def marked(parts: Sequence[Part], seed: str, *, wordless_only: bool = False) -> tuple[Part, ...]:
    """The parts of an answer with the place of each piece of reasoning in its signature.

    `seed`: of ids that are made for calls without one. `wordless_only`: where words keep their order by themselves.
    """
    found: list[Part] = []
    before, calls = "", sum(isinstance(part, ToolCall) for part in parts)
    for part in reversed(parts):
        if isinstance(part, ToolCall):
            calls -= 1
            before = _CALL + (part.id or call_id(seed, calls))
        elif isinstance(part, Text):
            before = _WORDS
        if isinstance(part, Reasoning) and not (wordless_only and part.text):
            signature = f"{MARK}{quote(before, safe=':')}|{part.signature}"
            part = msgspec.structs.replace(part, signature=signature)  # noqa: PLW2901 - the same part, marked
        found.append(part)
    return tuple(reversed(found))


def read(signature: str) -> Marked | None:
    """What a mark says; None for a signature without one."""
    if not signature.startswith(MARK):
        return None
    before, bar, rest = signature.removeprefix(MARK).partition("|")
    return Marked(unquote(before), rest) if bar else None


def placed(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts of an assistant's message, every marked piece of reasoning back in its place."""
    waiting: dict[str, list[Part]] = {}
    rest: list[Part] = []
    targets = {_target(part) for part in parts}
    for part in parts:
        mark = read(part.signature) if isinstance(part, Reasoning) else None
        if mark is None or not isinstance(part, Reasoning):
            rest.append(part)
            continue
        bare = msgspec.structs.replace(part, signature=mark.signature)
        if mark.before in targets and mark.before:
            waiting.setdefault(mark.before, []).append(bare)
        elif bare.text or bare.signature:
            rest.append(bare)
    found: list[Part] = []
    for part in rest:
        found += waiting.pop(_target(part), [])
        found.append(part)
    return tuple(found)


def unmarked(body: dict[str, Plain], dialect: Dialect) -> dict[str, Plain]:
    """A body without reasoning that another vendor's model had, for a vendor that would refuse it."""
    field = "input" if dialect == "openai.responses" else "messages"
    items = body.get(field)
    if type(items) is not list:
        return body
    if dialect == "openai.responses":
        kept = [item for item in items if type(item) is not dict or not _is_marked(item.get("encrypted_content"))]
        return {**body, field: kept}
    part_field = "content" if dialect == "anthropic.messages" else "reasoning_details"
    return {**body, field: [_without_marks(item, part_field) for item in items]}


def _without_marks(message: Plain, field: str) -> Plain:
    parts = message.get(field) if type(message) is dict else None
    if type(parts) is not list or type(message) is not dict or message.get("role") != "assistant":
        return message
    kept = [part for part in parts if type(part) is not dict or not _is_foreign(part)]
    if len(kept) == len(parts) or (not kept and field == "content"):
        return message
    if not kept:
        return {name: value for name, value in message.items() if name != field}
    return {**message, field: cast("Plain", kept)}


def _is_foreign(part: dict[str, Plain]) -> bool:
    """Whether a block or a detail holds reasoning that its vendor did not seal; base64 knows no bar."""
    signature = part.get("signature")
    if part.get("type") == "thinking":
        return type(signature) is not str or not signature or "|" in signature
    return _is_marked(signature)


def _is_marked(value: Plain) -> bool:
    return type(value) is str and value.startswith(MARK)


def _target(part: Part) -> str:
    """What a mark calls this part."""
    return _CALL + part.id if isinstance(part, ToolCall) else _WORDS if isinstance(part, Text) else ""
