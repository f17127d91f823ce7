"""Reads a request strictly: its parameters and its body are what the table says, or it is refused.

Rules: a parameter that is not declared, or stands twice where it may stand once, is refused, so that a slip of the pen
is not taken for nothing; numbers and yes-or-no are spelled in one way; a body is one JSON object in which every key
stands once, so that nobody reads it in another way than we do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast
from urllib.parse import parse_qsl

import msgspec

from ergos.drivers.http.message import Request as HttpRequest
from ergos.server.admission import parsed
from ergos.server.api.operation import Operation, Takes
from ergos.server.api.problems import Refused
from ergos.server.refusals import Rejected

FIELDS_MAX: Final = 64  # parameters of one request; none takes more than a dozen
WHOLE_MAX: Final = 2.0**53  # from here on not every whole number is a float
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_BOOLEANS: Final = {"true": True, "false": False}


def takes_of(operation: Operation, path: Mapping[str, str], query: bytes) -> Takes:
    """The parameters. Raises: Refused."""
    kinds = kinds_of(operation.takes)
    given = _given(query)
    values: dict[str, object] = {}
    for name, texts in given.items():
        if name not in kinds or name in operation.in_path:
            raise Refused(400, f"there is no parameter {name[:60]!r}", _offer(operation))
        if kinds[name] == "array":
            values[name] = texts
        elif len(texts) > 1:
            raise Refused(400, f"the parameter {name!r} stands twice")
        else:
            values[name] = _value(name, texts[0], kinds[name])
    for name, text in path.items():
        values[name] = _value(name, text, kinds[name])
    try:
        return msgspec.convert(values, operation.takes)
    except msgspec.ValidationError as error:
        raise Refused(400, f"a parameter is not as it should be: {error}", _offer(operation)) from error


def body_of(operation: Operation, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:  # noqa: ANN401 - of the row's type
    """The body. Raises: Refused."""
    if operation.body is None:
        return None
    try:
        value = parsed(HttpRequest(method=method, path=path, query="", headers=dict(headers), body=body, peer=""))
    except Rejected as rejected:
        raise Refused(rejected.refused.row.status, rejected.refused.message) from rejected
    try:
        return msgspec.convert(value, operation.body)
    except (msgspec.ValidationError, OverflowError, RecursionError) as error:
        first = error
    try:  # 1.0 is a whole number to JSON Schema
        return msgspec.convert(_whole(value), operation.body)
    except (msgspec.ValidationError, OverflowError, RecursionError):
        raise Refused(400, f"the body is not as it should be: {first}") from first


@cache
def properties_of(kind: type[Takes]) -> tuple[dict[str, Any], frozenset[str]]:
    """Schemas of the fields of a parameter record, by name, and the names of those that must be there."""
    (_, schemas) = msgspec.json.schema_components((kind,))
    own = schemas[kind.__name__]
    return own.get("properties", {}), frozenset(own.get("required", ()))


@cache
def kinds_of(kind: type[Takes]) -> dict[str, str]:
    """JSON types of the fields of a parameter record."""
    properties, _ = properties_of(kind)
    return {name: str(cast("dict[str, object]", schema).get("type", "string")) for name, schema in properties.items()}


def _whole(value: object) -> object:
    """A body whose numbers without a fraction are whole numbers."""
    match value:
        case float() if value.is_integer() and abs(value) < WHOLE_MAX:
            return int(value)
        case dict():
            return {key: _whole(one) for key, one in cast("dict[str, object]", value).items()}
        case list():
            return [_whole(one) for one in cast("list[object]", value)]
        case _:
            return value


def _given(query: bytes) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except UnicodeDecodeError as error:
        raise Refused(400, "the query is not UTF-8 text in percent-encoding") from error
    except ValueError as error:
        raise Refused(400, f"a query has at most {FIELDS_MAX} parameters") from error
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        given.setdefault(name, []).append(text)
    return given


def _value(name: str, text: str, kind: str) -> object:
    if kind == "integer":
        if not _INTEGER.fullmatch(text):
            raise Refused(400, f"the parameter {name!r} is a whole number, not {text[:40]!r}")
        return int(text)
    if kind == "boolean":
        if text not in _BOOLEANS:
            raise Refused(400, f"the parameter {name!r} is true or false, not {text[:40]!r}")
        return _BOOLEANS[text]
    return text


def _offer(operation: Operation) -> str:
    names = [name for name in kinds_of(operation.takes) if name not in operation.in_path]
    return f"it takes {', '.join(names)}" if names else "it takes no parameters"
