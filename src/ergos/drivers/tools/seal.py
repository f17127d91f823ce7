"""States that pass through an agent's hands come back as they were, or are refused.

A waiting Python cell is given out as bytes. Whoever could change them could make the interpreter read what was never
written by it, so they carry a keyed digest of themselves and of whom they belong to.

Rules: what is sealed can be read by whoever holds it; it cannot be made or changed, nor used by another.
Source: RFC 2104 (HMAC).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
from pathlib import Path
from typing import Final

from ergos.base.entropy import Entropy
from ergos.base.errors import ValueShapeError, WorldError
from ergos.drivers.whole_file import replace_file

KEY_BYTES: Final = 32
_MARK_BYTES: Final = 32


class Seal:
    """Seals and opens, with one key."""

    def __init__(self, key: bytes) -> None:
        assert len(key) >= KEY_BYTES, len(key)
        self._key: Final = key

    def close(self, holder: str, content: bytes) -> str:
        """The content under seal, as text. `holder`: whoever may give it back."""
        return base64.b64encode(self._mark(holder, content) + content).decode()

    def open(self, holder: str, sealed: str) -> bytes:
        """The content. Raises: ValueShapeError for anything that was not sealed for this holder."""
        try:
            raw = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueShapeError("the state is not one that was given out here") from error
        mark, content = raw[:_MARK_BYTES], raw[_MARK_BYTES:]
        if not hmac.compare_digest(mark, self._mark(holder, content)):
            raise ValueShapeError("the state is not one that was given out here, or was changed since")
        return content

    def _mark(self, holder: str, content: bytes) -> bytes:
        name = holder.encode()
        return hmac.new(self._key, len(name).to_bytes(4, "big") + name + content, hashlib.sha256).digest()


def seal_of(path: Path, entropy: Entropy) -> Seal:
    """The seal whose key a file keeps, which only its owner can read; made at first use. Raises: WorldError."""
    try:
        with contextlib.suppress(FileNotFoundError):
            return Seal(_checked(path.read_bytes(), path))
        key = bytes(entropy.below(256, stream="seal") for _ in range(KEY_BYTES))
        replace_file(path, key)
    except OSError as error:
        raise WorldError(
            f"the key {path} cannot be read or written: {error.strerror}",
            remedy="see that the folder exists and that you may write to it",
        ) from error
    return Seal(key)


def _checked(key: bytes, path: Path) -> bytes:
    if len(key) != KEY_BYTES:
        raise WorldError(f"{path} is not a key", remedy="move it away; cells that wait for a call begin again")
    return key
