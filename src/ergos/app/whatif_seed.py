"""A store in memory in which a process stands as it stood at a call of its past, so that it can go on from there.

The journal of its turn up to that call is copied record by record, so the replay finds its answers; values are read
from the real store where they are, and nothing is ever written there.

Rules: reads only; calls that were under way beside the point keep the answers they got; messages that reached the
process later in that turn wait in its mailbox; children that have ended are there as they ended, others are left out.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.app.trace.spans import Fold, Span, body_of
from ergos.base.canonical import Plain
from ergos.base.clock import day_of
from ergos.base.errors import UnknownPathError, UnknownProcessError, UsageError
from ergos.base.ids import Digest, Pid
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.drivers.store_memory import MemoryDisk, MemoryStore
from ergos.kernel.events import Body, Called, Committed, Resulted, Spawned, Woken, encode_body
from ergos.kernel.journal import Entry, Sealed
from ergos.kernel.ledger import Meter, Payer, scopes
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rows import Change, Mail
from ergos.kernel.values import NULL, Blob, Packed, pack
from ergos.runtime.vault import Vault

WAKES_MAX: Final = 1_000_000  # records looked through for the version a turn ran on
NOTES_MAX: Final = 1_000  # entries of persistent memory that are taken along
CHILDREN_MAX: Final = 1_000  # children that are taken along

_WAKE: Final = (b'{"k":"wake"', b'{"k":"spawn"')
_KEPT_FACTS: Final = ("grant/", "revoked/", "used/", "pin/")
_ANSWERABLE: Final = frozenset({"think", "act", "ask", "receive", "recall", "wait"})
"""Calls that may be given another answer; what the others answer follows from what they do."""


class Other(msgspec.Struct, frozen=True, kw_only=True):
    """Another answer to the call."""

    value: Plain


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Where something else is supposed to happen."""

    pid: Pid
    turn: int
    seq: int
    """First record of the call."""


class Seed(msgspec.Struct, kw_only=True):
    """A process at a point."""

    process: Process
    span: Span
    """The call as it was."""
    spans: tuple[Span, ...]
    """All calls of the turn as they were."""
    records: tuple[Sealed, ...]
    """Of the turn."""
    kept: tuple[Entry, ...]
    """Those that are still so."""
    change: Change
    at_ns: int


class OverlayStore(MemoryStore):
    """A store in memory that finds values in a real one, too."""

    def __init__(self, disk: MemoryDisk, below: SqliteReads) -> None:
        super().__init__(disk)
        self._below: Final = below

    async def blobs(self, digests: tuple[Digest, ...]) -> dict[Digest, bytes]:
        """Bodies of blobs; unknown ones are left out. Raises: CorruptStoreError for an altered one."""
        found = await super().blobs(digests)
        missing = tuple(digest for digest in digests if digest not in found)
        return {**found, **await self._below.blobs(missing)} if missing else found


async def seed(reads: SqliteReads, vault: Vault, point: Point, other: Other | None) -> Seed:
    """A process at a point, with another answer there if one is given.

    Raises: UnknownProcessError, UnknownPathError; UsageError for a call that cannot be answered otherwise.
    """
    loaded = await reads.load((point.pid,))
    if not loaded:
        raise UnknownProcessError(f"there is no process {point.pid}")
    records = await reads.turn(point.pid, point.turn)
    fold = Fold()
    fold.take(records)
    span = next((one for one in fold.spans if one.seq == point.seq), None)
    if span is None:
        raise UnknownPathError(f"process {point.pid} has no call that began with record {point.seq}")
    kept, blobs = _kept(records, span, tuple(fold.spans), other)
    definition, memory = await _began(reads, point)
    row = msgspec.structs.replace(
        loaded[0].process,
        state=State.READY,
        turn=point.turn,
        turn_open=True,
        waits="",
        wake_at_ns=None,
        memory=memory,
        definition=definition or loaded[0].process.definition,
        outcome=NULL,
        failure=None,
        parent=Pid(0),
    )
    children = await reads.children(point.pid)
    facts = await reads.facts()
    change = Change(
        entries=kept,
        processes=(row, *(child for child in children[:CHILDREN_MAX] if child.state in ENDED)),
        mail_put=await _later_mail(vault, point, fold.spans, at=other is None),
        notes=await reads.notes(row.owner, row.agent, "", NOTES_MAX),
        meters=await _meters(reads, row, span.began_ns),
        blobs=blobs,
        facts=tuple((name, value) for name, value in facts.items() if name.startswith(_KEPT_FACTS)),
    )
    return Seed(
        process=row,
        span=span,
        spans=tuple(fold.spans),
        records=records,
        kept=kept,
        change=change,
        at_ns=span.began_ns,
    )


