"""Proves offline that a store is what its kernel wrote: chain, signatures, books, processes, values.

One pass over the journal folds it again, with the kernel's own rules, and then holds the fold against every
table that the records determine. What cannot be proven is said: where, and what is wrong.

Rules: reads only, pages of records, memory in proportion to processes and blobs, not to records; no kernel
writes meanwhile (`SqliteReads.freeze`). A verdict is a value, never an exception. Who can write the file and
holds the signing key can write another history: against that helps a kept receipt or a known key.
Source: Haber & Stornetta (1991); RFC 8032.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Final, Protocol

import msgspec

from ergos.base.errors import StoreError, VerificationError
from ergos.base.ids import KERNEL, Digest, Pid
from ergos.base.money import Amount
from ergos.kernel.events import Body, decode_body
from ergos.kernel.journal import GENESIS, Sealed, statement, verified
from ergos.kernel.ledger import Meter
from ergos.kernel.own_events import Checkpoint
from ergos.kernel.process import Process
from ergos.kernel.rows import Head
from ergos.kernel.values import links
from ergos.runtime.aftermath import AFTERMATH
from ergos.runtime.refold import Refold

PAGE_RECORDS: Final = 2_000  # records verified at once; progress is told after each page
BLOBS_AT_ONCE: Final = 32  # blobs read at once; each may have VALUE_BYTES_MAX

_NAMED: Final = re.compile(rb'\{"\$(ref|list|tree)":"([0-9a-f]{64})"')
_DEFINED: Final = re.compile(rb'^\{"k":"(?:spawn|wake)",.*?"definition":"([0-9a-f]{64})"')


class Audited(Protocol):
    """What an audit reads; every store has it."""

    def records(self, *, after: int = 0, pid: Pid | None = None, limit: int | None = None) -> AsyncIterator[Sealed]:
        """Records by ascending position."""
        ...

    async def blobs(self, digests: tuple[Digest, ...]) -> dict[Digest, bytes]:
        """Bodies of blobs."""
        ...

    async def facts(self) -> dict[str, str]:
        """Single values of the kernel."""
        ...

    async def books(self, keys: tuple[str, ...]) -> tuple[dict[str, Amount], dict[str, Meter]]:
        """Accounts and meters."""
        ...

    async def processes(
        self, *, owner: str | None = None, live_only: bool = True, after: Pid = Pid(0), limit: int = 1000
    ) -> tuple[Process, ...]:
        """Processes by ascending pid."""
        ...

    async def head(self) -> Head:
        """The last record."""
        ...


class Problem(msgspec.Struct, frozen=True):
    """The first thing that does not hold."""

    what: str
    seq: int | None = None
    """Position of the record concerned; None where it is a table or a blob."""

    def __str__(self) -> str:
        return self.what if self.seq is None else f"record {self.seq}: {self.what}"


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What was proven, up to `problem` if there is one."""

    records: int
    """Records whose place in the chain was verified."""
    kinds: dict[str, int]
    """Records by kind."""
    processes: int
    blobs: int
    """Blobs whose content was verified."""
    checkpoints: int
    """Checkpoints whose signature was verified."""
    public_keys: tuple[str, ...]
    """Every key that signed, in order of first use; more than one deserves a look."""
    signed_seq: int
    """Last position under a signature; what follows is chained but not signed."""
    head: str
    """Hash of the last verified record."""
    holds_open: int
    """Calls of live processes whose worst case is set aside."""
    problem: Problem | None = None

    @property
    def sound(self) -> bool:
        """Whether everything holds."""
        return self.problem is None


