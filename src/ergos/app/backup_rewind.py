"""What going back in time means for a store that was restored, and makes it safe before anything runs.

A restored home knows nothing of what was done after its backup. Driven on, its processes would do it again. So:

  * STOP is in force, and every process that lives is paused: nothing begins before its owner has decided.
  * A call that was under way at the backup is handled by its effect class once its process is resumed: an irreversible
    one is in doubt and parks, a reconcilable one is probed. A call made anew under the same key has the same
    idempotency key, because store, process and turn keep their names: whoever honours such keys does it once.
  * Numbers of processes, messages and inbox items go on beyond every one that was given out since: no token, answer
    or idempotency key of something that is forgotten fits something else.

Rules: writes records and rows of the usual kinds in one transaction, by the kernel's own step; the journal goes on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from ergos.base.errors import ErgosError, StoreError
from ergos.base.ids import KERNEL, Pid
from ergos.drivers.sqlite_reads import COUNTER_MAIL, FLOOR_ITEM, FLOOR_PID, SqliteReads
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.events import Called, Exited, Intended, Repeated, Resulted, decode_body, encode_body
from ergos.kernel.journal import Entry
from ergos.kernel.own_events import Halted, Revoked
from ergos.kernel.process import TRANSITIONS, Cause, Process
from ergos.kernel.rows import Change, Head
from ergos.kernel.step import Signal, Write, step

BY: Final = "restore"
RESTORED: Final = "restored"
"""Fact: where the restored journal ended, when it was restored, and by which version."""
GAP: Final = 1_000_000  # numbers left out after a restore: more than a kernel gives out between two backups
PAGE: Final = 1_000  # processes paused in one step
FORGOTTEN_SHOWN: Final = 50  # calls after the backup that are shown; the others are counted
FORGOTTEN_RECORDS_MAX: Final = 5_000_000  # records after the backup that are looked through


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """A call that the replaced home made after the backup, and that the restored one knows nothing of."""

    seq: int
    pid: Pid
    at_ns: int
    call: str
    effect: str
    answered: bool


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in the replaced home after the backup."""

    known: bool
    """False: there was none, it is of another store, or its history is another one."""
    records: int = 0
    calls: int = 0
    """Those with effects outside: not pure."""
    shown: tuple[Forgotten, ...] = ()
    revoked: int = 0
    """Grants taken back since; they are in force again."""
    highest: tuple[int, int, int] = (0, 0, 0)
    """Largest pid, mail id and item ever given out there."""


class Rewound(msgspec.Struct, frozen=True, kw_only=True):
    """A store that is safe to run."""

    processes: int
    paused: tuple[Pid, ...]
    """Those that would have gone on by themselves."""
    open_calls: int
    """Calls that were under way at the backup."""


async def since(old: Path, head: Head, store: str) -> Since:
    """What a store did after a record of its own. Never raises: what cannot be read is not known."""
    try:
        reads = SqliteReads.open(old)
    except ErgosError:
        return Since(known=False)
    try:
        reads.freeze()
        if reads.id != store:
            return Since(known=False)
        highest = await reads.highest()
        if not await _holds(reads, head):
            return Since(known=False, highest=highest)
        return await _read_since(reads, head.seq, highest)
    except ErgosError:
        return Since(known=False)
    finally:
        await reads.close()


async def _holds(reads: SqliteReads, head: Head) -> bool:
    """Whether this history goes through that record."""
    if head.seq == 0:
        return True
    found = [record async for record in reads.records(after=head.seq - 1, limit=1)]
    return bool(found) and found[0].seq == head.seq and found[0].seal == head.seal


async def _read_since(reads: SqliteReads, seq: int, highest: tuple[Pid, int, int]) -> Since:
    records, calls, revoked = 0, 0, 0
    shown: dict[tuple[Pid, int, str], Forgotten] = {}
    async for record in reads.records(after=seq, limit=FORGOTTEN_RECORDS_MAX):
        records += 1
        try:
            body = decode_body(record.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if isinstance(body, Intended | Called) and body.call.effect != "pure":
            calls += 1
            if len(shown) < FORGOTTEN_SHOWN:
                shown[record.pid, record.turn, body.call.key] = Forgotten(
                    seq=record.seq,
                    pid=record.pid,
                    at_ns=record.at_ns,
                    call=f"{body.call.kind} {body.call.name}",
                    effect=body.call.effect,
                    answered=isinstance(body, Called),
                )
        elif isinstance(body, Resulted) and (found := shown.get((record.pid, record.turn, body.key))) is not None:
            shown[record.pid, record.turn, body.key] = msgspec.structs.replace(found, answered=True)
        elif isinstance(body, Revoked):
            revoked += 1
    return Since(
        known=True, records=records, calls=calls, shown=tuple(shown.values()), revoked=revoked, highest=highest
    )


async def rewind(path: Path, now_ns: int, version: str, beyond: tuple[int, int, int] = (0, 0, 0)) -> Rewound:
    """Make a restored store safe; durable on return. `beyond`: the largest numbers known to be given out since.

    Raises: StoreError.
    """
    store = SqliteStore(path)
    try:
        head = await store.head()
        at_ns = max(now_ns, head.at_ns)
        entries: list[Entry] = [Entry(KERNEL, 0, at_ns, encode_body(Halted(on=True, by=BY)))]
        rows: list[Process] = []
        count, open_calls, after = 0, 0, Pid(0)
        while found := await store.processes(after=after, limit=PAGE):
            for process in found:
                open_calls += await _open_calls(store, process)
                if (process.state, Cause.PAUSE) in TRANSITIONS:
                    stopped, effects = step(process, Signal("pause", BY))
                    bodies = [effect.body for effect in effects if isinstance(effect, Write)]
                    entries += [Entry(process.pid, process.turn, at_ns, encode_body(body)) for body in bodies]
                    rows.append(stopped)
            count += len(found)
            after = found[-1].pid
        fact = msgspec.json.encode({"seq": head.seq, "at_ns": at_ns, "version": version}).decode()
        facts = (("halted", BY), (RESTORED, fact))
        store.submit(Change(entries=tuple(entries), processes=tuple(rows), facts=facts))
        await store.flush()
        given = await store.highest()
    finally:
        await store.close()
    _leave_gap(path, tuple(max(pair) for pair in zip(given, beyond, strict=True)))
    return Rewound(processes=count, paused=tuple(row.pid for row in rows), open_calls=open_calls)


async def _open_calls(store: SqliteStore, process: Process) -> int:
    """Calls of the open turn that have begun and have no result."""
    if not process.turn_open:
        return 0
    begun: set[str] = set()
    for record in await store.turn(process.pid, process.turn):
        match decode_body(record.body):
            case Intended(call=call):
                begun.add(call.key)
            case Repeated(key=key):
                begun.add(key)
            case Resulted(key=key):
                begun.discard(key)
            case Exited():
                begun.clear()
            case _:
                pass
    return len(begun)


def _leave_gap(path: Path, given: tuple[int, ...]) -> None:
    """From now on larger numbers than these are given out, by far. Raises: StoreError."""
    import sqlite3

    from ergos.drivers.sqlite_open import SQLITE_ERRORS, translated

    pid, mail, item = ((number // GAP + 1) * GAP for number in given)
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            for name, number in ((FLOOR_PID, pid), (COUNTER_MAIL, mail), (FLOOR_ITEM, item)):
                connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, str(number)))
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()
    except SQLITE_ERRORS as error:
        raise translated(error) from error
    if not path.is_file():
        raise StoreError(f"{path} is gone")
