"""Parameters and bodies are what the table says, or refused; what is read is what was sent."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.server.api.operation import Operation, Takes
from ergos.server.api.problems import Refused
from ergos.server.api.reading import body_of, kinds_of, takes_of


class Some(Takes, frozen=True):
    pid: int
    text: str = ""
    on: bool = False
    kind: tuple[str, ...] = ()
    since: datetime.date | msgspec.UnsetType = msgspec.UNSET


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    count: int = 0
    name: str = ""
    value: Any = None


async def nothing(*_: object) -> None:
    """Does nothing."""


ROW = Operation(
    id="x", method="POST", path="/x/{pid}", tag="t", summary="s", run=nothing, takes=Some, body=Body, reply=Body
)
JSON = {"content-type": "application/json"}


def taken(query: str, pid: str = "7") -> Some:
    found = takes_of(ROW, {"pid": pid}, query.encode())
    assert isinstance(found, Some)
    return found


def test_each_parameter_is_read_as_its_type() -> None:
    found = taken("text=a%20b&on=true&kind=x&kind=y&since=2026-11-26")
    assert found == Some(pid=7, text="a b", on=True, kind=("x", "y"), since=datetime.date(2026, 11, 26))
    assert kinds_of(Some) == {"pid": "integer", "text": "string", "on": "boolean", "kind": "array", "since": "string"}


@pytest.mark.parametrize(
    "query",
    [
        "nope=1", "pid=8", "text=a&text=b", "on=1", "on=True", "on=", "since=today", "text=%ff", "since=2026-13-01",
        "&".join(f"kind={n}" for n in range(65)),
    ],
)  # fmt: skip
def test_anything_else_in_the_query_is_refused(query: str) -> None:
    with pytest.raises(Refused) as refused:
        taken(query)
    assert refused.value.problem.status == 400


@pytest.mark.parametrize("pid", ["07", "+7", "7.0", "1_0", "٣", " 7", "0x7", "", "9" * 20, "7\n"])
def test_a_number_is_spelled_in_one_way(pid: str) -> None:
    with pytest.raises(Refused):
        taken("", pid)


@given(st.integers(-(2**62), 2**62))
def test_every_whole_number_is_read_as_it_is(number: int) -> None:
    assert taken("", str(number)).pid == number


def read(raw: bytes, headers: dict[str, str] | None = None) -> Body:
    return body_of(ROW, "POST", "/x", headers or JSON, raw)


def test_a_body_is_one_object_in_which_every_key_stands_once() -> None:
    assert read(b'{"count": 3, "value": {"a": [1.5]}}') == Body(count=3, value={"a": [1.5]})
    for raw in (
        b"",
        b"[]",
        b"1",
        b"{",
        b'{"a": 1}',
        b'{"count": "3"}',
        b'{"count": 1, "count": 2}',
        b'{"name": "\\ud800"}',
    ):
        with pytest.raises(Refused) as refused:
            read(raw)
        assert refused.value.problem.status == 400
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", ""):
        with pytest.raises(Refused) as refused:
            read(b"{}", {"content-type": kind})
        assert refused.value.problem.status == 415


def test_a_number_without_a_fraction_is_whole() -> None:
    assert read(b'{"count": 3.0, "name": "x"}') == Body(count=3, name="x")
    for raw in (b'{"count": 3.5}', b'{"count": 1e300}', b'{"count": true}'):
        with pytest.raises(Refused):
            read(raw)


def test_a_body_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(Refused):
        read(b'{"value":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@given(st.recursive(st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))  # fmt: skip
def test_a_value_of_any_shape_comes_as_it_was_sent(value: object) -> None:
    assert read(msgspec.json.encode({"value": value})).value == msgspec.json.decode(msgspec.json.encode(value))