async def audit(
    reads: Audited,
    *,
    kept: Checkpoint | None = None,
    public_key: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Audit:
    """Verify everything. `kept` is a checkpoint kept elsewhere, `public_key` the only key that may have signed.

    `on_progress` is told the number of records verified so far. Cost: about 10 microseconds a record.
    """
    auditor = _Auditor(reads, kept, public_key)
    problem: Problem | None = None
    try:
        await auditor.run(on_progress)
    except _BrokenError as broken:
        problem = broken.problem
    except StoreError as error:
        problem = Problem(error.what)
    return auditor.verdict(problem)


class _BrokenError(Exception):
    """Leaves the pass at the first problem; never leaves this file."""

    def __init__(self, what: str, seq: int | None = None) -> None:
        super().__init__(what)
        self.problem = Problem(what, seq)


class _Auditor:
    """One audit under way."""

    def __init__(self, reads: Audited, kept: Checkpoint | None, public_key: str | None) -> None:
        self._reads: Final = reads
        self._kept: Final = kept
        self._public_key: Final = public_key
        self._fold: Final = Refold()
        self._seq = 0
        self._past: bytes = GENESIS
        self._kinds: Counter[str] = Counter()
        self._keys: dict[str, None] = {}
        self._checkpoints = 0
        self._signed_seq = 0
        self._kept_seen = False
        self._seen: set[bytes] = set()
        self._wanted: dict[Digest, bool] = {}
        """Blobs to look at, and whether each is a node of a list."""
        self._blobs = 0

    def verdict(self, problem: Problem | None) -> Audit:
        return Audit(
            records=self._seq,
            kinds=dict(sorted(self._kinds.items())),
            processes=len(self._fold.processes),
            blobs=self._blobs,
            checkpoints=self._checkpoints,
            public_keys=tuple(self._keys),
            signed_seq=self._signed_seq,
            head=self._past.hex(),
            holds_open=len(self._fold.holds),
            problem=problem,
        )

    async def run(self, on_progress: Callable[[int], None] | None) -> None:
        if self._kept is not None:
            self._check_key(self._kept, None)
        page: list[Sealed] = []
        async for record in self._reads.records():
            page.append(record)
            if len(page) == PAGE_RECORDS:
                await self._take(page)
                page.clear()
                if on_progress is not None:
                    on_progress(self._seq)
        await self._take(page)
        if on_progress is not None:
            on_progress(self._seq)
        await self._check_ends()
        await self._check_tables()

    # The pass

    async def _take(self, page: list[Sealed]) -> None:
        fold, kinds = self._fold, self._kinds
        first, past = self._seq, self._past
        kept_seq = self._kept.seq if self._kept is not None else 0
        try:
            for record in verified(page, past, first):
                body = _decoded(record)
                kinds[type(body).__struct_config__.tag] += 1  # type: ignore[index]
                wrong = fold.take(record, body)
                if wrong:
                    raise _BrokenError(wrong, record.seq)
                if b'{"$' in record.body or b'"definition":"' in record.body:
                    self._note_blobs(record)
                if type(body) is Checkpoint:
                    await self._check_checkpoint(record, body)
                self._seq, self._past = record.seq, record.seal
                if record.seq == kept_seq:
                    self._check_kept(record)
        except VerificationError as error:
            raise _BrokenError(error.what) from error
        while len(self._wanted) >= BLOBS_AT_ONCE:
            await self._check_blobs()

    async def _check_checkpoint(self, record: Sealed, body: Checkpoint) -> None:
        """A checkpoint signs a hash that stands in the chain before it."""
        if not 0 < body.seq < record.seq:
            raise _BrokenError(f"it signs record {body.seq}, which does not stand before it", record.seq)
        found = self._past
        if body.seq != record.seq - 1:
            async for earlier in self._reads.records(after=body.seq - 1, limit=1):
                found = earlier.seal
        if found.hex() != body.hash:
            what = f"it signs {body.hash[:16]}… for record {body.seq}, which is {found.hex()[:16]}…"
            raise _BrokenError(what, record.seq)
        self._check_key(body, record.seq)
        self._keys[body.public_key] = None
        self._checkpoints += 1
        self._signed_seq = body.seq

    def _check_key(self, body: Checkpoint, seq: int | None) -> None:
        whose = "the kept checkpoint" if seq is None else "the checkpoint"
        if self._public_key is not None and body.public_key != self._public_key:
            raise _BrokenError(f"{whose} was signed with the key {body.public_key[:16]}…, not with the known one", seq)
        if not signed_by(body.public_key, body.seq, body.hash, body.signature):
            raise _BrokenError(f"the signature of {whose} over record {body.seq} is not valid", seq)

    def _check_kept(self, record: Sealed) -> None:
        self._kept_seen = True
        assert self._kept is not None
        if record.seal.hex() != self._kept.hash:
            raise _BrokenError(
                f"it is {record.seal.hex()[:16]}…, the kept checkpoint says {self._kept.hash[:16]}…: "
                "this is another history",
                record.seq,
            )

    def _note_blobs(self, record: Sealed) -> None:
        for kind, name in _NAMED.findall(record.body):
            self._want(name, node=kind != b"ref")
        defined = _DEFINED.match(record.body)
        if defined is not None:
            self._want(defined[1], node=False)

    def _want(self, name: bytes, *, node: bool) -> None:
        mark = name + b"n" if node else name
        if mark not in self._seen:
            self._seen.add(mark)
            digest = Digest(name.decode())
            self._wanted[digest] = node or self._wanted.get(digest, False)

    async def _check_blobs(self) -> None:
        """A few of the wanted blobs: they exist, are what they are named, and what they name is wanted too."""
        some = tuple(self._wanted)[:BLOBS_AT_ONCE]
        bodies = await self._reads.blobs(some)
        for name in some:
            node = self._wanted.pop(name)
            body = bodies.get(name)
            if body is None:
                raise _BrokenError(f"the blob {name[:16]}… is missing")
            if hashlib.sha256(body).hexdigest() != name:
                raise _BrokenError(f"the blob {name[:16]}… is not what was stored")
            self._blobs += 1
            if node:
                self._follow(body)

    def _follow(self, body: bytes) -> None:
        """A node of a list names the node before it and perhaps a blob for its item."""
        names = links(body)
        past = body[2:66].decode() if body.startswith(b'["') else None
        for name in names:
            self._want(name.encode(), node=name == past)
        for kind, name in _NAMED.findall(body):
            self._want(name, node=kind != b"ref")

    # After the pass

    async def _check_ends(self) -> None:
        if self._kept is not None and not self._kept_seen:
            raise _BrokenError(
                f"the journal ends at record {self._seq}; the kept checkpoint saw record {self._kept.seq}: "
                "its end was cut off",
            )
        head = await self._reads.head()
        if (head.seq, head.seal) != (self._seq, self._past):
            raise _BrokenError(f"the store says that it ends at record {head.seq}, its records end at {self._seq}")
        while self._wanted:
            await self._check_blobs()

    async def _check_tables(self) -> None:
        """Hold the fold against the tables."""
        after = KERNEL
        count = 0
        while rows := await self._reads.processes(live_only=False, after=after, limit=PAGE_RECORDS):
            for row in rows:
                wrong = self._fold.differs(row)
                if wrong:
                    raise _BrokenError(f"process {row.pid} does not follow from its records: {wrong}")
            count += len(rows)
            after = rows[-1].pid
        if count != len(self._fold.processes):
            raise _BrokenError(f"the records know {len(self._fold.processes):,} processes, the table has {count:,}")
        accounts, meters = await self._reads.books(("*",))
        slots = await self._reads.facts()
        unfinished = frozenset(Pid(int(pid)) for name, pid in slots.items() if name.startswith(AFTERMATH) and pid)
        wrong = self._fold.unbalanced(accounts, meters, unfinished)
        if wrong:
            raise _BrokenError(wrong)


def _decoded(record: Sealed) -> Body:
    try:
        return decode_body(record.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _BrokenError(f"no version of ErgOS up to this one wrote such a record: {error}", record.seq) from error


def signed_by(public_key: str, seq: int, head: str, signature: str) -> bool:
    """Whether the Ed25519 signature over a checkpoint is valid. All but `seq` hexadecimal. Source: RFC 8032."""
    # heavy: only audits need it
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), statement(seq, bytes.fromhex(head)))
    except (ValueError, InvalidSignature):
        return False
    return True
