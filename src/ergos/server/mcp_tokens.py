"""Tokens with which an owner's clients come in at `/mcp`, by the name of the client they were made for.

Rules: 256 bits of chance, shown once, kept as a digest in a file only its owner can read; making one for a name takes
the place of the one before; all are compared, in constant time each, whatever is shown.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.entropy import Entropy
from ergos.base.errors import SettingsError
from ergos.base.ids import name as checked_name
from ergos.lib.pins import read_plain, replace_file, writing

FILE: Final = "mcp-tokens.json"
WORD: Final = "ergosowner"
"""What a token begins with: not what a process's begins with."""
FILE_BYTES_MAX: Final = 64 * 1024  # bytes of it; 32 names and digests have a tenth of that
TOKENS_MAX: Final = 32  # clients of one home; each is looked at on every request


class OwnerTokens:
    """The tokens of one home."""

    def __init__(self, folder: Path) -> None:
        self._path: Final = folder / FILE

    def make(self, client: str, entropy: Entropy) -> str:
        """A token for a client. Raises: SettingsError, ValueShapeError."""
        checked_name(client, what="a client")
        token = f"{WORD}-{entropy.below(1 << 256, stream='mcp token'):064x}"
        with writing(self._path):
            kept = self._kept()
            if client not in kept and len(kept) >= TOKENS_MAX:
                raise SettingsError(f"{TOKENS_MAX} clients have a token already", remedy="take one back: --revoke NAME")
            replace_file(self._path, msgspec.json.encode({**kept, client: _digest(token)}))
        return token

    def revoke(self, client: str) -> bool:
        """Take a client's token back; False: it has none. Raises: SettingsError."""
        if client not in self._kept():
            return False
        with writing(self._path):
            kept = {name: digest for name, digest in self._kept().items() if name != client}
            replace_file(self._path, msgspec.json.encode(kept))
        return True

    def clients(self) -> tuple[str, ...]:
        """Who has one. Raises: SettingsError."""
        return tuple(sorted(self._kept()))

    def client_of(self, token: str) -> str:
        """Whose token this is; '' for none. Raises: SettingsError."""
        if not token.startswith(f"{WORD}-"):
            return ""
        shown, found = _digest(token), ""
        for client, digest in self._kept().items():
            if hmac.compare_digest(shown, digest):
                found = client
        return found

    def _kept(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(read_plain(self._path, FILE_BYTES_MAX), type=dict[str, str])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise SettingsError(
                f"{self._path} cannot be read: {error}", remedy="move it away, make new ones"
            ) from error


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
