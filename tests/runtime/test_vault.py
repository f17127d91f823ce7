"""Values in memory and in the store: what was packed is found again, from the cache or from the store."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.base.errors import CorruptStoreError
from ergos.drivers.store_memory import MemoryDisk, MemoryStore
from ergos.kernel.rows import Change
from ergos.runtime import vault as vault_module
from ergos.runtime.vault import MissingBlobsError, Vault

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=800),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


async def stored(disk: MemoryDisk, value: Plain):
    """The packed value, its blobs durable."""
    store = MemoryStore(disk)
    vault = Vault(store)
    packed, blobs = vault.pack(value)
    store.submit(Change(blobs=blobs))
    vault.keep(blobs)
    await store.flush()
    return vault, packed


@given(plain)
def test_a_value_is_read_back_by_a_vault_that_never_saw_it(value: Plain):
    async def scenario() -> None:
        disk = MemoryDisk()
        _, packed = await stored(disk, value)
        assert await Vault(MemoryStore(disk)).value(packed) == value

    asyncio.run(scenario())


def test_what_was_just_kept_needs_no_reading():
    async def scenario() -> None:
        vault, packed = await stored(MemoryDisk(), ["x" * 600] * 9)
        assert vault.unpack(packed) == ["x" * 600] * 9

    asyncio.run(scenario())


def test_a_body_that_is_not_in_memory_is_named_and_found_after_it_was_fetched():
    async def scenario() -> None:
        disk = MemoryDisk()
        value = [f"{number} " + "x" * 600 for number in range(9)]
        _, packed = await stored(disk, value)
        other = Vault(MemoryStore(disk))
        with pytest.raises(MissingBlobsError) as gap:
            other.unpack(packed)
        await other.fetch(gap.value.digests)
        assert other.unpack(packed) == value

    asyncio.run(scenario())


def test_a_lost_blob_is_said_so():
    async def scenario() -> None:
        disk = MemoryDisk()
        _, packed = await stored(disk, "x" * 1_000)
        disk.blobs.clear()
        with pytest.raises(CorruptStoreError, match="missing"):
            await Vault(MemoryStore(disk)).value(packed)

    asyncio.run(scenario())


def test_a_growing_list_costs_its_newest_item():
    async def scenario() -> None:
        store = MemoryStore()
        vault = Vault(store)
        messages: list[Plain] = [f"{number} " + "m" * 600 for number in range(50)]
        _, blobs = vault.pack(messages)
        vault.keep(blobs)
        _, blobs = vault.pack([*messages, "one more"])
        assert len(blobs) == 1

    asyncio.run(scenario())


def test_the_cache_is_bounded_and_what_it_let_go_of_is_read_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vault_module, "CACHE_BYTES_MAX", 5_000)
    monkeypatch.setattr(vault_module, "KNOWN_MAX", 4)

    async def scenario() -> None:
        disk = MemoryDisk()
        store = MemoryStore(disk)
        vault = Vault(store)
        kept = []
        for number in range(20):
            value = f"{number} " + "x" * 1_000
            packed, blobs = vault.pack(value)
            store.submit(Change(blobs=blobs))
            vault.keep(blobs)
            kept.append((packed, value))
        await store.flush()
        assert sum(map(len, vault._bodies.values())) <= 5_000
        assert len(vault.known) <= 4
        for packed, value in kept:
            assert await vault.value(packed) == value
        large = ["y" * 700 for _ in range(12)]  # more than the cache holds at once
        packed, blobs = vault.pack(large)
        store.submit(Change(blobs=blobs))
        await store.flush()
        assert await vault.value(packed) == large

    asyncio.run(scenario())
