"""Which files stand in a folder now: their names, sizes and times, read without opening one of them.

Rules: as in `tools.confined`: no symbolic link is followed, whoever puts one where and when; only regular files count.
Names are compared with a pattern as a shell does it, hidden ones only where the pattern begins with a dot; capitals
make no difference, because a scanner writes .PDF and a person means it. Everything is counted.

Must not know: what was there before.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Callable
from typing import Final

import msgspec

from ergos.base.errors import ValueShapeError
from ergos.drivers.tools.confined import Room, failed, opened
from ergos.drivers.tools.paths import DRAFT_PREFIX, Place, place_of

ENTRIES_MAX: Final = 400_000  # names looked at below one folder, files or not; more take longer than a look may
FILES_MAX: Final = 200_000  # files that fit, in one folder; the memory of them is about 20 bytes each
DEPTH_MAX: Final = 40  # folders below one another, as in a path that an agent names
PATTERN_CHARS_MAX: Final = 500
NAME_SHOWN_MAX: Final = 200  # characters shown of a name that cannot be asked for

_FOLDER: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


class Standing(msgspec.Struct, frozen=True):
    """A file that stands there."""

    parts: tuple[str, ...]
    """Names from the watched folder; bytes that are no UTF-8 as lone surrogates."""
    size: int
    modified_ns: int
    changed_ns: int
    """When anything about it changed; nobody can set it."""
    inode: int


class Overflow(Exception):  # noqa: N818 - a finding, not an error of ours
    """More stands there than is looked at."""


class Stopped(Exception):  # noqa: N818 - asked for
    """Nobody waits for this scan any more."""


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a name fits a pattern as a shell has them: *, ?, [a-z]."""
    fits = re.compile(fnmatch.translate(pattern.casefold()))
    hidden = pattern.startswith(".")

    def match(name: str) -> bool:
        if name.startswith(DRAFT_PREFIX) or (name.startswith(".") and not hidden):
            return False
        return fits.match(name.casefold()) is not None

    return match


def scan(
    room: Room, place: Place, pattern: str, *, deep: bool, expired: Callable[[], bool] = lambda: False
) -> list[Standing]:
    """The files below a place that fit, in order of their times and names. Blocks.

    Raises: ToolFailedError where the folder cannot be read, caused by FileNotFoundError where it is not there;
    Overflow; Stopped.
    """
    found: list[Standing] = []
    count = [0]
    with opened(room, place.parts) as folder:
        _below(folder, (), matcher(pattern), found, count, deep=deep, expired=expired)
    found.sort(key=lambda one: (one.modified_ns, one.parts))
    return found


def _below(
    folder: int,
    parts: tuple[str, ...],
    fits: Callable[[str], bool],
    found: list[Standing],
    count: list[int],
    *,
    deep: bool,
    expired: Callable[[], bool],
) -> None:
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                count[0] += 1
                if count[0] > ENTRIES_MAX:
                    raise Overflow
                if count[0] % 512 == 0 and expired():
                    raise Stopped
                if entry.is_dir(follow_symlinks=False):
                    if deep and not entry.name.startswith("."):
                        folders.append(entry.name)
                elif fits(entry.name):
                    _standing(entry, parts, found)
    except OSError as error:
        raise failed(error, "/".join(parts) or "the folder") from error
    if len(parts) >= DEPTH_MAX:
        return
    for name in sorted(folders):
        try:
            inner = os.open(name, _FOLDER, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone, or another thing, since it was listed
        except OSError as error:
            raise failed(error, "/".join((*parts, name))) from error
        try:
            _below(inner, (*parts, name), fits, found, count, deep=deep, expired=expired)
        finally:
            os.close(inner)


def _standing(entry: os.DirEntry[str], parts: tuple[str, ...], found: list[Standing]) -> None:
    try:
        seen = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(seen.st_mode):
        return
    if len(found) >= FILES_MAX:
        raise Overflow
    found.append(Standing((*parts, entry.name), seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino))


def asked_for(place: Place, parts: tuple[str, ...]) -> str:
    """The path by which an agent asks for a file, or '' where its name is none that can be asked for."""
    full = Place(place.room, (*place.parts, *parts))
    text = full.text
    try:
        return text if place_of(text) == full else ""
    except ValueShapeError:
        return ""


def shown(parts: tuple[str, ...]) -> str:
    """A name made visible: what is not seen or no UTF-8 is written with a backslash, which no path may hold."""
    text = "/".join(parts)
    visible = text.encode("utf-8", "backslashreplace").decode()
    visible = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in visible)
    if len(visible) > NAME_SHOWN_MAX:
        visible = visible[:NAME_SHOWN_MAX] + "\\..."
    return visible if "\\" in visible else visible + "\\"
