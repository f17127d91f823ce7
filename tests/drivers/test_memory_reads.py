"""The memory store's own guard; every other promise is in tests/conformance."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from ergos.base.errors import CorruptStoreError
from ergos.base.ids import Digest
from ergos.drivers.memory_reads import MemoryReads
from ergos.drivers.store_memory import MemoryDisk


def test_an_altered_blob_is_refused_and_an_unknown_one_left_out() -> None:
    disk = MemoryDisk()
    name = Digest(hashlib.sha256(b"body").hexdigest())
    disk.blobs[name] = b"body"
    assert asyncio.run(MemoryReads(disk).blobs((name, Digest("0" * 64)))) == {name: b"body"}
    disk.blobs[name] = b"other"
    with pytest.raises(CorruptStoreError):
        asyncio.run(MemoryReads(disk).blobs((name,)))
