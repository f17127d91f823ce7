from __future__ import annotations

from random import Random

import pytest

from ergos.drivers.models.vendors.events import Event, EventDecoder, encode_event

STREAM = 'event: start\r\ndata: {"a": "héllo 世界 😀"}\r\n\r\n: a comment\rdata: one\rdata: two\r\rid: 7\nretry: 9\ndata:bare\n\ndata: [DONE]\n\n'
EVENTS = [Event("start", '{"a": "héllo 世界 😀"}'), Event("", "one\ntwo"), Event("", "bare"), Event("", "[DONE]")]


def decoded(pieces: list[bytes]) -> list[Event]:
    decoder = EventDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.end()


@pytest.mark.parametrize("place", range(len(STREAM.encode()) + 1))
def test_a_cut_at_any_byte_changes_nothing(place: int) -> None:
    body = STREAM.encode()
    assert decoded([body[:place], body[place:]]) == EVENTS


@pytest.mark.parametrize("seed", range(20))
def test_many_random_cuts_change_nothing(seed: int) -> None:
    cut, body, pieces = Random(seed), STREAM.encode(), []
    while body:
        size = cut.randint(1, 5)
        pieces.append(body[:size])
        body = body[size:]
    assert decoded(pieces) == EVENTS


def test_bytes_one_by_one_change_nothing() -> None:
    assert decoded([bytes([byte]) for byte in STREAM.encode()]) == EVENTS


def test_a_last_event_needs_no_blank_line() -> None:
    assert decoded([b"data: a"]) == [Event("", "a")]
    assert decoded([b"data: a\n"]) == [Event("", "a")]


def test_whole_json_needs_no_blank_line_before_the_next_event() -> None:
    assert decoded([b'data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n']) == [
        Event("", '{"a":1}'),
        Event("", '{"b":2}'),
        Event("", "[DONE]"),
    ]
    assert decoded([b'event: x\ndata: {"a":1}\nevent: y\ndata: {"b":2}\n']) == [
        Event("x", '{"a":1}'),
        Event("y", '{"b":2}'),
    ]


def test_json_over_several_lines_stays_one_event() -> None:
    assert decoded([b'data: {\ndata: "a": 1\ndata: }\n\n']) == [Event("", '{\n"a": 1\n}')]


def test_json_without_a_field_name_is_data() -> None:
    assert decoded([b'{"error": "x"}\n\n']) == [Event("", '{"error": "x"}')]


def test_a_byte_order_mark_is_no_part_of_the_first_field() -> None:
    assert decoded([b"\xef\xbb\xbfdata: a\n\n"]) == [Event("", "a")]


def test_bytes_that_are_no_text_do_not_end_the_stream() -> None:
    assert decoded([b"data: a\xff\n\ndata: b\n\n"]) == [Event("", "a\ufffd"), Event("", "b")]


def test_comments_and_blank_lines_are_no_events() -> None:
    assert decoded([b": ping\n\n\n\r\n: ping\n\n"]) == []


def test_an_encoded_event_decodes_to_itself() -> None:
    assert decoded([encode_event("a", "{}"), encode_event("", '{"x":1}')]) == [Event("a", "{}"), Event("", '{"x":1}')]
