"""Reads records of AGENT.md field by field, so that a fault is shown where it stands.

Rules: a record's own fields say what is allowed in it; where a list of texts is wanted, a single text will do. What the
records mean stands in `work_file`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, Final, TypeVar, get_args

import msgspec

from ergos.base.canonical import Plain
from ergos.lib.frontmatter import Field, Matter, error, plain
from ergos.lib.shapes import known, listed, mapping

R = TypeVar("R", bound=msgspec.Struct)

HINTS: Final = {"float": "a number", "int": "a whole number", "bool": "true or false", "str": "text"}


def items(matter: Matter, key: str, most: int) -> list[Field]:
    """The items of a field of the file, no more than `most`."""
    found = listed(matter.fields.get(key), matter)
    if len(found) > most:
        raise error(
            matter.path, found[most].line, found[most].column, f"there are {len(found)} {key}", f"at most {most}"
        )
    return found


def record(
    field: Field, kind: type[R], matter: Matter, what: str, preset: dict[str, Plain] | None = None, *, bare: str = ""
) -> R:
    """A record of this kind, field by field, so that a fault is shown where it stands. `bare`: what a text alone is."""
    if bare and isinstance(field.value, str):
        field = msgspec.structs.replace(field, value={bare: field})
    parts = {part.encode_name: part for part in msgspec.structs.fields(kind)}
    fields = mapping(field, matter, "`name: value` lines")
    known(fields, tuple(parts), matter, what)
    values: dict[str, Any] = {**(preset or {})}
    for key, item in fields.items():
        part = parts[key]
        value = [plain(item)] if str(part.type).startswith("tuple[") and isinstance(item.value, str) else plain(item)
        try:
            values[part.name] = value if _anything(part.type) else msgspec.convert(value, part.type, strict=True)
        except msgspec.ValidationError as wrong:
            what_is, expected = _wrong(str(wrong), part.type)
            raise error(matter.path, item.line, item.column, f"{key}: {what_is}", expected) from wrong
        if isinstance(item.value, str) and not item.value.strip() and part.required:
            raise error(matter.path, item.line, item.column, f"{key} is empty", "text")
    for name, part in parts.items():
        if part.required and part.name not in values:
            raise error(matter.path, field.line, field.column, f"{name!r} is missing", f"`{name}: …`")
    return kind(**values)


def _anything(kind: object) -> bool:
    """Whether every plain value is of this kind."""
    return set(get_args(kind)) >= {bool, int, float, str, type(None)}


def _wrong(text: str, kind: object) -> tuple[str, str]:
    """What is wrong with a value, and what was expected."""
    if allowed := [str(word) for word in get_args(kind) if isinstance(word, str)]:
        return text.split(" - at ", maxsplit=1)[0], either(allowed)
    return text.split(" - at ", maxsplit=1)[0], HINTS.get(getattr(kind, "__name__", ""), "a value of that kind")


def several(field: Field | None) -> list[Field]:
    """The items of a list; a single text is a list of one."""
    if field is None or field.value is None:
        return []
    return field.value if isinstance(field.value, list) else [field]


def either(names: Iterable[str]) -> str:
    """What an error says was expected."""
    return "one of " + ", ".join(names)


def near(text: str, names: Iterable[str]) -> str:
    """The name that was likely meant, or all of them."""
    allowed = list(names)
    near = difflib.get_close_matches(text, allowed, 1)
    return repr(near[0]) if near else either(allowed)
