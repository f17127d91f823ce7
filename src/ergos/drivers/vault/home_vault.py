"""The secrets of one home: in the desktop's keyring where there is a real one, else in a sealed file.

The file knows every name either way, and where each secret is.

Rules: a secret leaves only by `get`, for a driver that sends it; it is in no repr, log, error or environment. The
names are no secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ergos.base.entropy import Entropy
from ergos.base.errors import UsageError
from ergos.base.world_errors import SecretError
from ergos.drivers.vault.desktop import DesktopRing, Ring, real_ring
from ergos.drivers.vault.references import secret_name
from ergos.drivers.vault.sealed import Kept, SealedFile
from ergos.kernel.ports import Signer

FILE: Final = "secrets"
SECRETS_MAX: Final = 1_000  # secrets of one home; more is a database
SECRET_BYTES_MAX: Final = 8 * 1024  # bytes of one secret; a private key in PEM has half of that


class HomeVault:
    """Keeps the secrets of one home."""

    def __init__(
        self, folder: Path, signer: Signer, entropy: Entropy, *, ring: Callable[[], Ring | None] = real_ring
    ) -> None:
        """`ring` finds the desktop's keyring when it is first needed."""
        self._file: Final = SealedFile(folder / FILE, signer, entropy)
        self._home: Final = hashlib.sha256(signer.public_key.encode()).hexdigest()[:16]
        self._find: Final = ring

    def __repr__(self) -> str:
        return f"HomeVault({str(self._file.path)!r})"

    def get(self, name: str) -> str:
        """A secret. Raises: SecretError; UsageError for what is no name."""
        kept = self._file.read().get(secret_name(name))
        if kept is None:
            raise SecretError(
                f"there is no secret {name}",
                remedy=f"`ergos secret set {name}` stores one, `ergos secret list` names them",
            )
        if not kept.elsewhere:
            return kept.value
        ring = self._ring()
        if ring is None:
            raise SecretError(
                f"the secret {name} is in the desktop's keyring, which cannot be reached from here",
                remedy=f"start the kernel within the desktop, or store it again from here: `ergos secret set {name}`",
            )
        value = ring.get(name)
        if value is None:
            raise SecretError(
                f"the secret {name} was removed from the desktop's keyring", remedy=f"`ergos secret set {name}`"
            )
        return value

    def set(self, name: str, value: str) -> None:
        """Keep a secret, in place of what was kept under this name. Raises: SecretError, UsageError."""
        secret_name(name)
        if not value or "\0" in value:
            raise UsageError("a secret is text of at least one character, without NUL", remedy="give it on stdin")
        if len(value.encode("utf-8", "surrogatepass")) > SECRET_BYTES_MAX:
            raise UsageError(f"a secret has at most {SECRET_BYTES_MAX:,} bytes", remedy="keep a file in a file")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UsageError("this secret is no text", remedy="encode it, for instance in base64") from None
        ring = self._ring()
        with self._file.changing() as kept:
            if name not in kept and len(kept) >= SECRETS_MAX:
                raise SecretError(f"a home keeps at most {SECRETS_MAX:,} secrets", remedy="`ergos secret forget NAME`")
            if ring is not None:
                ring.set(name, value)
            kept[name] = Kept(elsewhere=True) if ring is not None else Kept(value)

    def forget(self, name: str) -> bool:
        """Remove a secret; whether there was one. Raises: SecretError, UsageError."""
        secret_name(name)
        if name not in self._file.read():
            return False
        with self._file.changing() as kept:
            was = kept.pop(name, None)
            ring = self._ring() if was is not None and was.elsewhere else None
            if ring is not None:
                ring.forget(name)
        return was is not None

    def names(self) -> tuple[str, ...]:
        """What is kept, sorted. Raises: SecretError."""
        return tuple(sorted(self._file.read()))

    def _ring(self) -> DesktopRing | None:
        found = self._find()
        return DesktopRing(found, self._home) if found is not None else None
