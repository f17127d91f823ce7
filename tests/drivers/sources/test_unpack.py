"""Decompression is bounded and forgiving."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ErgosError, SourceError
from ergos.base.limits import MIB
from ergos.drivers.sources.unpack import unpack_declared, unpack_magic


@given(st.binary(max_size=2_000))
def test_what_was_packed_comes_back(body: bytes) -> None:
    packed = gzip.compress(body)
    if not body.startswith(b"\x1f\x8b\x08"):
        assert unpack_magic(packed).body == body
    assert unpack_declared(packed, "gzip").body == body


@given(st.binary(max_size=500), st.sampled_from(["gzip", "deflate", "gzip, deflate", "br", "x" * 10]))
def test_damaged_data_is_a_reason_and_nothing_else(body: bytes, coding: str) -> None:
    for packed in (body, b"\x1f\x8b\x08" + body):
        try:
            unpack_declared(packed, coding)
            unpack_magic(packed)
        except ErgosError:
            pass


def test_a_file_of_many_members_is_read_whole() -> None:
    assert unpack_magic(gzip.compress(b"one ") + gzip.compress(b"two")).body == b"one two"


def test_a_stream_that_breaks_off_gives_its_beginning() -> None:
    text = b" ".join(str(number).encode() for number in range(100_000))
    found = unpack_magic(gzip.compress(text)[:-50_000])
    assert len(found.body) > 100_000
    assert text.startswith(found.body)
    assert "breaks off" in found.notes[0]


def test_rubbish_after_the_end_is_left_alone() -> None:
    assert unpack_magic(gzip.compress(b"words") + b"rubbish").body == b"words"


def test_a_bomb_is_refused_while_it_unfolds() -> None:
    with pytest.raises(SourceError, match="bomb"):
        unpack_magic(gzip.compress(bytes(64 * MIB), 9))


def test_a_short_text_that_repeats_itself_is_no_bomb() -> None:
    assert len(unpack_magic(gzip.compress(b"a" * 60_000, 9)).body) == 60_000


def test_layers_are_bounded() -> None:
    body = b"words"
    for _ in range(5):
        body = gzip.compress(body)
    with pytest.raises(SourceError, match="more than"):
        unpack_magic(body)
    with pytest.raises(SourceError):
        unpack_declared(body, "gzip," * 5)


def test_gzip_written_by_another_tool_is_read() -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile("named.xml", "wb", fileobj=buffer) as file:
        file.write(b"<rss/>")
    assert unpack_magic(buffer.getvalue()).body == b"<rss/>"
