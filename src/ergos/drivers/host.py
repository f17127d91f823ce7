"""The machine itself: clock, entropy, names, key files, free disk. The only file that touches them.

Rules: nothing else in ErgOS reads a clock, draws a random number or asks who runs it.
"""

from __future__ import annotations

import os
import platform
import secrets
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ergos.base.errors import WorldError
from ergos.drivers.whole_file import replace_file


class HostClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC; may jump."""
        return time.time_ns()


class HostEntropy:
    """The operating system's random numbers; the stream does not matter."""

    def below(self, bound: int, *, stream: str) -> int:
        """A uniform integer in 0 .. bound - 1."""
        del stream
        return secrets.randbelow(bound)


class FileSigner:
    """Signs with an Ed25519 key kept in a file only its owner can read; made at first use."""

    def __init__(self, path: Path) -> None:
        self._key = _key(path)

    @property
    def public_key(self) -> str:
        """Raw public key, hexadecimal."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, statement: bytes) -> str:
        """Signature, hexadecimal."""
        return self._key.sign(statement).hex()


def _key(path: Path) -> Ed25519PrivateKey:
    """The key of a file. Raises: WorldError."""
    try:
        if path.exists():
            raw = path.read_bytes()
        else:
            raw = _new_key(path)
    except OSError as error:
        raise WorldError(
            f"the signing key {path} cannot be read or written: {error.strerror}",
            remedy="see that the folder exists and that you may write to it",
        ) from error
    if len(raw) != 32:
        raise WorldError(f"{path} is not a signing key", remedy="restore it from a backup, or move it away")
    return Ed25519PrivateKey.from_private_bytes(raw)


def _new_key(path: Path) -> bytes:
    """Make a key file, whole or not at all: a kernel killed here must not leave half a key."""
    raw = Ed25519PrivateKey.generate().private_bytes_raw()
    replace_file(path, raw)
    return raw


def new_store_id() -> str:
    """32 random hexadecimal digits."""
    return secrets.token_hex(16)


def process_id() -> int:
    """The operating system's id of this process."""
    return os.getpid()


def host_name() -> str:
    """Name of this machine."""
    return platform.node() or "localhost"


def user_name() -> str:
    """Who runs this: the owner of what is started here, unless told otherwise."""
    return os.environ.get("ERGOS_OWNER") or os.environ.get("USER") or os.environ.get("LOGNAME") or "owner"


def free_bytes(folder: Path) -> int:
    """Free disk space where a folder lies."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
