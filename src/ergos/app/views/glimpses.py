"""What the fold reads of each record: the few fields that it needs, so that most of a record is skipped, not built.

Rules: names and meanings are those of `kernel.events` and `kernel.own_events` (a test compares them); a record that
cannot be read in this way is of a kind that is not known here, never an error.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias, get_args

import msgspec

from ergos.base.ids import Digest, Pid
from ergos.base.money import ZERO, Amount
from ergos.kernel.calls import Failure, Hold
from ergos.kernel.events import Body
from ergos.kernel.values import NULL, Packed

TAG_CHARS_MAX: Final = 40  # characters of a kind of record
UNREADABLE: Final = "?"
"""The kind of what is no record."""


class Arguments(msgspec.Struct, frozen=True, gc=False):
    """Arguments of calls that are looked at."""

    inputs: Packed = NULL
    to: Packed = NULL
    pid: Packed = NULL


class CallSeen(msgspec.Struct, frozen=True):
    """`calls.Call`."""

    key: str
    kind: str
    name: str
    args: Arguments
    solver: str | None = None


class SpawnedSeen(msgspec.Struct, frozen=True):
    """`events.Spawned`."""

    owner: str
    agent: str
    definition: Digest
    parent: Pid


class WokenSeen(msgspec.Struct, frozen=True):
    """`events.Woken`."""

    cause: str
    definition: Digest | None = None


class IntendedSeen(msgspec.Struct, frozen=True):
    """`events.Intended`."""

    call: CallSeen
    hold: Hold | None = None


class ResultedSeen(msgspec.Struct, frozen=True):
    """`events.Resulted`."""

    key: str
    value: Packed = NULL
    failure: Failure | None = None
    charge: Amount = ZERO
    faults: tuple[str, ...] = ()
    provider: str = ""
    checked: bool = False


class CalledSeen(msgspec.Struct, frozen=True):
    """`events.Called`."""

    call: CallSeen
    value: Packed = NULL
    failure: Failure | None = None


class RefusedSeen(msgspec.Struct, frozen=True):
    """`events.Refused`."""

    call: CallSeen
    failure: Failure


class RepeatedSeen(msgspec.Struct, frozen=True):
    """`events.Repeated`."""

    key: str
    charge: Amount = ZERO
    hold: Hold | None = None


class DoubtedSeen(msgspec.Struct, frozen=True):
    """`events.Doubted`."""

    key: str
    why: str


class CommittedSeen(msgspec.Struct, frozen=True):
    """`events.Committed`."""

    memory: Packed


class ExitedSeen(msgspec.Struct, frozen=True):
    """`events.Exited`."""

    state: str
    outcome: Packed = NULL
    failure: Failure | None = None


class RestartedSeen(msgspec.Struct, frozen=True):
    """`events.Restarted`."""

    failure: Failure


class SignalledSeen(msgspec.Struct, frozen=True):
    """`events.Signalled`."""

    signal: str


class OwnedSeen(msgspec.Struct, frozen=True):
    """`own_events`: Capped, Granted, Revoked, TurnedAway."""

    owner: str


class PinnedSeen(msgspec.Struct, frozen=True):
    """`own_events.Pinned`."""

    by: str


class InquiredSeen(msgspec.Struct, frozen=True):
    """`own_events.Inquired`."""

    item: int
    owner: str


class AnsweredSeen(msgspec.Struct, frozen=True):
    """`events.Answered`."""

    item: int


class ReachedSeen(msgspec.Struct, frozen=True):
    """`own_events.Reached`."""

    pid: Pid
    refusal: str = ""


Glimpse: TypeAlias = (
    SpawnedSeen
    | WokenSeen
    | IntendedSeen
    | ResultedSeen
    | CalledSeen
    | RefusedSeen
    | RepeatedSeen
    | DoubtedSeen
    | CommittedSeen
    | ExitedSeen
    | RestartedSeen
    | SignalledSeen
    | OwnedSeen
    | PinnedSeen
    | InquiredSeen
    | AnsweredSeen
    | ReachedSeen
)

SEEN: Final[dict[str, type[msgspec.Struct]]] = {
    "spawn": SpawnedSeen,
    "wake": WokenSeen,
    "intent": IntendedSeen,
    "result": ResultedSeen,
    "call": CalledSeen,
    "refuse": RefusedSeen,
    "repeat": RepeatedSeen,
    "doubt": DoubtedSeen,
    "commit": CommittedSeen,
    "exit": ExitedSeen,
    "restart": RestartedSeen,
    "signal": SignalledSeen,
    "cap": OwnedSeen,
    "grant": OwnedSeen,
    "revoke": OwnedSeen,
    "pin": PinnedSeen,
    "inquire": InquiredSeen,
    "answer": AnsweredSeen,
    "reach": ReachedSeen,
    "away": OwnedSeen,
}

_DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {tag: msgspec.json.Decoder(kind) for tag, kind in SEEN.items()}


_KINDS: Final = tuple(str(kind.__struct_config__.tag) for kind in get_args(Body))
_TAGS: Final = {b'{"k":"' + tag.encode(): tag for tag in _KINDS}
"""Kinds of records by how their bytes begin."""


class _Tagged(msgspec.Struct, frozen=True):
    k: str


_TAGGED: Final = msgspec.json.Decoder(_Tagged)


def tag_of(body: bytes) -> str:
    """The kind of a record; UNREADABLE for what is none."""
    found = _TAGS.get(body[: body.find(b'"', 6, 7 + TAG_CHARS_MAX)])
    if found is not None:
        return found
    try:
        return _TAGGED.decode(body).k[:TAG_CHARS_MAX].encode("utf-8", "replace").decode() or UNREADABLE
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return UNREADABLE


def glimpse(tag: str, body: bytes) -> Glimpse | None:
    """What the fold needs of a record of this kind; None: nothing, or it cannot be read."""
    decoder = _DECODERS.get(tag)
    if decoder is None:
        return None
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
