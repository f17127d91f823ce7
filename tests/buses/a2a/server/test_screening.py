"""Bodies that two readers could read in two ways, or that never end, are refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.buses.a2a.server.screening import BODY_BYTES_MAX, DEPTH_MAX, fault_of, type_fault

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=20
)  # fmt: skip


@given(JSON)
def test_json_is_let_through(value: object):
    assert fault_of(json.dumps(value).encode()) == ("", "")


@given(st.binary(max_size=200))
def test_whatever_the_bytes_there_is_an_answer(body: bytes):
    fault, why = fault_of(body)
    assert bool(fault) == bool(why)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", ""), (b'{"a": 1, "a": 1}', "shape"), (b'{"a": {"b": 1, "b": 2}}', "shape"), (b'{"a\\u003a": 1, "a:": 2}', "shape"), (b'{"\\u003a": ":"}', ""),
        (b"[" * DEPTH_MAX + b"]" * DEPTH_MAX, ""), (b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1), "shape"), (b"[" * 100_000, "json"), (b"{", "json"),
        (b"NaN", "json"), (b"\xff", "json"), (b'"' + b"a" * BODY_BYTES_MAX + b'"', "large"), (b'{"a":1}x', "json"), (b"1e999", "json"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(body: bytes, fault: str):
    assert fault_of(body)[0] in ({fault, "shape"} if body.startswith(b"[[[") and fault == "json" else {fault})


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        ("application/json", True), ("application/a2a+json", True), ("Application/JSON; charset=UTF-8", True), ("text/json", False), ("", False),
        ("application/json; charset=latin-1", False), ("application/xml", False),
    ],
)  # fmt: skip
def test_types_that_are_read(kind: str, good: bool):
    assert (type_fault({"content-type": kind}) == "") == good
    assert type_fault({"content-type": "application/json", "content-encoding": "gzip"})
