"""A typed value in a model's reply: what is asked for as a JSON schema, and how what came is read.

Models wrap JSON in prose, fences and thoughts, and leave a comma too many. Reading forgives this and nothing else:
after it, the value has the declared shape exactly, or it is no answer.

Rules: a schema's root is an object, as vendors demand; a type that is none is asked for as {"answer": ...}. Of several
JSON objects in one reply the last fenced one counts; without fences two different ones are an ambiguity, not a choice.
Nothing is filled in. Reading is linear in the reply, whatever it holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, Generic, NoReturn, TypeVar, cast

import msgspec

from ergos.base.canonical import Plain, encode
from ergos.base.errors import ErgosError, ToolDefinitionError
from ergos.base.world_errors import ModelReplyError
from ergos.kernel.models import Reply

T = TypeVar("T")

ANSWER: Final = "answer"
"""The property that holds a value whose type is no object."""
STARTS_MAX: Final = 8  # braces in a reply at which an object may begin; more is prose about braces
REPLY_CHARS_MAX: Final = 1_000_000  # characters of a reply that are read; no model writes more in one call
SHOWN_CHARS_MAX: Final = 80  # characters of a reply repeated in an error

_FENCE: Final = re.compile(r"`{3,}|~{3,}")
_THOUGHT: Final = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_SKIPPED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)
_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)


class Typed(Generic[T]):
    """A type as a model is asked for it."""

    def __init__(self, kind: type[T]) -> None:
        """Raises: ToolDefinitionError for a type without a JSON schema."""
        self.kind: Final = kind
        self.schema: Final[dict[str, object]]
        self._wrapped: Final[bool]
        self.schema, self._wrapped = _schema(kind)

    def value(self, reply: Reply, what: str = "the answer") -> T:
        """The value in a reply. Raises: ModelReplyError that says what is wrong with it."""
        if reply.stop == "refusal":
            raise ModelReplyError(f"the model refused: {_short(reply.text)}", remedy="ask for something else")
        try:
            found = json_in(reply.text)
        except ModelReplyError as error:
            if reply.stop == "length":
                raise ModelReplyError(
                    f"{what} was cut off at the output limit", remedy="raise `output_tokens_max`, or ask for less"
                ) from error
            raise
        return self.shaped(found, what)

    def shaped(self, found: Plain, what: str = "the answer") -> T:
        """The value of this JSON. Raises: ModelReplyError."""
        if self._wrapped and isinstance(found, dict) and set(found) == {ANSWER}:
            found = found[ANSWER]
        try:
            encode(found, what=what)
            return msgspec.convert(found, self.kind, strict=True)
        except (msgspec.ValidationError, ErgosError) as error:
            wrong = error.what if isinstance(error, ErgosError) else str(error)
            raise ModelReplyError(
                f"{what} does not have the declared shape: {wrong}", remedy="try again, or ask another model"
            ) from error


def json_in(text: str) -> Plain:
    """The one JSON value of a text: all of it, else its last fenced block that is JSON, else its only object.

    Raises: ModelReplyError for none, or for several different objects outside of fences.
    """
    if len(text) > REPLY_CHARS_MAX:
        raise ModelReplyError(f"the reply has {len(text):,} characters; at most {REPLY_CHARS_MAX:,} are read")
    bare = _THOUGHT.sub("", text.removeprefix("\ufeff"), count=1).strip()
    for candidate in (bare, *reversed(_fenced(bare))):
        for version in (candidate, _without_commas(candidate)):
            try:
                return _loads(version)
            except ValueError:
                continue
    found = list(_objects(bare))
    if not found:
        raise ModelReplyError(f"the reply holds no JSON: {_short(bare)}", remedy="try again, or ask another model")
    if any(other != found[0] for other in found[1:]):
        raise ModelReplyError(f"the reply holds {len(found)} different JSON objects and does not say which one counts")
    return found[0]


def _fenced(text: str) -> list[str]:
    """What stands between fences of three or more backticks or tildes, in order."""
    blocks: list[str] = []
    inside: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line.strip())
        if not fence and mark is not None:
            fence = mark[0]
            inside = []
        elif fence and mark is not None and line.strip() == fence:
            blocks.append("\n".join(inside))
            fence = ""
        else:
            inside.append(line)
    return blocks


def _objects(text: str) -> Iterator[Plain]:
    """The JSON objects of a text, outermost only. At most STARTS_MAX braces are tried."""
    at = -1
    for _ in range(STARTS_MAX):
        at = text.find("{", at + 1)
        if at < 0:
            return
        end = _balanced(text, at)
        if end is None:
            continue
        try:
            yield _loads(_without_commas(text[at:end]))
        except ValueError:
            continue
        at = end - 1


def _balanced(text: str, start: int) -> int | None:
    """The end of the brackets that open at `start`, strings left out of account; None if they never close."""
    depth = 0
    for found in _BRACKET.finditer(text, start):
        if found[0] in ("{", "["):
            depth += 1
        elif found[0] in ("}", "]"):
            depth -= 1
            if not depth:
                return found.end()
    return None


def _without_commas(text: str) -> str:
    """Without the commas that stand before a closing bracket."""
    return _SKIPPED.sub(lambda found: "" if found[0] == "," else found[0], text)


def _loads(text: str) -> Plain:
    """JSON, with line breaks allowed inside strings. Raises: ValueError."""
    try:
        return cast("Plain", _DECODER.decode(text))
    except RecursionError as error:
        raise ValueError("nested without end") from error


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_no_twins, parse_constant=_no_constant, strict=False)


def _schema(kind: type[object]) -> tuple[dict[str, object], bool]:
    """The schema with an object at its root, and whether the type had to be wrapped for it."""
    try:
        schemas, components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
        msgspec.json.Decoder(kind)
    except (TypeError, NameError, RecursionError) as error:
        raise ToolDefinitionError(f"{kind} has no JSON schema: {error}") from error
    root: dict[str, object] = dict(schemas[0])
    for component in components.values():
        if component.get("type") == "object" and "properties" in component:
            component.setdefault("additionalProperties", False)
    name = str(root.get("$ref", "")).rpartition("/")[2]
    if name and components[name].get("type") == "object":
        is_recursive = f'"#/$defs/{name}"'.encode() in msgspec.json.encode(components)
        root = dict(components[name] if is_recursive else components.pop(name))
    is_object = root.get("type") == "object"
    if not is_object:
        root = {"type": "object", "properties": {ANSWER: root}, "required": [ANSWER], "additionalProperties": False}
    return ({**root, "$defs": components} if components else root), not is_object


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= SHOWN_CHARS_MAX else line[: SHOWN_CHARS_MAX - 1] + "…")
