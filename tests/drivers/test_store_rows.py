"""A damaged row is a clear error and never a traceback or a wrong value."""

from __future__ import annotations

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import CorruptStoreError
from ergos.base.ids import Digest
from ergos.drivers.store_rows import (
    account_of,
    blob_body,
    blob_row,
    head_of,
    item_of,
    mail_of,
    meter_of,
    note_of,
    process_of,
    sealed_of,
)
from ergos.kernel.values import Blob

CELLS = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=5)
    | st.binary(max_size=8)
    | st.sampled_from(["ready", "mail", b"null", b"{}", b'["user",null]', b"\0" * 32])
)
READERS = [
    (process_of, 13), (mail_of, 5), (note_of, 5), (meter_of, 5), (account_of, 3), (sealed_of, 6), (head_of, 3), (blob_body, 4),
]  # fmt: skip


@pytest.mark.parametrize(("read", "width"), READERS)
@given(data=st.data())
def test_any_row_is_read_or_refused(read, width: int, data: st.DataObject) -> None:
    row = tuple(data.draw(CELLS) for _ in range(width))
    try:
        read(row)
    except CorruptStoreError:
        pass


@given(CELLS)
def test_any_item_is_read_or_refused(cell) -> None:
    try:
        item_of(cell)
    except CorruptStoreError:
        pass


@given(st.binary(max_size=2_000) | st.builds(lambda n: b"ab" * n, st.integers(0, 5_000)))
def test_a_blob_survives_its_row_whether_packed_or_not(body: bytes) -> None:
    assert blob_body(blob_row(Blob(Digest(hashlib.sha256(body).hexdigest()), body))) == body


def test_what_compresses_is_stored_compressed() -> None:
    body = b"the same words " * 200
    row = blob_row(Blob(Digest(hashlib.sha256(body).hexdigest()), body))
    assert row[1:3] == (3_000, 1)
    assert len(row[3]) < 200  # type: ignore[arg-type]


def test_what_is_short_is_stored_as_it_is() -> None:
    body = b"the same words " * 100
    assert blob_row(Blob(Digest(hashlib.sha256(body).hexdigest()), body))[2:] == (0, body)


def test_a_decompression_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000)
    with pytest.raises(CorruptStoreError):
        blob_body((b"\0" * 32, 10, 1, bomb))
