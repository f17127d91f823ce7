"""Files below one folder, and nothing else: every name is opened on its own, from its folder's descriptor.

Rules: no symbolic link is ever followed, at any place of a path, whoever puts one there and when: `openat` with
O_NOFOLLOW for each name is as good as `openat2(RESOLVE_BENEATH|NO_SYMLINKS|NO_MAGICLINKS)` where no name is '..', and
every POSIX system has it. Only regular files are read, and what is opened is what was looked at. A write is a draft,
flushed, then renamed over the name: others see the old file or the whole new one.

Must not know: which agent asks, and what a path looked like before `paths` read it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.errors import DiskFullError, ToolFailedError
from ergos.base.limits import DISK_RESERVE_BYTES, MIB
from ergos.drivers.tools.paths import DRAFT_PREFIX, Place

READ_BYTES: Final = 1 * MIB  # bytes read at a time
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FOLDER: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
_DRAFT: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_KINDS: Final = (
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "folder"),
    (stat.S_ISLNK, "link"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)


class Room(msgspec.Struct, frozen=True):
    """A folder of the host that is an agent's to use."""

    folder: Path
    """Absolute; the owner's own path to it may hold links."""
    write: bool
    trusted: bool = False
    """What its files say is as good as what the owner trusts."""
    make: bool = False
    """It is made when it is first used."""


class Seen(msgspec.Struct, frozen=True):
    """What stands at a place."""

    kind: str
    """file, folder, link, pipe, socket, device."""
    size_bytes: int
    changed_ns: int
    identity: tuple[int, int]
    """Device and number of the file."""


def kind_of(mode: int) -> str:
    """file, folder, link, pipe, socket, device or something else."""
    return next((name for test, name in _KINDS if test(mode)), "something else")


@contextlib.contextmanager
def opened(room: Room, parts: tuple[str, ...], *, make: bool = False) -> Generator[int]:
    """The descriptor of a folder below the room. Raises: ToolFailedError."""
    at = _root(room)
    try:
        for number, part in enumerate(parts):
            below = _step(at, part, "/".join(parts[: number + 1]), make=make)
            os.close(at)
            at = below
        yield at
    finally:
        os.close(at)


@contextlib.contextmanager
def beside(room: Room, place: Place, *, make: bool = False) -> Generator[tuple[int, str]]:
    """The descriptor of the folder a place stands in, and its name there. Raises: ToolFailedError."""
    assert place.parts, place
    with opened(room, place.parts[:-1], make=make) as folder:
        yield folder, place.parts[-1]


def look(folder: int, name: str) -> Seen | None:
    """What stands in a folder under a name; None: nothing. Raises: ToolFailedError."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise failed(error, name) from error
    return Seen(kind_of(found.st_mode), found.st_size, found.st_mtime_ns, (found.st_dev, found.st_ino))


@contextlib.contextmanager
def reading(folder: int, name: str, shown: str) -> Generator[int]:
    """The descriptor of a regular file. Raises: ToolFailedError for anything else."""
    try:
        handle = os.open(name, _READ, dir_fd=folder)
    except OSError as error:
        raise failed(error, shown) from error
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise ToolFailedError(f"{shown} is a {kind_of(mode)}, not a file", remedy="name a file")
        yield handle
    finally:
        os.close(handle)


def pieces(handle: int, most: int) -> Iterator[bytes]:
    """The file from where it stands, at most this many bytes."""
    left = most
    while left > 0 and (piece := os.read(handle, min(READ_BYTES, left))):
        left -= len(piece)
        yield piece


def whole(room: Room, place: Place, most: int) -> bytes:
    """All of a file. Raises: ToolFailedError, for a longer one too."""
    with beside(room, place) as (folder, name), reading(folder, name, place.text) as handle:
        body = b"".join(pieces(handle, most + 1))
    if len(body) > most:
        raise ToolFailedError(
            f"{place.text} has more than {most:,} bytes", remedy="read a part of it, or work on it with python.run"
        )
    return body


def write_whole(folder: int, name: str, body: bytes, shown: str, token: str) -> None:
    """Put a file in place, whole and durable, over a file of this name. Raises: ToolFailedError, DiskFullError.

    `token`: makes the draft's name its own, and the same for a repetition, which takes over what a crash left.
    """
    before = look(folder, name)
    if before is not None and before.kind != "file":
        raise ToolFailedError(f"{shown} is a {before.kind}, not a file", remedy="write under another name")
    _room_for(folder, len(body))
    draft = f"{DRAFT_PREFIX}{token[:32]}"
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=folder)
        handle = os.open(draft, _DRAFT, 0o600, dir_fd=folder)
        try:
            _put(handle, body)
            os.fchmod(handle, _mode(folder, name))
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(draft, dir_fd=folder)
        raise failed(error, shown) from error


def failed(error: OSError, shown: str) -> ToolFailedError | DiskFullError:
    """What a refusal of the file system means to an agent."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(f"{shown}: the disk is full")
    if error.errno == errno.ELOOP or (error.errno == errno.ENOTDIR and isinstance(error, NotADirectoryError)):
        return ToolFailedError(
            f"{shown} is, or leads through, a link or something that is no folder; links are not followed",
            remedy="name the file itself",
        )
    if isinstance(error, FileNotFoundError):
        return ToolFailedError(f"there is no {shown}", remedy="files.list shows what is there")
    if isinstance(error, IsADirectoryError):
        return ToolFailedError(f"{shown} is a folder", remedy="name a file in it")
    if isinstance(error, PermissionError):
        return ToolFailedError(f"{shown}: not permitted", remedy="its owner can change the file's permissions")
    return ToolFailedError(f"{shown}: {error.strerror or type(error).__name__}")


def _root(room: Room) -> int:
    try:
        if room.make:
            room.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(room.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ToolFailedError(
            f"the folder cannot be opened: {error.strerror}",
            remedy="see that the folder named in settings.toml under [tools.files.roots] is there",
        ) from error


def _step(at: int, part: str, shown: str, *, make: bool) -> int:
    """The descriptor of the folder of this name."""
    try:
        if make:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o700, dir_fd=at)
        return os.open(part, _FOLDER, dir_fd=at)
    except OSError as error:
        raise failed(error, shown) from error


def _put(handle: int, body: bytes) -> None:
    rest = memoryview(body)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _mode(folder: int, name: str) -> int:
    """Permissions of the file that is replaced, without set-id bits; of a new one: its owner's."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode & 0o777
    except FileNotFoundError:
        return 0o600


def _room_for(folder: int, size_bytes: int) -> None:
    found = os.fstatvfs(folder)
    if found.f_bavail * found.f_frsize < size_bytes + DISK_RESERVE_BYTES:
        raise DiskFullError(
            f"the disk has no room for {size_bytes:,} bytes more", remedy="free some space, then try again"
        )
