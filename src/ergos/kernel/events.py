"""What the journal records: one Struct per kind of event, told apart by its tag.

Rules: records are never changed; a field may be added with a default; a changed meaning takes a new tag, so
that every later version replays every earlier journal (tests/golden holds one of each release). Values stand
packed (`values`), money as `Amount`. Everything the system knows is a fold over these. What the kernel records of
itself stands in `own_events`, what all of them are made of in `calls`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from ergos.base.ids import Digest, Pid
from ergos.base.money import ZERO, Amount
from ergos.kernel.calls import Call, Failure, Hold, Record, SignalName, Verdict
from ergos.kernel.labels import USER, Label
from ergos.kernel.own_events import (
    Booted,
    Capped,
    Checkpoint,
    Granted,
    Halted,
    Inquired,
    Pinned,
    Reached,
    Revoked,
    TurnedAway,
)
from ergos.kernel.triggers import AnyTrigger
from ergos.kernel.values import NULL, Packed


class Spawned(Record, frozen=True, tag="spawn"):
    """A process exists."""

    owner: str
    agent: str
    definition: Digest
    """Blob of the agent's definition: program version, grants, caps, supervision."""
    parent: Pid
    memory: Packed = NULL


class Woken(Record, frozen=True, tag="wake"):
    """A turn began."""

    cause: Literal["start", "mail", "timer"]
    definition: Digest | None = None
    """The version this turn and the later ones run on, where it changed."""


class Equipped(Record, frozen=True, tag="equip"):
    """What the program of this turn sees of mounted tools: the same at every replay, whatever is mounted by then."""

    tools: Packed
    """Their definitions, by name."""


class Intended(Record, frozen=True, tag="intent"):
    """A call was authorised and covered, and is about to be performed."""

    call: Call
    hold: Hold | None = None
    grant: str | None = None
    approved_by: str | None = None


class Resulted(Record, frozen=True, tag="result"):
    """A call was answered; its hold is settled in the same transaction."""

    key: str
    value: Packed = NULL
    failure: Failure | None = None
    label: Label = USER
    charge: Amount = ZERO
    faults: tuple[str, ...] = ()
    """Why acceptance checks rejected the value; empty: accepted, or no checks."""
    late: bool = False
    """It arrived after its process had ended: recorded and settled, not answered."""
    provider: str = ""
    """Who was paid, where that was decided after the hold: the endpoint that took a model call; '' as held."""
    claimed: Amount | None = None
    """What the provider says was used, where it is more than the call could cost: charged is the worst case."""
    checked: bool = False
    """Acceptance checks looked at the value."""
    queued_ns: int = 0
    """Nanoseconds between its intent (its repetition, if it was performed again after a crash) and the start of what
    was performed, the disk's time for that record included; of a model call until it was sent to the endpoint that
    answered; of one never started, all of them.
    """


class Called(Record, frozen=True, tag="call"):
    """Intent and result in one, for a call that never left the kernel or this machine."""

    call: Call
    value: Packed = NULL
    failure: Failure | None = None
    label: Label = USER


class Attached(Record, frozen=True, tag="attach"):
    """A foreign program entered its process: for the first time, or started again after it had gone."""

    life: int
    """Counts its starts from 1; its token is good for one of them."""
    command: tuple[str, ...] = ()


class Replayed(Record, frozen=True, tag="replay"):
    """A foreign program that was started again asked what it had asked before, and was answered from the journal."""

    key: str


class Refused(Record, frozen=True, tag="refuse"):
    """A call was refused before anything happened; the program was told."""

    call: Call
    failure: Failure


class Repeated(Record, frozen=True, tag="repeat"):
    """After a crash, a call without a result is performed again; what it may have cost stays charged."""

    key: str
    charge: Amount = ZERO
    hold: Hold | None = None
    why: Literal["pure", "idempotent", "probed-absent", "owner"] = "pure"
    sent_again: bool = False
    """No crash: a model call is sent once more, after or beside another sending; what it waited goes on counting."""


class Doubted(Record, frozen=True, tag="doubt"):
    """After a crash or a lost answer nobody knows whether this irreversible call happened; it parks its process."""

    key: str
    item: int
    why: str


class Asked(Record, frozen=True, tag="ask"):
    """Something waits for the owner: an approval of exactly this call, or a question."""

    key: str
    item: int
    what: Literal["approval", "question"]
    digest: Digest
    """Rule 4: binds the answer to tool, definition, arguments, grant, process and policy epoch."""
    expires_ns: int
    call: Call
    why: str = ""
    rule: str = ""
    """Which rule of permission asks; '' for a question."""


class Answered(Record, frozen=True, tag="answer"):
    """The owner (or time) answered an inbox item."""

    item: int
    key: str
    verdict: Verdict
    by: str
    value: Packed = NULL


class Armed(Record, frozen=True, tag="arm"):
    """From now on this trigger wakes the process; one of the same name before is replaced."""

    trigger: AnyTrigger
    due_ns: int | None = None
    """When it is due or looked at first; None: when it is told."""


class Disarmed(Record, frozen=True, tag="disarm"):
    """A trigger wakes the process no more."""

    name: str


class Fired(Record, frozen=True, tag="fire"):
    """Something happened that a trigger waits for, or a time passed; its process was told once, or by policy not."""

    name: str
    key: str
    """What tells this happening from every other of its trigger."""
    mail: int
    """The message it was told with; 0: it was left out by the misfire policy."""
    how: Literal["met", "late", "made_up", "skipped"] = "met"
    due_ns: int | None = None
    """Of a schedule: the time."""
    missed: int = 0
    """Times before it that passed unmet and are not made up for; of very many only so many are counted."""
    since_ns: int | None = None
    """The first of them; None: there are none."""
    through_ns: int | None = None
    """Up to this instant it stands for all times, where that is later than its own."""


class Committed(Record, frozen=True, tag="commit"):
    """A turn ended; the process idles with this memory until mail or the time comes."""

    memory: Packed
    wake_at_ns: int | None = None


class Exited(Record, frozen=True, tag="exit"):
    """The process ended."""

    state: Literal["done", "failed", "killed"]
    outcome: Packed = NULL
    failure: Failure | None = None


class Restarted(Record, frozen=True, tag="restart"):
    """The program crashed and its open turn is driven again."""

    failure: Failure
    after_ns: int


class Signalled(Record, frozen=True, tag="signal"):
    """A signal was delivered."""

    signal: SignalName
    by: str


Body: TypeAlias = (
    Booted
    | Spawned
    | Woken
    | Equipped
    | Intended
    | Resulted
    | Called
    | Attached
    | Replayed
    | Refused
    | Repeated
    | Doubted
    | Asked
    | Answered
    | Armed
    | Disarmed
    | Fired
    | Committed
    | Exited
    | Restarted
    | Signalled
    | Halted
    | Capped
    | Granted
    | Revoked
    | Pinned
    | Inquired
    | Reached
    | TurnedAway
    | Checkpoint
)

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Body)


def encode_body(body: Body) -> bytes:
    """The bytes that are stored and hashed."""
    return _ENCODER.encode(body)


def decode_body(encoded: bytes) -> Body:
    """The record of stored bytes.

    Raises: msgspec.DecodeError for a record no version of this code wrote.
    """
    return _DECODER.decode(encoded)
