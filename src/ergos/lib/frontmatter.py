"""Reads the front matter of AGENT.md: YAML with positions, so that every error names its line and column.

Rules: plain data only; no tags, anchors or aliases (they make a short file large); duplicate keys are
errors; what YAML reads in surprising ways (bare `no`, `12:30`) stays text, because only numbers, `true`,
`false` and `null` are anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import AgentFileError
from ergos.base.limits import AGENT_FILE_BYTES_MAX

_INTEGER = re.compile(r"[-+]?[0-9][0-9_]{0,30}")
_FLOAT = re.compile(r"[-+]?[0-9]{1,30}\.[0-9]{1,30}(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: Final[dict[str, Plain]] = {"true": True, "false": False, "null": None, "~": None, "": None}
DEPTH_MAX: Final = 12  # levels of nesting; a definition is no data file


class Field(msgspec.Struct, frozen=True):
    """A value and where it stands; lists and mappings hold Fields."""

    value: Scalar | list[Field] | dict[str, Field]
    line: int
    """From 1."""
    column: int
    """From 1."""


Scalar: TypeAlias = "str | int | float | bool | None"


class Matter(msgspec.Struct, frozen=True):
    """Front matter and body of a file."""

    fields: dict[str, Field]
    body: str
    path: str


def parse(text: str, path: str) -> Matter:
    """Split and read a file. Raises: AgentFileError with line, column and what was expected."""
    if len(text.encode("utf-8", "surrogatepass")) > AGENT_FILE_BYTES_MAX:
        raise AgentFileError(f"{path} is larger than {AGENT_FILE_BYTES_MAX:,} bytes")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.startswith("---\n"):
        raise error(
            path, 1, 1, "the file does not begin with '---'", "a line '---', then `name: value` lines, then '---'"
        )
    end = text.find("\n---", 3)
    while end != -1 and text[end + 4 : end + 5] not in ("", "\n"):
        end = text.find("\n---", end + 4)
    if end == -1:
        raise error(path, text.count("\n") + 1, 1, "the front matter does not end", "a line '---'")
    fields = _read(text[4 : end + 1], path)
    return Matter(fields, text[end + 4 :].strip("\n"), path)


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


def _read(text: str, path: str) -> dict[str, Field]:
    import yaml

    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            mark = event.start_mark
            line, column = (mark.line + 2, mark.column + 1) if mark is not None else (1, 1)
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise error(path, line, column, "anchors and aliases are not allowed", "the value itself")
            tag = getattr(event, "tag", None)
            if tag:
                raise error(path, line, column, f"the tag {tag} is not allowed", "a plain value")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        line, column = (mark.line + 2, mark.column + 1) if mark is not None else (1, 1)
        expected = "`name: value`, indented with spaces; text that contains ': ' or '#' stands in quotes"
        raise error(path, line, column, str(broken.problem), expected) from broken
    except yaml.YAMLError as broken:
        raise error(path, 1, 1, str(broken).split("\n")[0], "UTF-8 text without control characters") from broken
    except RecursionError as broken:
        raise error(path, 2, 1, "it is nested too deeply", f"at most {DEPTH_MAX} levels") from broken
    if node is None:
        return {}
    field = _field(node, path, 0)
    if not isinstance(field.value, dict):
        raise error(path, field.line, field.column, "the front matter is not a mapping", "`name: value` lines")
    return field.value


def _field(node: object, path: str, depth: int) -> Field:
    import yaml

    assert isinstance(node, yaml.Node)
    line, column = node.start_mark.line + 2, node.start_mark.column + 1
    if depth > DEPTH_MAX:
        raise error(path, line, column, "it is nested too deeply", f"at most {DEPTH_MAX} levels")
    if isinstance(node, yaml.ScalarNode):
        return Field(_scalar(node.value, quoted=node.style is not None), line, column)
    if isinstance(node, yaml.SequenceNode):
        return Field([_field(item, path, depth + 1) for item in node.value], line, column)
    assert isinstance(node, yaml.MappingNode)
    return Field(dict(_pairs(node.value, path, depth)), line, column)


def _pairs(pairs: list[tuple[object, object]], path: str, depth: int) -> Iterator[tuple[str, Field]]:
    seen: set[str] = set()
    for key_node, value_node in pairs:
        key = _field(key_node, path, depth + 1)
        if not isinstance(key.value, str | int):
            raise error(path, key.line, key.column, "a name is missing before ':'", "`name: value`")
        name = str(key.value)
        if name in seen:
            raise error(path, key.line, key.column, f"{name!r} stands here a second time", "each name once")
        seen.add(name)
        yield name, _field(value_node, path, depth + 1)


def _scalar(text: str, *, quoted: bool) -> Scalar:
    if quoted:
        return text
    if text in _WORDS:
        return _WORDS[text]  # type: ignore[return-value]
    if _INTEGER.fullmatch(text) and len(text) < 20:
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
