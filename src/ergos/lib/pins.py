"""What an owner approved, by the digest of its content: one small JSON file that is replaced as a whole.

    skills.lock   {"version": 1, "pins": {"pdf-forms": {"digest": "3f…", "by": "alice", "at_ns": 1764…}}}

Rules: a digest that is not there is not approved; a file that cannot be read approves nothing and says so, because
guessing would be a permission. Writers take turns and a reader sees the old file or the new one, never a part.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.errors import SettingsError
from ergos.base.ids import Digest
from ergos.drivers import whole_file
from ergos.drivers.whole_file import turn

VERSION: Final = 1
PINS_MAX: Final = 2_000  # approvals in one file
PIN_FILE_BYTES_MAX: Final = 4 * 1024 * 1024  # bytes of it; a larger one was not written here
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class Pin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One approval."""

    digest: Digest
    by: str
    at_ns: int
    source: str = ""
    """Where it came from, for people."""
    agent: str = ""
    """Whose it is; '': nobody's in particular."""


class _Pins(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    pins: dict[str, Pin] = {}


class PinFile:
    """Approvals by name."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path

    def read(self) -> dict[str, Pin]:
        """All of them; none where there is no file. Raises: SettingsError."""
        try:
            encoded = read_plain(self.path, PIN_FILE_BYTES_MAX)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SettingsError(
                f"{self.path} cannot be read, so nothing in it counts as approved: {error.strerror}",
                remedy="restore it from a backup, or move it away and approve again what you want",
            ) from error
        try:
            found = msgspec.json.decode(encoded, type=_Pins)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise SettingsError(
                f"{self.path} is damaged, so nothing in it counts as approved: {error}",
                remedy="restore it from a backup, or remove it and approve again what you want",
            ) from error
        if found.version != VERSION or len(encoded) > PIN_FILE_BYTES_MAX:
            raise SettingsError(f"{self.path} was written by another version of ergos", remedy="upgrade ergos")
        return dict(sorted(found.pins.items()))

    def change(self, change: Callable[[dict[str, Pin]], Mapping[str, Pin]]) -> dict[str, Pin]:
        """Replace all by what a function makes of them, durably; what is there then. Raises: SettingsError."""
        with self.alone():
            pins = dict(change(self.read()))
            self.write(pins)
            return pins

    def write(self, pins: Mapping[str, Pin]) -> None:
        """Replace all; only within `alone`. Raises: SettingsError."""
        if len(pins) > PINS_MAX:
            raise SettingsError(f"{self.path} would hold more than {PINS_MAX:,} approvals")
        encoded = msgspec.json.encode(_Pins(version=VERSION, pins=dict(sorted(pins.items()))))
        replace_file(self.path, msgspec.json.format(encoded, indent=2))

    @contextmanager
    def alone(self) -> Generator[None]:
        """Keep other writers of this file out. Raises: SettingsError."""
        with writing(self.path):
            yield


@contextmanager
def writing(path: Path) -> Generator[None]:
    """Keep others who would replace this file out, until the block ends. Raises: SettingsError."""
    try:
        descriptor = turn(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield
    finally:
        os.close(descriptor)


def read_plain(path: Path, most: int) -> bytes:
    """At most one byte more than `most` of a plain file; no link is followed, no pipe waited for. Raises: OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        return file.read(most + 1)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads sees the old or the whole of the new one, also after a power cut.

    Raises: SettingsError.
    """
    try:
        whole_file.replace_file(path, content)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> SettingsError:
    remedy = "free some space" if error.errno in _NO_ROOM else f"see who may write in {path.parent}"
    return SettingsError(f"{path} cannot be written: {error.strerror}", remedy=f"{remedy}, then try again")
