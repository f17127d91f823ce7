"""Follows the journal behind the kernel and tells a collector what it says.

It reads durable records with a connection and a cursor of its own, and sleeps until something was written. It takes at
most a share of the loop's time; when it falls too far behind, it goes on further ahead and counts what it left out.

Rules: nothing of it is on the way of a call; the cursor is kept in a file beside the store, so that a restart goes on
where it stopped. A value is read only where something of it is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, cast

import msgspec

from ergos.app.telemetry.answers import Read, content, read_answer
from ergos.app.telemetry.fold import Fold, Whose
from ergos.app.telemetry.sending import Sender
from ergos.app.telemetry.spans import LogEvent, Measured, Span, sampled
from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, StoreError
from ergos.base.ids import KERNEL, Pid
from ergos.base.limits import SPAWN_DEPTH_MAX
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.drivers.whole_file import replace_file
from ergos.kernel.calls import Call
from ergos.kernel.events import Body, Called, Refused, Resulted, Spawned, decode_body
from ergos.kernel.journal import Sealed
from ergos.kernel.ports import RecordReads
from ergos.kernel.values import NULL, Packed
from ergos.runtime.vault import Vault

FILE: Final = "telemetry.cursor"
PAGE: Final = 200  # records folded before others have the loop
SHARE: Final = 4  # the follower takes one part of this many of the loop's time
BEHIND_MAX: Final = 100_000  # records it may be behind; what is older is left out
KEEP_S: Final = 10.0  # seconds between two writings of the cursor
WAIT_S: Final = 30.0  # seconds one wait for the kernel lasts
FINISH_S: Final = 3.0  # seconds the last sending may take when the kernel stops
CURSOR_BYTES_MAX: Final = 200  # bytes of the file; one has about sixty

Moved = Callable[[int, float], Awaitable[int]]
"""Waits until something durable was written behind a record, or so many seconds; the last record."""


class Cursor(msgspec.Struct, frozen=True):
    """How far it has read."""

    store: str
    seq: int


class Follower:
    """One follower of one store."""

    def __init__(
        self, reads: SqliteReads, sender: Sender, fold: Fold, path: Path, *, share: float, words: bool
    ) -> None:
        """`share`: of all traces, which part is told. `words`: content is told, too."""
        self._reads: Final = reads
        self._vault: Final = Vault(cast("RecordReads", reads))
        self._sender: Final = sender
        self._fold: Final = fold
        self._path: Final = path
        self._share: Final = share
        self._words: Final = words
        self._kept = 0
        self.seq = 0
        """The last record that was folded."""

    async def begin(self) -> None:
        """Take up where the last one stopped; at the end of the journal if there was none. Raises: StoreError."""
        head = (await self._reads.head()).seq
        found = await asyncio.to_thread(_read_cursor, self._path)
        known = found is not None and found.store == self._reads.id and found.seq <= head
        self.seq = self._kept = found.seq if found is not None and known else head

    async def run(self, moved: Moved) -> None:
        """Follow until cancelled. Raises: StoreError."""
        loop = asyncio.get_running_loop()
        due = loop.time() + KEEP_S
        while True:
            head = await moved(self.seq, WAIT_S)
            if head - self.seq > BEHIND_MAX:
                self._sender.drop(head - BEHIND_MAX - self.seq)
                self.seq = head - BEHIND_MAX
            while self.seq < head:
                began = loop.time()
                if not await self.page():
                    break
                await asyncio.sleep((SHARE - 1) * (loop.time() - began))
            if loop.time() >= due:
                await self.keep()
                due = loop.time() + KEEP_S

    async def page(self) -> int:
        """Fold some records; how many there were. Raises: StoreError."""
        count = 0
        async for record in self._reads.records(after=self.seq, limit=PAGE):
            count += 1
            self.seq = record.seq
            if record.pid != KERNEL:
                await self._take(record)
        return count

    async def keep(self) -> None:
        """Write the cursor; what is told twice after a crash has the same ids."""
        if self.seq == self._kept:
            return
        raw = msgspec.json.encode(Cursor(self._reads.id, self.seq))
        try:
            await asyncio.to_thread(replace_file, self._path, raw)
            self._kept = self.seq
        except OSError:
            return  # the next start begins at an older place

    async def _take(self, record: Sealed) -> None:
        try:
            body = decode_body(record.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._sender.drop(1)
            return
        if not isinstance(body, Spawned):
            await self._learn(record.pid, record.turn, record.seq)
        elif body.parent != KERNEL:
            await self._learn_parent(body.parent, record.seq)
        read = await self._read(record, body)
        for told in self._fold.take(record, body, read):
            if isinstance(told, Measured) or self._told(told):
                self._sender.tell(told)

    def _told(self, told: Span | LogEvent) -> bool:
        return self._share >= 1 or sampled(told.trace_id, self._share)

    async def _learn(self, pid: Pid, turn: int, before: int) -> None:
        """What the fold has to know of a process that began before it: its row, and its turn up to a record."""
        if self._fold.knows(pid):
            return
        whose = await self._whose(pid)
        if whose is None:
            return
        self._fold.know(whose)
        for earlier in await self._reads.turn(pid, turn):
            if earlier.seq >= before:
                break
            body = decode_body(earlier.body)
            if not isinstance(body, Spawned):
                self._fold.take(earlier, body)  # it was told before

    async def _learn_parent(self, pid: Pid, before: int) -> None:
        if not self._fold.knows(pid) and (loaded := await self._reads.load((pid,))):
            await self._learn(pid, loaded[0].process.turn, before)

    async def _whose(self, pid: Pid) -> Whose | None:
        found = await self._reads.load((pid,))
        if not found:
            return None
        process = root = found[0].process
        for _ in range(SPAWN_DEPTH_MAX):
            if root.parent == KERNEL:
                break
            above = await self._reads.load((root.parent,))
            if not above:
                break
            root = above[0].process
        return Whose(pid=pid, owner=process.owner, agent=process.agent, root=root.pid, parent=process.parent)

    async def _read(self, record: Sealed, body: Body) -> Read | None:
        """What the answer of a call says."""
        if isinstance(body, Resulted):
            call = self._fold.call_of(record, body.key)
        elif isinstance(body, Called | Refused):
            call = body.call
        else:
            return None
        wanted = call is not None and (call.kind == "think" or (self._words and call.kind == "act"))
        if call is None or not wanted:
            return None
        try:
            return await self._read_call(call, NULL if isinstance(body, Refused) else body.value)
        except ErgosError as error:
            if isinstance(error, StoreError):
                raise
            return None

    async def _read_call(self, call: Call, packed: Packed) -> Read:
        value = await self._vault.value(packed)
        dialect = await self._vault.value(call.args["dialect"]) if "dialect" in call.args else "neutral"
        read = read_answer(call, dialect, value)
        if not self._words:
            return read
        given: dict[str, Plain] = {name: await self._vault.value(one) for name, one in call.args.items()}
        return msgspec.structs.replace(read, given=content(given), came=content(value))


def _read_cursor(path: Path) -> Cursor | None:
    try:
        if path.stat().st_size > CURSOR_BYTES_MAX:
            return None
        return msgspec.json.decode(path.read_bytes(), type=Cursor)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


@asynccontextmanager
async def following(follower: Follower, sender: Sender, moved: Moved) -> AsyncGenerator[Follower]:
    """Follow and send, beside whatever is done inside; at the end, what waits is sent as far as time allows."""
    await follower.begin()
    running = [asyncio.ensure_future(follower.run(moved)), asyncio.ensure_future(sender.run())]
    try:
        yield follower
    finally:
        for one in running:
            one.cancel()
        await asyncio.wait(running)
        for one in running:
            if not one.cancelled():
                one.exception()  # a store that fails ends the kernel, which says so
        while await _last_page(follower):
            pass
        await follower.keep()
        await sender.finish(FINISH_S)


async def _last_page(follower: Follower) -> int:
    try:
        return await follower.page()
    except StoreError:
        return 0
