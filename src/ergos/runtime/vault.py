"""Values in memory and in the store: packs what is written, finds what is read.

Remembers which blobs are surely stored, so that a growing conversation costs its newest message, and keeps
recently used bodies, so that what was just written need not be read back.

Rules: bounded memory; `known` may forget (a blob is then offered again and the store ignores it), but never
claims too much.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from ergos.base.canonical import Plain
from ergos.base.errors import CorruptStoreError
from ergos.base.ids import Digest
from ergos.kernel.ports import RecordReads
from ergos.kernel.values import Blob, Packed, links, pack, unpack

KNOWN_MAX: Final = 32_768  # digests remembered as stored; about 5 MiB
CACHE_BYTES_MAX: Final = 16 * 1024 * 1024  # bytes of bodies kept for reading back


class MissingBlobsError(Exception):
    """Bodies that have to be read before a value can be unpacked; never leaves the runtime."""

    def __init__(self, digests: tuple[Digest, ...]) -> None:
        super().__init__(digests)
        self.digests = digests


class Vault:
    """The runtime's view of all values."""

    def __init__(self, store: RecordReads) -> None:
        self._store = store
        self._known: OrderedDict[Digest, None] = OrderedDict()
        self._bodies: OrderedDict[Digest, bytes] = OrderedDict()
        self._bytes = 0

    @property
    def known(self) -> OrderedDict[Digest, None]:
        """Digests that are stored or submitted."""
        return self._known

    def pack(self, value: Plain, *, what: str = "value") -> tuple[Packed, tuple[Blob, ...]]:
        """Packed form and the blobs to submit with it (submitting makes them known)."""
        return pack(value, self._known, what=what)

    def keep(self, blobs: Iterable[Blob]) -> None:
        """Note that these blobs are being stored."""
        for blob in blobs:
            self._known[blob.digest] = None
            self._cache(blob.digest, blob.body)
        while len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    def unpack(self, packed: Packed) -> Plain:
        """The value. Raises: MissingBlobsError if bodies have to be fetched first."""
        return unpack(packed, self._body)

    async def value(self, packed: Packed) -> Plain:
        """The value, read from the store where needed. Raises: CorruptStoreError for a lost blob."""
        read: dict[Digest, bytes] = {}

        def body(digest: Digest) -> bytes:
            return read[digest] if digest in read else self._body(digest)

        while True:
            try:
                return unpack(packed, body)
            except MissingBlobsError as gap:
                await self._read(gap.digests, read)

    async def fetch(self, digests: tuple[Digest, ...]) -> None:
        """Read these blobs and what they name into the cache."""
        await self._read(digests, {})

    async def _read(self, digests: tuple[Digest, ...], read: dict[Digest, bytes]) -> None:
        """Read these blobs and, ahead of need, what they seem to name."""
        bodies = await self._store.blobs(digests)
        lost = set(digests) - bodies.keys()
        if lost:
            raise CorruptStoreError(f"the blob {min(lost)[:16]}… is missing")
        while bodies:
            read.update(bodies)
            for digest, content in bodies.items():
                self._known[digest] = None
                self._cache(digest, content)
            ahead = {link for content in bodies.values() for link in links(content)} - read.keys()
            bodies = await self._store.blobs(tuple(sorted(ahead))) if ahead else {}

    def _body(self, digest: Digest) -> bytes:
        body = self._bodies.get(digest)
        if body is None:
            raise MissingBlobsError((digest,))
        return body

    def _cache(self, digest: Digest, body: bytes) -> None:
        if digest not in self._bodies:
            self._bodies[digest] = body
            self._bytes += len(body)
            while self._bytes > CACHE_BYTES_MAX and len(self._bodies) > 1:
                _, dropped = self._bodies.popitem(last=False)
                self._bytes -= len(dropped)
