"""Reads values of AGENT.md in the shape that a field wants.

Rules: every error says where, what is wrong and what was expected; an unknown name is an error that names its nearest
relatives; nothing is guessed. What the fields mean stands in `agent_file` and `work_file`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TypeVar

from ergos.base.errors import ErgosError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.lib.frontmatter import Field, Matter, error, plain

T = TypeVar("T")


def known(fields: dict[str, Field], allowed: tuple[str, ...], matter: Matter, what: str) -> None:
    """Refuse names that are not allowed. `what` says what they would be."""
    for key, field in fields.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1)
            hint = repr(near[0]) if near else "one of " + ", ".join(allowed)
            raise error(matter.path, *field.key, f"{key[:60]!r} is no {what}", hint)


def mapping(field: Field, matter: Matter, expected: str) -> dict[str, Field]:
    """Names with their fields."""
    if not isinstance(field.value, dict):
        raise error(matter.path, field.line, field.column, f"{short(field)} is not a mapping", expected)
    return field.value


def listed(field: Field | None, matter: Matter) -> list[Field]:
    """The items of a list; none where there is no field."""
    if field is None or field.value is None:
        return []
    if not isinstance(field.value, list):
        raise error(matter.path, field.line, field.column, f"{short(field)} is not a list", "`- item` lines")
    return field.value


def text_of(field: Field, matter: Matter, expected: str) -> str:
    """Text that is not empty."""
    if not isinstance(field.value, str) or not field.value.strip():
        raise error(matter.path, field.line, field.column, f"{short(field)} is not text", expected)
    return field.value


def optional_text(matter: Matter, key: str, default: str) -> str:
    """Text of a field of the file, or the default."""
    field = matter.fields.get(key)
    return default if field is None else text_of(field, matter, "text")


def choice(matter: Matter, key: str, allowed: tuple[str, ...], default: str) -> str:
    """One of several words."""
    found = optional_text(matter, key, default)
    if found not in allowed:
        field = matter.fields[key]
        raise error(matter.path, field.line, field.column, f"{key} is {found!r}", " or ".join(allowed))
    return found


def count(field: Field, matter: Matter) -> int:
    """A whole number from 0 on."""
    if isinstance(field.value, bool) or not isinstance(field.value, int) or field.value < 0:
        raise error(matter.path, field.line, field.column, f"{short(field)} is no count", "a whole number >= 0")
    return field.value


def atom(field: Field, matter: Matter) -> str | int | float | bool:
    """A single value."""
    if field.value is None or isinstance(field.value, list | dict):
        raise error(matter.path, field.line, field.column, f"{short(field)} is no single value", "text or a number")
    return field.value


def checked(make: Callable[[], T], field: Field, matter: Matter, expected: str) -> T:
    """What `make` gives; what it raises is an error of this field."""
    try:
        return make()
    except (ValueShapeError, ValueError, OverflowError) as wrong:
        what = wrong.what if isinstance(wrong, ErgosError) else str(wrong)
        raise error(matter.path, field.line, field.column, what, expected) from wrong


def short(field: Field) -> str:
    """A value as an error shows it."""
    return repr(plain(field))[:60]


def called(field: Field, matter: Matter, what: str, *, prefix: bool = False) -> str:
    """A name; with `prefix`, also one that ends in '.*'."""
    text = text_of(field, matter, what)
    stem = text.removesuffix(".*") if prefix else text
    expected = "letters, digits, '.', '-' and '_'" + (", or a prefix such as `mail.*`" if prefix else "")
    checked(lambda: checked_name(stem, what=what), field, matter, expected)
    return text
