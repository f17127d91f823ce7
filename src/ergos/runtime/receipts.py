"""Receipts: a signed checkpoint as a file, to be kept where the store is not.

Whoever keeps one notices later that the journal before it was changed, or that its end was cut off.

Rules: one JSON object, every field required, nothing else accepted; it holds no content of the journal. This
file reads and writes nothing: bytes in, bytes out.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from ergos.base.errors import VerificationError
from ergos.base.ids import Digest
from ergos.kernel.own_events import Checkpoint

RECEIPT_BYTES_MAX: Final = 4_096  # bytes of a receipt file; a real one has about 600

_HEX: Final = re.compile(r"[0-9a-f]+")
_REMEDY: Final = "name a file that `ergos receipt` wrote, unchanged"


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file says."""

    ergos_checkpoint: Literal[1]
    """Version of the format."""
    store: str
    """Name of the store, 32 hexadecimal digits."""
    seq: int
    """Last record under the signature."""
    hash: str
    """Seal of that record, 64 hexadecimal digits."""
    public_key: str
    """Raw Ed25519 public key, 64 hexadecimal digits."""
    signature: str
    """Over `journal.statement(seq, hash)`, 128 hexadecimal digits."""
    at_ns: int
    """When it was signed, UTC nanoseconds since 1970."""

    @property
    def checkpoint(self) -> Checkpoint:
        """What an audit compares with the chain."""
        return Checkpoint(self.seq, Digest(self.hash), self.public_key, self.signature)


def receipt(checkpoint: Checkpoint, *, store: str, at_ns: int) -> Receipt:
    """The receipt of a checkpoint record."""
    return Receipt(
        ergos_checkpoint=1,
        store=store,
        seq=checkpoint.seq,
        hash=checkpoint.hash,
        public_key=checkpoint.public_key,
        signature=checkpoint.signature,
        at_ns=at_ns,
    )


def encode_receipt(kept: Receipt) -> bytes:
    """The file: one JSON object over several lines, for people to look at."""
    return msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n"


def parse_receipt(file: bytes) -> Receipt:
    """The receipt of a file's bytes.

    Raises: VerificationError for anything that `encode_receipt` does not write.
    """
    if len(file) > RECEIPT_BYTES_MAX:
        raise VerificationError(f"a receipt has at most {RECEIPT_BYTES_MAX:,} bytes", remedy=_REMEDY)
    try:
        found = msgspec.json.decode(file, type=Receipt)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise VerificationError(f"this is not a receipt: {error}", remedy=_REMEDY) from error
    shapes = (("store", found.store, 32), ("hash", found.hash, 64), ("public_key", found.public_key, 64))
    for what, text, digits in (*shapes, ("signature", found.signature, 128)):
        if len(text) != digits or not _HEX.fullmatch(text):
            raise VerificationError(f"not a receipt: {what} must be {digits} hexadecimal digits", remedy=_REMEDY)
    if found.seq < 1 or found.at_ns < 0:
        raise VerificationError("this is not a receipt: seq and at_ns count from 1 and 0", remedy=_REMEDY)
    return found
