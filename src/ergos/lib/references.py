"""References within a step's arguments: '{read.text}', '{event.path}', '{item.total}'.

A text that is one reference alone becomes the value itself, of whatever type; within other text a reference becomes
text. '{{' and '}}' are braces. What is in no braces that fit ('{not a name}') stays as it is, so that prose and JSON
survive.

Rules: pure; a reference walks through mappings by name and lists by place, nothing else; what is not there is None, or
no text. A value that a reference brings in is never read for references again: a document cannot refer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from ergos.base.canonical import Plain, encode
from ergos.base.documents import Brief
from ergos.base.errors import TooLargeError, ValueShapeError

ROOTS: Final = ("event", "item", "sources", "settings", "now", "agent", "last")
"""What can be referred to besides steps: what the trigger told, the element of `each`, the sources, the settings, the
time of the run ('now.date', 'now.time', 'now.iso'), the agent's name and goal, and the text compared the last time
('last.text')."""
DEPTH_MAX: Final = 20  # levels of arguments that are filled; as deep as AGENT.md may nest
ONE_LINE_CHARS: Final = 300  # characters up to which the values of a list stand on one line
FILLED_CHARS_MAX: Final = 2_000_000  # characters of one text after filling; longer things are files

REFERENCE: Final = re.compile(r"\{\{|\}\}|\{(?P<path>[^\W\d][\w-]*(?:\.[\w-]+)*)\}")


def paths_of(value: object) -> tuple[str, ...]:
    """The paths a text refers to, in order; none of what is no text."""
    if not isinstance(value, str):
        return ()
    return tuple(found["path"] for found in REFERENCE.finditer(value) if found["path"])


def filled(value: Plain, scope: Mapping[str, Plain], depth: int = 0) -> Plain:
    """The value with its references replaced. Raises: TooLargeError for a text that grows beyond its bound."""
    if depth > DEPTH_MAX:
        return value
    match value:
        case str():
            return _text(value, scope)
        case list():
            return [filled(item, scope, depth + 1) for item in value]
        case dict():
            return {key: filled(item, scope, depth + 1) for key, item in value.items()}
        case _:
            return value


def found(path: str, scope: Mapping[str, Plain]) -> Plain:
    """The value at a path, or None."""
    root, *names = path.split(".")
    value = scope.get(root)
    for name in names:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and len(name) <= 9:
            value = value[int(name)] if int(name) < len(value) else None
        else:
            return None
    return value


def written(value: Plain) -> str:
    """A value as text within other text, as people write it: records as `name: value` lines, a brief as Markdown."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case {"amount": str() as amount, "currency": str() as currency}:
            return f"{amount} {currency}".strip()
        case {"sections": list(), "documents": list()}:
            return _brief(value)
        case dict():
            return "\n".join(f"{key}: {_on_a_line(item)}" for key, item in value.items() if item is not None)
        case list():
            return _listed(value)
        case _:
            return str(value)


def _listed(items: list[Plain]) -> str:
    """Short values on one line, records and long ones below each other."""
    parts = [written(item) for item in items if item is not None]
    short = all("\n" not in part for part in parts) and sum(map(len, parts)) <= ONE_LINE_CHARS
    return ", ".join(parts) if short else "\n\n".join(parts)


def _on_a_line(value: Plain) -> str:
    said = written(value)
    return encode(value, what="a value").decode() if "\n" in said and isinstance(value, dict | list) else said


def _brief(value: dict[str, Plain]) -> str:
    from ergos.drivers.press import markdown  # heavy: only what writes a brief into a text needs it

    try:
        return markdown.render(msgspec.convert(value, Brief, strict=True))
    except (msgspec.ValidationError, ValueShapeError):
        return encode(value, what="a value").decode()


def _text(text: str, scope: Mapping[str, Plain]) -> Plain:
    whole = REFERENCE.fullmatch(text)
    if whole is not None and whole["path"]:
        return found(whole["path"], scope)
    parts: list[str] = []
    at, length = 0, 0
    for one in REFERENCE.finditer(text):
        said = written(found(one["path"], scope)) if one["path"] else one[0][0]
        parts += [text[at : one.start()], said]
        length += one.start() - at + len(said)
        at = one.end()
        if length > FILLED_CHARS_MAX:
            raise TooLargeError(f"a text would have more than {FILLED_CHARS_MAX:,} characters once it is filled in")
    return "".join((*parts, text[at:]))
