"""Operations on the journal: its records in a list, failures, checkpoints, a proof of all of it.

Not reachable here on purpose: the records of other owners; the whole journal with its values is read beside the store
(`ergos journal`). A proof reads every record; one at a time is made.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

import msgspec

from ergos.app.catalogue import moment, plain
from ergos.app.home import reading
from ergos.app.receipt import newest_checkpoint, proven
from ergos.app.views.own import RecordRow
from ergos.base.errors import OverloadedError, UnknownPathError
from ergos.base.ids import Digest, Pid
from ergos.kernel.own_events import Checkpoint
from ergos.runtime.control import Sign, Signed
from ergos.server.api.operation import Asked, Operation, Takes
from ergos.server.api.shapes import ROWS, Count, Digits, Limit, Moment, Page, SeqNumber

KINDS_MAX: Final = 40  # kinds of records asked for at once; there are fewer


class ListJournal(Page, frozen=True):
    """Which records."""

    pid: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="Only of this process; 0: of all.")] = 0
    agent: Annotated[str, msgspec.Meta(max_length=100)] = ""
    kind: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^[a-z]{1,20}$")], ...], msgspec.Meta(max_length=KINDS_MAX)
    ] = ()
    """Kinds of records, such as exit or ask."""


class RecordShown(msgspec.Struct, frozen=True, kw_only=True):
    """A record in a list."""

    seq: SeqNumber
    pid: Count
    agent: str
    turn: Count
    at: Moment
    kind: str
    summary: str


class RecordRows(msgspec.Struct, frozen=True, kw_only=True):
    """Records, the newest first."""

    records: tuple[RecordShown, ...]
    next: SeqNumber | None
    """`before` of the next page; null: this is the last one."""


class ListFaults(Takes, frozen=True):
    """How many."""

    limit: Limit = ROWS


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint; seq 0: there was nothing new."""

    seq: SeqNumber


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The newest checkpoint, as it stands in the journal: kept elsewhere, it proves that nothing before it changed."""

    checkpoint: dict[str, Any]


class Verify(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to hold the journal against."""

    checkpoint: Kept | None = None
    """A receipt that was kept elsewhere."""
    public_key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] | None = None
    """The only key that may have signed."""


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A receipt."""

    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    hash: Digits
    public_key: Digits
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]
    k: Annotated[str, msgspec.Meta(pattern="^checkpoint$")] = "checkpoint"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was proven."""

    sound: bool
    problem: str
    """The first thing that does not hold; ''."""
    records: Count
    processes: Count
    blobs: Count
    checkpoints: Count
    signed_seq: SeqNumber
    head: str
    holds_open: Count
    public_keys: tuple[str, ...]


async def listed(asked: Asked, takes: ListJournal, _: None) -> RecordRows:
    """Records of the owner."""
    found = await asked.seat.views.records(
        kinds=takes.kind,
        pid=Pid(takes.pid) if takes.pid else None,
        agent=takes.agent,
        before=takes.before or None,
        limit=takes.limit,
    )
    following = found[-1].seq if len(found) == takes.limit else None
    return RecordRows(records=tuple(record_shown(one) for one in found), next=following)


def record_shown(one: RecordRow) -> RecordShown:
    """A record as it stands in a list."""
    return RecordShown(
        seq=one.seq,
        pid=max(0, one.pid),
        agent=one.agent,
        turn=one.turn,
        at=moment(one.at_ns),
        kind=one.kind,
        summary=one.summary,
    )


async def faults(asked: Asked, takes: ListFaults, _: None) -> RecordRows:
    """What went wrong."""
    found = await asked.seat.views.faults(limit=takes.limit)
    return RecordRows(records=tuple(record_shown(one) for one in found), next=None)


async def checkpoint(asked: Asked, _: object, __: None) -> Made:
    """Sign what is new."""
    return Made(seq=cast("Signed", await asked.seat.perform(Sign())).seq)


async def receipt(asked: Asked, _: object, __: None) -> Receipt:
    """The newest checkpoint."""
    async with reading(asked.seat.home) as reads:
        found = await newest_checkpoint(reads)
    if found is None:
        raise UnknownPathError("nothing was signed yet", remedy="POST /checkpoint signs what there is")
    return Receipt(checkpoint=cast("dict[str, Any]", plain(found)))


async def verify(asked: Asked, _: object, body: Verify) -> Proof:
    """Check the whole journal."""
    proving = asked.parts.proving
    if proving.locked():
        raise OverloadedError("a proof is being made", remedy="try again in 10 seconds")
    kept = None
    if body.checkpoint is not None:
        one = body.checkpoint
        kept = Checkpoint(seq=one.seq, hash=Digest(one.hash), public_key=one.public_key, signature=one.signature)
    async with proving:
        found = await proven(asked.seat.home, kept, body.public_key)
    return Proof(
        sound=found.sound,
        problem=str(found.problem) if found.problem is not None else "",
        records=found.records,
        processes=found.processes,
        blobs=found.blobs,
        checkpoints=found.checkpoints,
        signed_seq=found.signed_seq,
        head=found.head,
        holds_open=found.holds_open,
        public_keys=found.public_keys,
    )


OPERATIONS: Final = (
    Operation(
        id="listJournal", method="GET", path="/journal", tag="journal", run=listed, takes=ListJournal,
        reply=RecordRows, summary="List records of the journal, the newest first.",
    ),
    Operation(
        id="listFaults", method="GET", path="/faults", tag="journal", run=faults, takes=ListFaults, reply=RecordRows,
        summary="List failures, refusals and doubts, the newest first.",
    ),
    Operation(
        id="makeCheckpoint", method="POST", path="/checkpoint", tag="journal", run=checkpoint, reply=Made,
        role="operator", keeper=True, summary="Sign what was written since the last checkpoint.",
    ),
    Operation(
        id="getReceipt", method="GET", path="/receipt", tag="journal", run=receipt, reply=Receipt, keeper=True,
        refuses=(404,), summary="Show the newest checkpoint, to be kept elsewhere.",
    ),
    Operation(
        id="verifyJournal", method="POST", path="/verify", tag="journal", run=verify, body=Verify, reply=Proof,
        role="operator", keeper=True, example={},
        summary="Check the whole journal: chain, signatures, ledger, processes, and a receipt kept elsewhere.",
    ),
)  # fmt: skip
