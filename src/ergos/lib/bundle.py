"""A folder of somebody else's, read once and whole: its files as bytes, and one digest over all of them.

Rules: nothing outside the folder is ever read (no link is followed, not even of the folder itself), nothing that is no
plain file, nothing beyond the bounds; a name that could be taken for another, or lead elsewhere on another machine, is
refused. Files whose name begins with a dot are not part of it. What was read is what counts: whoever installs or shows
a bundle uses these bytes and does not look at the folder again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.canonical import digest_of
from ergos.base.errors import DefinitionError
from ergos.base.ids import Digest
from ergos.base.limits import MIB
from ergos.lib.visible import is_visible

FILES_MAX: Final = 200  # files of one bundle; more is no skill
FILE_BYTES_MAX: Final = 1 * MIB  # bytes of one file
BYTES_MAX: Final = 8 * MIB  # bytes of all of them; they are held in memory
DEPTH_MAX: Final = 8  # folders within folders
ENTRIES_MAX: Final = 2_000  # entries of one folder that are looked at, the hidden ones included
NAME_BYTES_MAX: Final = 200  # bytes of one name; file systems take 255

_SKIPPED: Final = frozenset({"__pycache__"})
_NEVER: Final = frozenset('\\/:*?"<>|')
"""Characters that mean something else in a path of some system."""


class Bundle(msgspec.Struct, frozen=True):
    """What was in a folder."""

    name: str
    """Of the folder."""
    files: dict[str, bytes]
    """By relative path with '/', sorted."""
    digest: Digest
    """Of names and contents."""


def take(folder: Path) -> Bundle:
    """Read a folder. Cost: reads at most BYTES_MAX. Raises: DefinitionError."""
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise DefinitionError(f"{folder} cannot be read: {error.strerror}", remedy="name a folder") from error
    try:
        files: dict[str, bytes] = {}
        for path, content in _walk(opened, "", 0):
            files[path] = content
            if len(files) > FILES_MAX:
                raise _refused(folder, f"it has more than {FILES_MAX} files")
            if sum(map(len, files.values())) > BYTES_MAX:
                raise _refused(folder, f"its files have more than {BYTES_MAX:,} bytes in all")
    except OSError as error:
        raise _refused(folder, f"it cannot be read: {error.strerror}") from error
    finally:
        os.close(opened)
    return bundle_of(folder.name, files)


def bundle_of(name: str, files: dict[str, bytes]) -> Bundle:
    """Files as a bundle. Raises: DefinitionError where two names would be one on another machine."""
    folded: dict[str, str] = {}
    for path in files:
        other = folded.setdefault(unicodedata.normalize("NFKC", path).casefold(), path)
        if other != path:
            raise _refused(Path(name), f"{other!r} and {path!r} are one file on some machines")
    ordered = dict(sorted(files.items()))
    return Bundle(name, ordered, digest_of({path: hashlib.sha256(one).hexdigest() for path, one in ordered.items()}))


def _walk(folder: int, prefix: str, depth: int) -> Iterator[tuple[str, bytes]]:
    if depth > DEPTH_MAX:
        raise DefinitionError(f"{prefix!r} lies more than {DEPTH_MAX} folders deep")
    for name in _names(folder, prefix):
        path = f"{prefix}{name}"
        _speakable(name, path)
        kind = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if stat.S_ISDIR(kind):
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                yield from _walk(below, f"{path}/", depth + 1)
            finally:
                os.close(below)
        elif stat.S_ISREG(kind):
            yield path, _content(name, path, folder)
        else:
            what = "a link" if stat.S_ISLNK(kind) else "no file"
            raise DefinitionError(f"{path!r} is {what}; a skill has files and folders", remedy="copy what it points to")


def _names(folder: int, prefix: str) -> list[str]:
    found: list[str] = []
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number >= ENTRIES_MAX:
                raise DefinitionError(f"{prefix or 'the folder'} has more than {ENTRIES_MAX:,} entries")
            if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                found.append(entry.name)
    return sorted(found)


def _speakable(name: str, path: str) -> None:
    try:
        length = len(name.encode())
    except UnicodeEncodeError as error:
        raise DefinitionError(f"the name {path!r} is no UTF-8") from error
    if length > NAME_BYTES_MAX or not is_visible(name) or not _NEVER.isdisjoint(name) or name != name.strip(" ."):
        raise DefinitionError(f"{path!r} is no name of a file that every system takes", remedy="rename it")
    if unicodedata.normalize("NFC", name) != name or "\n" in name or "\t" in name:
        raise DefinitionError(f"{path!r} is no name of a file that every system takes", remedy="rename it")


def _content(name: str, path: str, folder: int) -> bytes:
    opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(opened, "rb") as file:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise DefinitionError(f"{path!r} is no file")
        content = file.read(FILE_BYTES_MAX + 1) if found.st_size <= FILE_BYTES_MAX else b""
        if found.st_size > FILE_BYTES_MAX or len(content) > FILE_BYTES_MAX:
            raise DefinitionError(f"{path!r} has more than {FILE_BYTES_MAX:,} bytes", remedy="leave it out or split it")
        return content


def _refused(folder: Path, why: str) -> DefinitionError:
    return DefinitionError(f"{folder.name!r} is not taken: {why}", remedy="take out what is not needed")
