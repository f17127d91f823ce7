"""A file of secrets that only its owner can read and only the home's key can open.

The file is a mark, a nonce and what AES-256-GCM makes of the rest; a bit that was changed, cut off or added is
noticed. What is not noticed: an older copy of the same file put in its place.

Rules: a file that others may read or write is not used, nor one that is not a plain file of ours; it is replaced
whole or not at all; two writers take turns. No error holds anything of what is inside.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ergos.base.entropy import Entropy
from ergos.base.world_errors import SecretError
from ergos.drivers.whole_file import replace_file, turn

SEALED_BYTES_MAX: Final = 16 * 1024 * 1024  # bytes of the file; a thousand secrets of the greatest length

_MARK: Final = b"ergos vault 1\n"
_NONCE_BYTES: Final = 12
_SIGNED: Final = b"ergos vault 1"
"""What is signed to make the key: it follows from the home's key, and says nothing of it."""


class Kept(msgspec.Struct, frozen=True):
    """One secret, or where it is."""

    value: str = ""
    elsewhere: bool = False
    """It is in the keyring of the desktop; `value` is empty."""

    def __repr__(self) -> str:
        return "Kept(...)"


class Signs(Protocol):
    """Signs deterministically with the home's key."""

    def sign(self, statement: bytes) -> str:
        """Signature, hexadecimal."""
        ...


class SealedFile:
    """Reads and replaces one file."""

    def __init__(self, path: Path, signer: Signs, entropy: Entropy) -> None:
        self.path: Final = path
        self._signer: Final = signer
        self._entropy: Final = entropy

    def read(self) -> dict[str, Kept]:
        """What is inside; empty where there is no file. Raises: SecretError."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unusable(f"cannot be read: {error.strerror}") from error
        try:
            self._ours(os.fstat(descriptor))
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                sealed = file.read(SEALED_BYTES_MAX + 1)
        finally:
            os.close(descriptor)
        return self._opened(sealed)

    @contextmanager
    def changing(self) -> Generator[dict[str, Kept]]:
        """What is inside, to be changed; written when the block ends well. Raises: SecretError."""
        try:
            descriptor = turn(self.path)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            kept = self.read()
            yield kept
            self._write(kept)
        finally:
            os.close(descriptor)

    def _write(self, kept: dict[str, Kept]) -> None:
        nonce = self._entropy.below(1 << (8 * _NONCE_BYTES), stream="vault").to_bytes(_NONCE_BYTES, "big")
        sealed = _MARK + nonce + self._cipher().encrypt(nonce, msgspec.json.encode(kept), _MARK)
        if len(sealed) > SEALED_BYTES_MAX:
            raise SecretError("there is no room for more secrets", remedy="`ergos secret forget NAME` makes room")
        try:
            replace_file(self.path, sealed)
        except OSError as error:
            raise self._unwritable(error) from error

    def _opened(self, sealed: bytes) -> dict[str, Kept]:
        if len(sealed) > SEALED_BYTES_MAX or not sealed.startswith(_MARK):
            raise self._unusable("is no file of secrets")
        nonce = sealed[len(_MARK) : len(_MARK) + _NONCE_BYTES]
        try:
            plain = self._cipher().decrypt(nonce, sealed[len(_MARK) + _NONCE_BYTES :], _MARK)
            return msgspec.json.decode(plain, type=dict[str, Kept])
        except (InvalidTag, ValueError, msgspec.DecodeError):
            raise self._unusable("was changed, or belongs to another home: its seal is broken") from None

    def _ours(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise self._unusable("is no plain file")
        if found.st_uid != os.geteuid():
            raise self._unusable("belongs to another user")
        if found.st_mode & 0o077:
            raise SecretError(
                f"{self.path} may be read or written by others, so it is not used",
                remedy=f"`chmod 600 {self.path}`, and take what is in it for known: replace those secrets",
            )

    def _unwritable(self, error: OSError) -> SecretError:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        remedy = "free some space" if full else f"see who may write in {self.path.parent}"
        return SecretError(f"{self.path} cannot be written: {error.strerror}", remedy=f"{remedy}, then try again")

    def _unusable(self, what: str) -> SecretError:
        return SecretError(
            f"{self.path} {what}", remedy="restore it from a backup, or move it away and set the secrets again"
        )

    def _cipher(self) -> AESGCM:
        return AESGCM(hashlib.sha256(self._signer.sign(_SIGNED).encode()).digest())
