"""The key and the secrets of a home under a passphrase, as one part of a backup.

AES-256-GCM under a key that scrypt makes from the passphrase; the salt stands beside it. A bit that was changed, or
another passphrase, is noticed.

Rules: made only where its owner asked for it; a passphrase is handed in and is in no error. Secrets that the desktop's
keyring keeps are not in the home, so they are not in here: their names are told.
Source: RFC 7914 (scrypt), its parameters for files that are kept: N = 2^17, r = 8, p = 1, 128 MiB of memory.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ergos.app.home import Home
from ergos.base.entropy import Entropy
from ergos.base.errors import ErgosError, UsageError, VerificationError
from ergos.base.limits import MIB
from ergos.drivers.host import FileSigner
from ergos.drivers.vault.sealed import SealedFile

FILES: Final = ("key", "secrets", "keys/cell")
"""What is secret in a home: the signing key, the sealed file of secrets, the key of cells."""
SEALED_BYTES_MAX: Final = 64 * MIB  # bytes of the part; the file of secrets has at most a quarter
PASSPHRASE_CHARS_MIN: Final = 12  # characters; the file may be tried offline, for years

_MARK: Final = b"ergos secrets 1\n"
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_COST: Final = 2**17


def check_passphrase(passphrase: str) -> None:
    """Nothing, if it is long enough. Raises: UsageError."""
    if len(passphrase) < PASSPHRASE_CHARS_MIN:
        raise UsageError(
            f"a passphrase has at least {PASSPHRASE_CHARS_MIN} characters",
            remedy="take five or six words of a dictionary",
        )


def sealed(home: Path, passphrase: str, entropy: Entropy, *, cost: int = _COST) -> bytes:
    """The part. Raises: UsageError, OSError."""
    check_passphrase(passphrase)
    found = {name: (home / name).read_bytes() for name in FILES if _plain(home / name)}
    salt = _drawn(entropy, _SALT_BYTES)
    nonce = _drawn(entropy, _NONCE_BYTES)
    return _MARK + salt + nonce + _cipher(passphrase, salt, cost).encrypt(nonce, msgspec.msgpack.encode(found), _MARK)


def elsewhere(home: Home, entropy: Entropy) -> tuple[str, ...]:
    """Names of the secrets that the desktop's keyring keeps, sorted; () where that cannot be told."""
    if not home.key.is_file() or not (home.folder / "secrets").is_file():
        return ()
    try:
        kept = SealedFile(home.folder / "secrets", FileSigner(home.key), entropy).read()
    except ErgosError:
        return ()  # it does not open with this home's key: then none of it is of use here
    return tuple(sorted(name for name, one in kept.items() if one.elsewhere))


def opened(part: bytes, passphrase: str, *, cost: int = _COST) -> dict[str, bytes]:
    """The files in it, by name. Raises: VerificationError."""
    head = len(_MARK)
    salt, nonce = part[head : head + _SALT_BYTES], part[head + _SALT_BYTES : head + _SALT_BYTES + _NONCE_BYTES]
    try:
        plain = _cipher(passphrase, salt, cost).decrypt(nonce, part[head + _SALT_BYTES + _NONCE_BYTES :], _MARK)
        found = msgspec.msgpack.decode(plain, type=dict[str, bytes])
    except (InvalidTag, ValueError, msgspec.DecodeError):
        found = None
    if found is None or not part.startswith(_MARK):
        raise VerificationError(
            "the secrets of this backup do not open with this passphrase", remedy="give the one it was made with"
        )
    if not set(found) <= set(FILES):
        raise VerificationError("there is more than secrets among the secrets of this backup", remedy="do not use it")
    return found


def _plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _drawn(entropy: Entropy, size: int) -> bytes:
    return entropy.below(1 << (8 * size), stream="backup").to_bytes(size, "big")


def _cipher(passphrase: str, salt: bytes, cost: int) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode("utf-8", "surrogatepass")))
