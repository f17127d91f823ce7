"""Writes the log of a kernel: follows the journal behind it, and takes what faces say besides.

Rules: as `telemetry.follower`, nothing here is on the way of a call; a log that cannot be written stops being written,
and nothing else stops. The secrets of the vault are read again when their file has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

import msgspec

from ergos.app.home import Home, reads_of
from ergos.app.logs.events import WANTED, event_of
from ergos.app.logs.lines import Event, Lines, LogFormat
from ergos.app.logs.redaction import Redactor
from ergos.base.errors import ErgosError, StoreError
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.events import decode_body

PAGE: Final = 500  # records looked at before others have the loop
BEHIND_MAX: Final = 100_000  # records the log may be behind; what is older is left out, and the log says so
WAIT_S: Final = 30.0  # seconds one wait for the kernel lasts
LOOK_S: Final = 2.0  # seconds between two looks whether the secrets have changed

Moved = Callable[[int, float], Awaitable[int]]
"""Waits until something durable was written behind a record, or so many seconds; the last record."""


class Secrets(Protocol):
    """The vault, as the log sees it."""

    def names(self) -> tuple[str, ...]:
        """What is kept."""
        ...

    def get(self, name: str) -> str:
        """A secret. Raises: ErgosErrors."""
        ...


class Log:
    """Of one kernel."""

    def __init__(self, write: Callable[[str], object], log_format: LogFormat, secrets: Secrets, stamp: Path) -> None:
        """`write` takes a line with its end, and returns False for one it could not take.

        `stamp`: the file that changes when a secret does.
        """
        self._write: Final = write
        self._secrets: Final = secrets
        self._stamp: Final = stamp
        self._seen: tuple[int, int] | None = None
        self._lines: Final = Lines(log_format, Redactor(self._known()))
        self._broken = False
        self._lost = 0

    def say(self, event: Event) -> None:
        """Write one line. What cannot be written is lost, and counted."""
        if self._broken:
            return
        self._refresh()
        if self._lost:
            lost = Event(at_ns=event.at_ns, level="warn", event="log.lost", fields={"lines": self._lost})
            if self._written(lost):
                self._lost = 0
        if not self._written(event):
            self._lost += 1

    def _written(self, event: Event) -> bool:
        try:
            return self._write(self._lines.line(event) + "\n") is not False
        except (OSError, ValueError):  # the disk is full, or whoever read it has gone
            self._broken = True
            return True

    def _refresh(self) -> None:
        try:
            found = self._stamp.stat()
            now = (found.st_mtime_ns, found.st_ino)
        except OSError:
            now = (0, 0)
        if now != self._seen:
            self._seen = now
            self._lines.redactor = Redactor(self._known())

    def _known(self) -> Iterable[str]:
        try:
            names = self._secrets.names()
        except ErgosError:
            return ()
        found: list[str] = []
        for name in names:
            try:
                found.append(self._secrets.get(name))
            except ErgosError:
                continue  # in a keyring that cannot be reached from here: then nobody here uses it either
        return found


class Following:
    """Where the log has come to in the journal, and how it goes on."""

    def __init__(self, reads: SqliteReads, log: Log, moved: Moved, after: int) -> None:
        """`after`: the record behind which it begins."""
        self._reads: Final = reads
        self._log: Final = log
        self._moved: Final = moved
        self._seq = after

    async def run(self) -> None:
        """Log what becomes durable, until cancelled, or until the store cannot be read: the kernel says why."""
        try:
            while True:
                await self._to(await self._moved(self._seq, WAIT_S))
        except StoreError:
            return

    async def rest(self) -> None:
        """Log what is durable by now. Raises: StoreError."""
        await self._to((await self._reads.head()).seq)

    async def _to(self, head: int) -> None:
        if head - self._seq > BEHIND_MAX:
            at_ns = (await self._reads.head()).at_ns
            left = head - BEHIND_MAX - self._seq
            self._log.say(Event(at_ns=at_ns, level="warn", event="log.left_out", fields={"records": left}))
            self._seq = head - BEHIND_MAX
        while self._seq < head:
            read = await page(self._reads, self._log, self._seq)
            if read == self._seq:
                break
            self._seq = read
            await asyncio.sleep(0)


async def page(reads: SqliteReads, log: Log, after: int) -> int:
    """Log some records; the last of them, or `after` if there are none. Raises: StoreError."""
    async for record in reads.records(after=after, limit=PAGE):
        after = record.seq
        if not record.body.startswith(WANTED):
            continue
        try:
            event = event_of(record, decode_body(record.body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue  # `ergos verify` says so
        if event is not None:
            log.say(event)
    return after


@asynccontextmanager
async def logging(home: Home, log: Log, moved: Moved) -> AsyncGenerator[Log]:
    """Log what happens beside whatever is done inside, and at its end what is durable by then. Raises: StoreError."""
    reads = reads_of(home)
    try:
        following = Following(reads, log, moved, (await reads.head()).seq)
        running = asyncio.ensure_future(following.run())
        try:
            yield log
        finally:
            running.cancel()
            await asyncio.wait({running})
            with suppress(StoreError):  # the kernel has stopped for the same reason, and says so
                await following.rest()
    finally:
        await reads.close()
