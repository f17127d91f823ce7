"""The keyring of a desktop (Secret Service, KWallet, macOS Keychain, Windows), where there is a real one.

Rules: looked for only when a secret is asked for; a stand-in that keeps nothing, or keeps it in the open, is none.
"""

from __future__ import annotations

import importlib.util
from typing import Final, Protocol, cast

from ergos.base.world_errors import SecretError

_SERVICE: Final = "ergos"
_REAL: Final = ("keyring.backends.SecretService", "keyring.backends.kwallet", "keyring.backends.libsecret",
                "keyring.backends.macOS", "keyring.backends.Windows")  # fmt: skip


class Ring(Protocol):
    """A keyring."""

    def get_password(self, service: str, username: str) -> str | None:
        """What is kept; None if nothing is."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Remove it."""
        ...


def real_ring() -> Ring | None:
    """The keyring of this desktop; None where there is none."""
    if importlib.util.find_spec("keyring") is None:
        return None
    import keyring

    found = keyring.get_keyring()
    # Several together are asked in the order of their priority: the first is the one that keeps.
    several = cast("list[object]", getattr(found, "backends", [found])) or [found]
    first = several[0]
    return cast("Ring", first) if type(first).__module__.startswith(_REAL) else None


class DesktopRing:
    """What one home keeps in a keyring."""

    def __init__(self, ring: Ring, home: str) -> None:
        """`home`: what tells this home's secrets from another's."""
        self._ring: Final = ring
        self._service: Final = f"{_SERVICE} {home}"

    def get(self, name: str) -> str | None:
        """A secret; None if it is not there. Raises: SecretError."""
        from keyring.errors import KeyringError

        try:
            return self._ring.get_password(self._service, name)
        except (KeyringError, RuntimeError, OSError) as error:
            raise _locked(error) from None

    def set(self, name: str, value: str) -> None:
        """Keep a secret. Raises: SecretError."""
        from keyring.errors import KeyringError

        try:
            self._ring.set_password(self._service, name, value)
        except (KeyringError, RuntimeError, OSError) as error:
            raise _locked(error) from None

    def forget(self, name: str) -> None:
        """Remove a secret, if it is there. Raises: SecretError."""
        from keyring.errors import KeyringError, PasswordDeleteError

        try:
            self._ring.delete_password(self._service, name)
        except PasswordDeleteError:
            pass
        except (KeyringError, RuntimeError, OSError) as error:
            raise _locked(error) from None


def _locked(error: Exception) -> SecretError:
    return SecretError(
        f"the keyring of the desktop does not answer ({type(error).__name__})",
        remedy="unlock it, or remove the package `keyring` to keep secrets in the home",
    )