def _kept(
    records: tuple[Sealed, ...], span: Span, spans: tuple[Span, ...], other: Other | None
) -> tuple[tuple[Entry, ...], tuple[Blob, ...]]:
    """The records that are still so, and the blobs of another answer."""
    beside = {one.call.key for one in spans if one.seq < span.seq}
    kept: list[Entry] = []
    blobs: tuple[Blob, ...] = ()
    for record in records:
        body = body_of(record)
        entry = Entry(record.pid, record.turn, record.at_ns, record.body)
        late = isinstance(body, Resulted) and body.key in beside and record.seq > span.seq
        if body is None:
            continue  # of another version: this one's replay would not know it either
        if record.seq < span.seq or late:
            kept.append(entry)
        elif other is not None and record.seq <= max(span.end_seq, span.seq):
            answered, more = _answered(body, span, other)
            blobs += more
            if answered is not None:
                kept.append(Entry(record.pid, record.turn, record.at_ns, encode_body(answered)))
    if other is not None and not any(_answers(entry, span) for entry in kept):
        raise UsageError(
            f"{span.call.kind} {span.call.name} was not answered, so no other answer can be supposed",
            remedy="suppose another model, or wait until it is answered",
        )
    return tuple(kept), blobs


def _answered(body: Body, span: Span, other: Other) -> tuple[Body | None, tuple[Blob, ...]]:
    """A record of the call with the other answer; None for one that is of no call, or of another."""
    if span.call.kind not in _ANSWERABLE:
        raise UsageError(f"what {span.call.kind} answers follows from what it does")
    key = getattr(body, "key", None) or getattr(getattr(body, "call", None), "key", None)
    if key != span.call.key:
        return None, ()
    if isinstance(body, Resulted):
        packed, blobs = pack(other.value, what="the other answer")
        return Resulted(body.key, value=packed, label=body.label, charge=body.charge, provider=body.provider), blobs
    if isinstance(body, Called):
        packed, blobs = pack(other.value, what="the other answer")
        return Called(body.call, value=packed, label=body.label), blobs
    return body, ()


def _answers(entry: Entry, span: Span) -> bool:
    body = body_of(Sealed(0, entry.pid, entry.turn, entry.at_ns, entry.body, b""))
    return (isinstance(body, Resulted) and body.key == span.call.key) or (
        isinstance(body, Called) and body.call.key == span.call.key
    )


async def _began(reads: SqliteReads, point: Point) -> tuple[Digest | None, Packed]:
    """The version a turn ran on, and the memory it began with."""
    definition: Digest | None = None
    memory: Packed = NULL
    async for record in reads.records(pid=point.pid, limit=WAKES_MAX):
        if record.turn > point.turn:
            break
        if record.body.startswith(_WAKE):
            match body_of(record):
                case Spawned(definition=first, memory=kept):
                    definition, memory = first, kept
                case Woken(definition=moved):
                    definition = moved or definition
                case _:
                    pass
    if point.turn > 1:
        for record in await reads.turn(point.pid, point.turn - 1):
            body = body_of(record)
            if isinstance(body, Committed):
                memory = body.memory
    return definition, memory


async def _later_mail(vault: Vault, point: Point, spans: list[Span], *, at: bool) -> tuple[Mail, ...]:
    """What the process received in that turn after the point, and `at` it."""
    found: list[Mail] = []
    for span in spans:
        if span.call.kind != "receive" or not span.answered or span.failure is not None:
            continue
        if span.seq < point.seq or (span.seq == point.seq and not at):
            continue
        value = await vault.value(span.value)
        if not isinstance(value, dict) or not isinstance(value.get("id"), int):
            continue
        body, _ = pack(value.get("body"))
        sender = value.get("sender")
        found.append(
            Mail(
                id=int(str(value["id"])),
                to=point.pid,
                sender=Pid(sender if isinstance(sender, int) else 0),
                body=body,
                label=span.label,
                trigger=str(value.get("trigger", "")),
            )
        )
    return tuple(found)


async def _meters(reads: SqliteReads, row: Process, at_ns: int) -> tuple[tuple[str, Meter], ...]:
    """What is spent as it is now: the ceilings are those of today."""
    day = day_of(at_ns)
    payer = Payer(row.pid, row.agent, row.owner)
    _, meters = await reads.books(tuple(key for _, key in scopes(payer, day)))
    return tuple(meters.items())
