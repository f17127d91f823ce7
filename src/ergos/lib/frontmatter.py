"""Reads the front matter of AGENT.md: YAML with positions, so that every error names its line and column.

Rules: plain data only; no tags, anchors or aliases (they make a short file large); duplicate keys are
errors; what YAML reads in surprising ways (bare `no`, `12:30`) stays text, because only numbers, `true`,
`false` and `null` are anything else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import AgentFileError
from ergos.base.limits import AGENT_FILE_BYTES_MAX

if TYPE_CHECKING:
    from yaml import Node

_INTEGER = re.compile(r"[-+]?[0-9][0-9_]{0,30}")
_FLOAT = re.compile(r"[-+]?[0-9]{1,30}\.[0-9]{1,30}(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: Final[dict[str, Plain]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_SURROGATE = re.compile("[\ud800-\udfff]")
DEPTH_MAX: Final = 12  # levels of nesting; a definition is no data file
INTEGER_DIGITS_MAX: Final = 18  # digits of a number; more do not fit in 64 bits everywhere


class Field(msgspec.Struct, frozen=True):
    """A value and where it stands; lists and mappings hold Fields."""

    value: Scalar | list[Field] | dict[str, Field]
    line: int
    """From 1."""
    column: int
    """From 1."""
    key: tuple[int, int] = (1, 1)
    """Line and column of its name, in a mapping."""


Scalar: TypeAlias = "str | int | float | bool | None"


class Matter(msgspec.Struct, frozen=True):
    """Front matter and body of a file."""

    fields: dict[str, Field]
    body: str
    path: str


def parse(text: str, path: str) -> Matter:
    """Split and read a file. Raises: AgentFileError with line, column and what was expected."""
    front, body = split(text, path)
    node = compose(front, path)
    if node is None:
        return Matter({}, body, path)
    field = _field(node, path)
    if not isinstance(field.value, dict):
        raise error(path, field.line, field.column, "the front matter is not a mapping", "`name: value` lines")
    return Matter(field.value, body, path)


def split(text: str, path: str) -> tuple[str, str]:
    """The front matter of a file, without its fences, and the body. Raises: AgentFileError."""
    if len(text.encode("utf-8", "surrogatepass")) > AGENT_FILE_BYTES_MAX:
        raise AgentFileError(f"{path} is larger than {AGENT_FILE_BYTES_MAX:,} bytes")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    begin = _FENCE.match(text)
    if begin is None or text[begin.end() : begin.end() + 1] != "\n":
        raise error(
            path, 1, 1, "the file does not begin with '---'", "a line '---', then `name: value` lines, then '---'"
        )
    end = _FENCE.search(text, begin.end() + 1)
    if end is None:
        raise error(path, text.count("\n") + 1, 1, "the front matter does not end", "a line '---'")
    return text[begin.end() + 1 : end.start()], text[end.end() :].strip("\n")


def error(path: str, line: int, column: int, what: str, expected: str) -> AgentFileError:
    """An error at a place."""
    return AgentFileError(f"{path}, line {line}, column {column}: {what}", remedy=f"expected {expected}")


def plain(field: Field) -> Plain:
    """The value without positions."""
    match field.value:
        case dict() as mapping:
            return {key: plain(item) for key, item in mapping.items()}
        case list() as items:
            return [plain(item) for item in items]
        case scalar:
            return scalar


def compose(text: str, path: str) -> Node | None:
    """The YAML of a front matter as nodes; None if there is none. Raises: AgentFileError for what is not allowed."""
    import yaml

    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            mark = event.start_mark
            line, column = (mark.line + 2, mark.column + 1) if mark is not None else (1, 1)
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise error(path, line, column, "anchors and aliases are not allowed", "the value itself")
            if depth > DEPTH_MAX:
                raise error(path, line, column, "it is nested too deeply", f"at most {DEPTH_MAX} levels")
            tag = getattr(event, "tag", None)
            if tag:
                raise error(path, line, column, f"the tag {tag} is not allowed", "a plain value")
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        line, column = (mark.line + 2, mark.column + 1) if mark is not None else (1, 1)
        expected = "`name: value`, indented with spaces; text that contains ': ' or '#' stands in quotes"
        raise error(path, line, column, str(broken.problem), expected) from broken
    except yaml.reader.ReaderError as broken:
        before = text[: broken.position]
        line, column = before.count("\n") + 2, len(before) - before.rfind("\n")
        what = f"the character U+{ord(text[broken.position]):04X} is not allowed"
        raise error(path, line, column, what, "text without control characters") from broken


def _field(node: object, path: str) -> Field:
    import yaml

    assert isinstance(node, yaml.Node)
    line, column = node.start_mark.line + 2, node.start_mark.column + 1
    if isinstance(node, yaml.ScalarNode):
        try:
            return Field(_scalar(node.value, quoted=node.style is not None), line, column)
        except ValueError as broken:
            raise error(path, line, column, str(broken), "text, or a number that fits in 64 bits") from broken
    if isinstance(node, yaml.SequenceNode):
        return Field([_field(item, path) for item in node.value], line, column)
    assert isinstance(node, yaml.MappingNode)
    return Field(dict(_pairs(node.value, path)), line, column)


def _pairs(pairs: list[tuple[object, object]], path: str) -> Iterator[tuple[str, Field]]:
    seen: set[str] = set()
    for key_node, value_node in pairs:
        key = _field(key_node, path)
        if not isinstance(key.value, str | int) or isinstance(key.value, bool):
            raise error(path, key.line, key.column, "a name is missing before ':'", "`name: value`")
        name = str(key.value)
        if name in seen:
            raise error(path, key.line, key.column, f"{name!r} stands here a second time", "each name once")
        seen.add(name)
        yield name, msgspec.structs.replace(_field(value_node, path), key=(key.line, key.column))


def _scalar(text: str, *, quoted: bool) -> Scalar:
    """Raises: ValueError."""
    if _SURROGATE.search(text):
        raise ValueError("half a character is written here")
    if quoted:
        return text
    if text in _WORDS:
        return _WORDS[text]  # type: ignore[return-value]
    if _INTEGER.fullmatch(text):
        if len(text.lstrip("+-0")) > INTEGER_DIGITS_MAX:
            raise ValueError(f"a number has at most {INTEGER_DIGITS_MAX} digits")
        return int(text) if "_" not in text else _spaced(text)
    if _FLOAT.fullmatch(text):
        if not math.isfinite(float(text)):
            raise ValueError(f"{text} is too large for a number")
        return float(text)
    return text


def _spaced(text: str) -> int | str:
    """`1_000` is a number; `1__0` and `1_` are text."""
    try:
        return int(text)
    except ValueError:
        return text
