from __future__ import annotations

from typing import Literal, get_args, get_origin

import msgspec
import pytest

from ergos.app.views import glimpses
from ergos.app.views.glimpses import SEEN, UNREADABLE, Arguments, CallSeen, IntendedSeen, ResultedSeen, glimpse, tag_of
from ergos.base.money import Amount
from ergos.kernel.calls import Call, Failure, Hold
from ergos.kernel.events import Body, Intended, Resulted, encode_body
from tests.app.views.rig import RAW, call

KINDS = {str(kind.__struct_config__.tag): kind for kind in get_args(Body)}


@pytest.mark.parametrize("tag", SEEN)
def test_what_is_looked_at_of_a_record_is_what_records_have(tag: str) -> None:
    """Another name, type or default in the records would silently be read as nothing."""
    whole = {field.name: field for field in msgspec.structs.fields(KINDS[tag])}
    for field in msgspec.structs.fields(SEEN[tag]):
        known = whole[field.name]
        assert field.default == known.default
        if field.type is not CallSeen:
            assert field.type == known.type or (field.type is str and get_origin(known.type) is Literal)


def test_what_is_looked_at_of_a_call_is_what_calls_have() -> None:
    whole = {field.name for field in msgspec.structs.fields(Call)}
    assert {field.name for field in msgspec.structs.fields(CallSeen)} <= whole


def test_a_record_is_seen_as_it_was_written() -> None:
    hold = Hold(amount=Amount(1, 2), provider="p", day=3)
    body = encode_body(
        Intended(call("k", "think", "brief", args={"inputs": RAW(b"[1]"), "x": RAW(b"2")}, solver="s"), hold)
    )
    assert glimpse(tag_of(body), body) == IntendedSeen(
        CallSeen("k", "think", "brief", Arguments(inputs=RAW(b"[1]")), "s"), hold
    )
    result = Resulted(
        "k", RAW(b"1"), Failure("E1", "x"), charge=Amount(1, 1), faults=("f",), provider="q", checked=True
    )
    body = encode_body(result)
    assert glimpse(tag_of(body), body) == ResultedSeen(
        "k", RAW(b"1"), Failure("E1", "x"), Amount(1, 1), ("f",), "q", True
    )


@pytest.mark.parametrize("tag", KINDS)
def test_every_kind_of_record_is_told(tag: str) -> None:
    assert tag_of(b'{"k":"' + tag.encode() + b'"}') == tag
    assert tag_of(b'{"k":"' + tag.encode() + b'","more":1}') == tag
    assert tag_of(b'{"k":"' + tag.encode() + b'ing"}') == tag + "ing"


@pytest.mark.parametrize(
    ("body", "tag"),
    [
        (b"", UNREADABLE),
        (b"{", UNREADABLE),
        (b"[1]", UNREADABLE),
        (b"\xff\xfe", UNREADABLE),
        (b'{"k":1}', UNREADABLE),
        (b'{"k":""}', UNREADABLE),
        (b'{"x":1,"k":"exit"}', "exit"),
        (b'{ "k" : "dance" }', "dance"),
        (b'{"k":"e\\u0078it"}', "exit"),
        (b'{"k":"' + b"x" * 500 + b'"}', "x" * glimpses.TAG_CHARS_MAX),
        (b"[" * 100_000, UNREADABLE),
    ],
)
def test_what_is_no_record_has_a_kind_all_the_same(body: bytes, tag: str) -> None:
    assert tag_of(body) == tag
    if tag == UNREADABLE or tag not in SEEN:
        assert glimpse(tag, body) is None


def test_a_record_that_cannot_be_read_is_not_seen() -> None:
    assert glimpse("result", b'{"k":"result"}') is None
    assert glimpse("spawn", b'{"k":"spawn","owner":1}') is None
    assert glimpse("dance", b'{"k":"dance"}') is None
