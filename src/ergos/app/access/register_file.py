"""HOME/access.json: who may come in, as it lies on the disk.

Rules: only its owner may read it; it holds digests, never a secret; it is replaced whole, writers take turns, and a
reader sees the old one or the new one. A file that cannot be read lets nobody in and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from ergos.app.access.credentials import Purpose
from ergos.app.access.roles import Role
from ergos.base.errors import SettingsError
from ergos.lib.pins import read_plain, replace_file, writing

FILE: Final = "access.json"
VERSION: Final = 1
FILE_BYTES_MAX: Final = 1024 * 1024  # bytes of it; full of everything it may hold it has a third of that

Way: TypeAlias = Literal["code", "token", "oidc"]
"""How somebody signed in."""


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a credential stands for."""

    name: str
    role: Role
    owner: str


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token."""

    digest: str
    purpose: Purpose
    who: Who
    decides: bool
    """Counts as a fresh sign-in."""
    made_ns: int
    ends_ns: int
    used_ns: int = 0
    """When it was last used, to the hour; 0: never."""


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in."""

    who: Who
    way: Way
    made_ns: int
    signed_in_ns: int
    """When somebody proved who they are; 0: with something that is no proof for deciding."""
    seen_ns: int
    token: str = ""
    """Label of the token it was signed in with; it ends with it."""


class CodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time code that waits."""

    who: Who
    ends_ns: int


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it."""

    version: int = VERSION
    tokens: dict[str, TokenRow] = {}
    """By label."""
    sessions: dict[str, SessionRow] = {}
    """By digest."""
    codes: dict[str, CodeRow] = {}
    """By digest."""


class RegisterFile:
    """The file of one home. `kept` is looked at again only when the file was replaced."""

    def __init__(self, folder: Path) -> None:
        self.path: Final = folder / FILE
        self._stamp: tuple[int, int, int] | None = None
        self._kept = Kept()

    def kept(self) -> Kept:
        """What is there now. Raises: SettingsError."""
        try:
            found = self.path.lstat()
        except FileNotFoundError:
            self._stamp, self._kept = None, Kept()
            return self._kept
        except OSError as error:
            raise self._unreadable(error.strerror or "") from error
        stamp = found.st_ino, found.st_mtime_ns, found.st_size
        if stamp != self._stamp:
            self._kept = self._read()
            self._stamp = stamp
        return self._kept

    def change(self, change: Callable[[Kept], Kept]) -> Kept:
        """Replace all by what a function makes of what is there; what is there then. Raises: SettingsError."""
        with writing(self.path):
            before = self._read()
            after = change(before)
            if after != before:
                encoded = msgspec.json.format(msgspec.json.encode(after), indent=1)
                if len(encoded) > FILE_BYTES_MAX:
                    raise SettingsError(f"{self.path} would be larger than {FILE_BYTES_MAX:,} bytes")
                replace_file(self.path, encoded)
            return after

    def _read(self) -> Kept:
        try:
            encoded = read_plain(self.path, FILE_BYTES_MAX)
            found = msgspec.json.decode(encoded, type=Kept)
        except FileNotFoundError:
            return Kept()
        except OSError as error:
            raise self._unreadable(error.strerror or "") from error
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise self._unreadable(str(error)) from error
        if found.version != VERSION:
            raise self._unreadable("another version of ergos wrote it")
        return found

    def _unreadable(self, why: str) -> SettingsError:
        return SettingsError(
            f"{self.path} cannot be read, so nobody is let in: {why}",
            remedy="move it away; then `ergos open` signs you in, and tokens have to be made again",
        )
