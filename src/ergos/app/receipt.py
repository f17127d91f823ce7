"""Receipts: the newest signed checkpoint of a store, as a file that proves the journal up to it.

Rules: a receipt holds no content, only position, hash, key and signature; whoever keeps it elsewhere notices
later changes, cut-off ends included.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from ergos.app.client import order
from ergos.app.home import Home, reading
from ergos.base.errors import StoreError
from ergos.base.limits import CHECKPOINT_RECORDS
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.events import decode_body
from ergos.kernel.own_events import Checkpoint
from ergos.runtime.audit import Audit, audit
from ergos.runtime.control import Sign

_TAG: Final = b'"k":"checkpoint"'


async def newest_checkpoint(reads: SqliteReads) -> Checkpoint | None:
    """The last checkpoint, sought from the end; None if nothing was ever signed."""
    until = (await reads.head()).seq
    while until > 0:
        after = max(0, until - CHECKPOINT_RECORDS)
        found: Checkpoint | None = None
        async for record in reads.records(after=after, limit=until - after):
            if record.pid == 0 and _TAG in record.body:
                body = decode_body(record.body)
                found = body if isinstance(body, Checkpoint) else found
        if found is not None:
            return found
        until = after
    return None


async def receipt_of(home: Home, reads: SqliteReads) -> Checkpoint:
    """Sign what is new, then the newest checkpoint. Raises: StoreError if there is none."""
    await order(home, Sign())
    found = await newest_checkpoint(reads)
    if found is None:
        raise StoreError("nothing was signed yet", remedy="run something first: `ergos run PATH`")
    return found


async def proven(home: Home, kept: Checkpoint | None = None, public_key: str | None = None) -> Audit:
    """Check the whole journal, in a thread and a loop of its own: it computes for as long as the journal is long.

    `kept`: a receipt from elsewhere; `public_key`: the only one that may have signed. Raises: StoreError.
    """

    async def audited() -> Audit:
        async with reading(home) as reads:
            reads.freeze()
            return await audit(reads, kept=kept, public_key=public_key)

    return await asyncio.to_thread(lambda: asyncio.run(audited()))


def encoded(checkpoint: Checkpoint) -> bytes:
    """The file: the record as it stands in the journal, one line of JSON."""
    return msgspec.json.encode(checkpoint) + b"\n"
