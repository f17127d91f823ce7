"""The hash chain over all records, and the receipts signed over it.

One chain for each store: record n is sealed by SHA-256 over the seal of record n - 1 and its own position,
process, turn, time and bytes. Editing, deleting, inserting or swapping a record breaks the chain from there
on; cutting off its end is noticed against a checkpoint kept elsewhere.

Rules: a seal is computed once, by the store, when the position is known, with `seal`; verification uses the
same function. This file knows no storage.
Source: Haber & Stornetta, How to Time-Stamp a Digital Document (1991); RFC 8032 (Ed25519).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ergos.base.errors import ValueShapeError, VerificationError
from ergos.base.ids import Pid

GENESIS: Final = b"\0" * 32
_HEADER: Final = struct.Struct(">qqqq")


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A record on its way into the journal."""

    pid: Pid
    turn: int
    at_ns: int
    body: bytes


class Sealed(msgspec.Struct, frozen=True, array_like=True):
    """A record in its place."""

    seq: int
    """1, 2, 3, ... without a gap."""
    pid: Pid
    turn: int
    at_ns: int
    body: bytes
    seal: bytes
    """32 bytes."""


def seal(past: bytes, seq: int, entry: Entry) -> bytes:
    """The seal of `entry` at position `seq` after the seal `past`. Raises: ValueShapeError beyond 64 bits."""
    try:
        header = _HEADER.pack(seq, entry.pid, entry.turn, entry.at_ns)
    except struct.error as error:
        raise ValueShapeError(f"record {seq} of process {entry.pid} has a number beyond 64 bits") from error
    return hashlib.sha256(past + header + entry.body).digest()


def verified(records: Iterable[Sealed], past: bytes = GENESIS, seq: int = 0) -> Iterator[Sealed]:
    """The same records, each only after its seal was checked.

    Raises: VerificationError naming the first record that does not fit.
    """
    sha256, pack = hashlib.sha256, _HEADER.pack
    for record in records:
        seq += 1
        if record.seq != seq:
            raise VerificationError(f"record {seq} is missing: record {record.seq} follows record {seq - 1}")
        expected = sha256(past + pack(seq, record.pid, record.turn, record.at_ns) + record.body).digest()
        if expected != record.seal:
            raise VerificationError(
                f"record {seq} (process {record.pid}) was changed, or one before it was replaced: "
                f"its seal is {record.seal.hex()[:16]}…, its content gives {expected.hex()[:16]}…",
            )
        past = expected
        yield record


def statement(seq: int, head: bytes) -> bytes:
    """What a checkpoint signs."""
    return b"ergos checkpoint 1\n" + str(seq).encode() + b"\n" + head.hex().encode() + b"\n"
