from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.views.peek import peek
from ergos.kernel.values import pack
from tests.app.views.rig import RAW


class Fields(msgspec.Struct, frozen=True):
    runs: int = 0
    name: str = ""


@given(
    runs=st.integers(-(1 << 60), 1 << 60),
    name=st.text(max_size=20),
    words=st.lists(st.text(max_size=90), max_size=40),
    text=st.text(max_size=900),
)
def test_fields_are_read_however_a_value_is_packed(runs: int, name: str, words: list[str], text: str) -> None:
    packed, blobs = pack({"runs": runs, "name": name, "words": words, "text": text})
    stored = {bytes.fromhex(blob.digest): blob.body for blob in blobs}
    assert peek(packed, Fields, stored.get) == Fields(runs, name)


@pytest.mark.parametrize(
    "raw", [b"", b"3", b"[1]", b'"x"', b'{"runs":"x"}', b'{"$ref":"zz"}', b'{"$ref":"' + b"ab" * 32 + b'"}', b"\xff"]
)
def test_what_cannot_be_read_is_none(raw: bytes) -> None:
    assert peek(RAW(raw), Fields, lambda _: None) is None


def test_what_is_not_there_is_the_default() -> None:
    assert peek(RAW(b"{}"), Fields, lambda _: None) == Fields()
    assert peek(RAW(b'{"$map":{"other":1}}'), Fields, lambda _: None) == Fields()
