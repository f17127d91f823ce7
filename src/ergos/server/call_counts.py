"""Counts calls by kind and outcome as their records become durable, and HTTP requests by surface, method and status.

Rules: few labels of few values, whatever programs and clients are called; it counts from when it was made, as counters
of a process do. A count is a fold over the journal that stands behind, so that no call waits for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

import msgspec

from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.events import Called, Intended, Refused, Resulted, decode_body

OPEN_MAX: Final = 50_000  # calls remembered until their answer comes; of one that was forgotten the kind is not known
RECORDS_MAX: Final = 50_000  # records folded for one look; the others wait for the next
PAGE: Final = 500  # records folded before others have the loop
_WANTED: Final = (b'{"k":"intent"', b'{"k":"result"', b'{"k":"call"', b'{"k":"refuse"')


class CallCounts:
    """Of one kernel."""

    def __init__(self, reads: SqliteReads) -> None:
        self._reads: Final = reads
        self._kinds: Final[OrderedDict[tuple[int, str], str]] = OrderedDict()
        self._seq: int | None = None
        self.counts: Final[dict[tuple[str, str], int]] = {}
        """By kind and outcome: 'ok', 'failed', 'refused'."""
        self.behind = 0
        """Records that were not looked at yet."""

    async def look(self) -> None:
        """Take in what was written since the last look. Raises: StoreError."""
        head = (await self._reads.head()).seq
        if self._seq is None:
            self._seq = head
        until = min(head, self._seq + RECORDS_MAX)
        while self._seq < until:
            count = 0
            async for record in self._reads.records(after=self._seq, limit=min(PAGE, until - self._seq)):
                count += 1
                self._seq = record.seq
                if record.pid > 0 and record.body.startswith(_WANTED):
                    self._take(record.pid, record.body)
            if not count:
                break
            await asyncio.sleep(0)
        self.behind = head - self._seq

    def _take(self, pid: int, encoded: bytes) -> None:
        try:
            body = decode_body(encoded)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        match body:
            case Intended(call=call):
                self._kinds[pid, call.key] = call.kind
                while len(self._kinds) > OPEN_MAX:
                    self._kinds.popitem(last=False)
            case Resulted(key=key):
                self._count(self._kinds.pop((pid, key), "unknown"), "failed" if body.failure else "ok")
            case Called(call=call):
                self._count(call.kind, "failed" if body.failure else "ok")
            case Refused(call=call):
                self._count(call.kind, "refused")
            case _:
                pass

    def _count(self, kind: str, outcome: str) -> None:
        self.counts[kind, outcome] = self.counts.get((kind, outcome), 0) + 1


class RequestCounts:
    """HTTP requests of one gate."""

    SURFACES: Final = frozenset({"v1", "mcp", "hooks", "api", "a2a", "metrics", "health", "console"})
    METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

    def __init__(self) -> None:
        self.counts: Final[dict[tuple[str, str, str], int]] = {}
        """By surface, method and class of status: '2xx'."""

    def count(self, path: str, method: str, status: int) -> None:
        """One request was answered."""
        first = path.lstrip("/").partition("/")[0].partition("?")[0]
        first = "a2a" if first == ".well-known" else first
        surface = first if first in self.SURFACES else "console"
        verb = method if method in self.METHODS else "other"
        key = (surface, verb, f"{status // 100}xx" if 100 <= status < 600 else "other")
        self.counts[key] = self.counts.get(key, 0) + 1
