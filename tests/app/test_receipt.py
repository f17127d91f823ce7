"""Receipts: the newest checkpoint, found from the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ergos.app import receipt
from ergos.app.client import order
from ergos.app.home import Home, reading
from ergos.app.receipt import encoded, newest_checkpoint, receipt_of
from ergos.kernel.journal import statement
from ergos.kernel.own_events import Checkpoint
from ergos.runtime.control import Spawn


@pytest.mark.parametrize("step", [1, 3, 10_000])
def test_the_newest_checkpoint_is_found_however_far_back(
    home: Home, listener: Path, step: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(receipt, "CHECKPOINT_RECORDS", step)

    async def play() -> None:
        for _ in range(3):
            await order(home, Spawn(path=str(listener), owner="me"))
        async with reading(home) as reads:
            found = await newest_checkpoint(reads)
            assert found is not None
            assert found.seq == (await reads.head()).seq - 1
            kept = msgspec.json.decode(encoded(await receipt_of(home, reads)), type=Checkpoint)
            assert kept.seq > found.seq
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(kept.public_key))
            key.verify(bytes.fromhex(kept.signature), statement(kept.seq, bytes.fromhex(kept.hash)))

    asyncio.run(play())
