"""Reading what a stranger sent: fields with their types, and errors that name the field.

Rules: what comes in is plain data of any shape; the only thing that goes out of here besides the value asked for is
a ValueShapeError whose words begin with the path of the field, such as `messages[2].content[0].text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, cast

from ergos.base.errors import ValueShapeError

NAMES_SHOWN_MAX: Final = 5  # field names listed by one error; more are noise
WORDS_SHOWN_MAX: Final = 60  # characters of a stranger's value shown in an error

Fields = Mapping[str, object]
_KINDS: Final = {
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "str": "a text",
    "list": "a list",
    "dict": "an object",
}


def wrong(path: str, what: str) -> ValueShapeError:
    """The error of a field."""
    return ValueShapeError(f"{path}: {what}", remedy="change this field; nothing was sent to a model")


def shown(value: object) -> str:
    """A value as an error shows it: short, and on one line."""
    words = repr(value)
    return words if len(words) <= WORDS_SHOWN_MAX else f"{words[:WORDS_SHOWN_MAX]}…"


def record(value: object, path: str) -> dict[str, object]:
    """A JSON object. Raises: ValueShapeError."""
    if type(value) is not dict:
        raise wrong(path, f"an object is needed, not {_kind(value)}")
    return cast("dict[str, object]", value)


def records(value: object, path: str) -> list[dict[str, object]]:
    """A list of JSON objects. Raises: ValueShapeError."""
    return [record(item, f"{path}[{index}]") for index, item in enumerate(listing(value, path))]


def listing(value: object, path: str) -> list[object]:
    """A list. Raises: ValueShapeError."""
    if type(value) is not list:
        raise wrong(path, f"a list is needed, not {_kind(value)}")
    return cast("list[object]", value)


def words(value: object, path: str) -> str:
    """A text. Raises: ValueShapeError."""
    if type(value) is not str:
        raise wrong(path, f"a text is needed, not {_kind(value)}")
    return value


def words_or(value: object, path: str, otherwise: str = "") -> str:
    """A text, or what stands for an absent one."""
    return otherwise if value is None else words(value, path)


def integer(value: object, path: str, *, least: int = 0) -> int | None:
    """A whole number, or None for an absent one. Raises: ValueShapeError."""
    if value is None:
        return None
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise wrong(path, f"a whole number is needed, not {_kind(value)}")
    if value < least:
        raise wrong(path, f"{value} is less than {least}")
    return value


def number(value: object, path: str) -> float | None:
    """A number, or None for an absent one. Raises: ValueShapeError."""
    if value is None:
        return None
    if type(value) is not int and type(value) is not float:
        raise wrong(path, f"a number is needed, not {_kind(value)}")
    try:
        return float(cast("float", value))
    except OverflowError as error:
        raise wrong(path, "this number is too large") from error


def flag(value: object, path: str) -> bool:
    """True or false; absent is false. Raises: ValueShapeError."""
    if value is None:
        return False
    if type(value) is not bool:
        raise wrong(path, f"true or false is needed, not {_kind(value)}")
    return value


def refuse_others(found: Fields, known: Iterable[str], path: str, why: str = "") -> None:
    """Refuse fields with a value that are not known. Raises: ValueShapeError with the first one named."""
    names = frozenset(known)
    others = sorted(name for name, value in found.items() if name not in names and not is_absent(value))
    if others:
        named = ", ".join(others[:NAMES_SHOWN_MAX])
        where = f"{path}.{others[0]}" if path else others[0]
        raise wrong(where, why or f"this cannot be said to the model this call goes to ({named}); leave it out")


def refuse_unless(found: Fields, path: str, allowed: Mapping[str, tuple[object, ...]]) -> None:
    """Refuse fields that ask for more than what happens anyway. Raises: ValueShapeError with the field named."""
    for name, values in allowed.items():
        value = found.get(name)
        if not is_absent(value) and value not in values:
            where = f"{path}.{name}" if path else name
            raise wrong(where, f"{shown(value)} cannot be said to the model this call goes to; leave it out")


def is_absent(value: object) -> bool:
    """Whether a field says nothing."""
    return value is None or value in ([], {})


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    return _KINDS.get(type(value).__name__, type(value).__name__)
