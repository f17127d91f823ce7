"""Events come out of a stream as they were put in, however it is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.world_errors import HttpError
from ergos.drivers.http.sse import SseEvent, SseSplitter

LINE_ENDS = st.sampled_from(("\n", "\r\n", "\r"))
WORDS = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=12)


def split(*pieces: bytes) -> list[SseEvent]:
    splitter = SseSplitter()
    return [event for piece in pieces for event in splitter.feed(piece)]


def plain(events: list[SseEvent]) -> list[tuple[str, str, str]]:
    return [(event.data, event.event, event.id) for event in events]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [("a", "", "")]),
        (b"data:a\r\n\r\n", [("a", "", "")]),
        (b"data: a\r\r", [("a", "", "")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("a", "", "")]),
        (b"\xef\xbb\xbf\ndata: a\n\n", [("a", "", "")]),
        (b"data: a\ndata:  b\ndata\n\n", [("a\n b\n", "", "")]),
        (b": comment\n\n: another\ndata: a\n\n", [("a", "", "")]),
        (b"event: x\n\ndata: a\n\n", [("a", "", "")]),
        (b"event: x\nid: 7\ndata: a\n\ndata: b\n\n", [("a", "x", "7"), ("b", "", "7")]),
        (b"id: a\0b\nretry: 5\nnonsense\ndata: a\n\n", [("a", "", "")]),
        (b"data: a", []),
        (b"data: a\n", []),
        (b"data\n\n", [("", "", "")]),
        (b"data: \xff\n\n", [("\ufffd", "", "")]),
        (b"\n\n\n\ndata: a\n\n\n\n", [("a", "", "")]),
        ("data: 中文\n\n".encode(), [("中文", "", "")]),
        (b"data: a\xe2\x80\xa8b\n\n", [("a\u2028b", "", "")]),
    ],
)
def test_a_stream_is_read_as_the_standard_says_whole_and_byte_by_byte(
    stream: bytes, events: list[tuple[str, str, str]]
) -> None:
    assert plain(split(stream)) == events
    assert plain(split(*(bytes([byte]) for byte in stream))) == events


@given(
    events=st.lists(st.tuples(st.lists(WORDS, min_size=1, max_size=3), WORDS.filter(bool)), max_size=5),
    end=LINE_ENDS,
    cuts=st.lists(st.integers(0, 400), max_size=20),
)
def test_however_it_is_cut_the_same_events_come_out_and_no_byte_is_lost(
    events: list[tuple[list[str], str]], end: str, cuts: list[int]
) -> None:
    text = "".join(
        f"event: {name}{end}: note{end}" + "".join(f"data: {line}{end}" for line in lines) + end
        for lines, name in events
    )
    stream = text.encode()
    ends = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    splitter = SseSplitter()
    found = [event for start, stop in pairwise(ends) for event in splitter.feed(stream[start:stop])]
    assert [(event.data, event.event) for event in found] == [("\n".join(lines), name) for lines, name in events]
    assert b"".join(event.raw for event in found) + splitter.rest == stream


@given(stream=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=10))
def test_no_bytes_make_it_fail_or_lose_anything(stream: bytes, cuts: list[int]) -> None:
    ends = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    splitter = SseSplitter()
    found = [event for start, stop in pairwise(ends) for event in splitter.feed(stream[start:stop])]
    assert b"".join(event.raw for event in found) + splitter.rest == stream
    assert plain(found) == plain(split(stream))


def test_an_event_without_end_is_refused_at_its_bound() -> None:
    splitter = SseSplitter(event_bytes_max=100)
    splitter.feed(b"data: " + b"a" * 90)
    with pytest.raises(HttpError):
        splitter.feed(b"a" * 90)


def test_events_together_may_be_longer_than_one_may_be() -> None:
    assert len(SseSplitter(event_bytes_max=100).feed(b"data: 0123456789\n\n" * 100)) == 100
