"""Bytes from local files, and which files a source names.

Rules: only regular files are read, never devices, pipes or sockets; a file is counted while it is read; hidden
files and symbolic links inside a folder are left alone, because a folder that someone else filled must not reach
outside itself; the order of a folder's files is that of their names.

Must not know: what the bytes mean.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import stat
from pathlib import Path
from typing import Final, cast
from urllib.parse import unquote, urlsplit

import msgspec

from ergos.base.errors import SourceError
from ergos.base.limits import FOLDER_FILES_MAX, MIB, SOURCE_BYTES_MAX

READ_BYTES: Final = 1 * MIB  # bytes read at a time
FOLDER_ENTRIES_MAX: Final = 20 * FOLDER_FILES_MAX  # names looked at below one folder, read or not

_MAGIC: Final = re.compile(r"[*?\[]")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to read: a URL or a file."""

    url: str
    """http(s) URL, or the path of a file."""
    is_file: bool
    found: bool = False
    """True where a folder or pattern led to it, False where the owner named it."""


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """What a source stands for, in reading order."""

    places: tuple[Place, ...]
    notes: tuple[str, ...] = ()


def places_of(source: str) -> Places:
    """The URL or files that `source` names: URL, file, folder (recursed) or pattern.

    Raises: SourceError where it names nothing that can be read.
    """
    source = source.strip()
    if not source or "\x00" in source:
        raise SourceError("an empty name is not a source")
    scheme = source.partition(":")[0].lower() if ":" in source else ""
    if scheme in ("http", "https"):
        return Places(places=(Place(url=source, is_file=False),))
    if scheme == "file":
        return _local(_path_of(source))
    if "://" in source:
        raise SourceError(f"{source[:200]!r}: only http, https and file are read, not {scheme!r}")
    return _local(source)


def source_name(path: str) -> str:
    """Name of the folder a file stands in."""
    return Path(path).resolve().parent.name or "/"


def read_file(path: str, *, follow: bool) -> bytes:
    """The content of a regular file of at most SOURCE_BYTES_MAX bytes; `follow`: through a symbolic link.

    Raises: SourceError.
    """
    # Opening a pipe without O_NONBLOCK waits for a writer for ever.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | (0 if follow else os.O_NOFOLLOW)
    try:
        handle = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: {_why(error)}") from error
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise SourceError(f"{path}: {_kind(mode)}, not a file")
        return _read_bounded(handle, path)
    except OSError as error:
        raise SourceError(f"{path}: {_why(error)}") from error
    finally:
        os.close(handle)


def _read_bounded(handle: int, path: str) -> bytes:
    body = bytearray()
    while chunk := os.read(handle, READ_BYTES):
        body += chunk
        if len(body) > SOURCE_BYTES_MAX:
            raise SourceError(f"{path}: at most {SOURCE_BYTES_MAX // MIB} MiB of one source are read")
    return bytes(body)


def _path_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise SourceError(f"{url[:200]!r} is not a URL: {error}") from error
    if parts.netloc not in ("", "localhost"):
        raise SourceError(f"{url[:200]!r} names a file on another machine")
    path = unquote(parts.path)
    if "\x00" in path or not path:
        raise SourceError(f"{url[:200]!r} names no file")
    return path


def _local(name: str) -> Places:
    try:
        path = Path(name).expanduser()
        if path.is_dir():
            return _folder(path)
        if path.is_symlink() or path.exists():
            return Places(places=(Place(url=str(path), is_file=True),))
    except (OSError, ValueError, RuntimeError) as error:
        raise SourceError(f"{name}: {_why(error)}") from error
    if _MAGIC.search(name):
        return _pattern(path)
    raise SourceError(
        f"{name}: there is no such file or folder", remedy="check the path; it is relative to where you are"
    )


def _folder(path: Path) -> Places:
    found: list[Path] = []
    notes: list[str] = []
    seen = 0

    def unreadable(error: OSError) -> None:
        notes.append(f"{cast('object', error.filename)}: {_why(error)}")

    for folder, subfolders, names in os.walk(path, onerror=unreadable):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        seen += len(subfolders) + len(names)
        found.extend(Path(folder, name) for name in names if not name.startswith("."))
        if len(found) > FOLDER_FILES_MAX or seen > FOLDER_ENTRIES_MAX:
            break
    if not found:
        raise SourceError(f"{path}: {notes[0] if notes else 'the folder holds no file'}")
    return _listed(found, path, notes)


def _pattern(path: Path) -> Places:
    """Files that fit a pattern; `**` stands for any folders, hidden names fit only a pattern that begins with a dot."""
    parts = path.parts
    first = next(number for number, part in enumerate(parts) if _MAGIC.search(part))
    wanted = [*parts[first:], "*"] if parts[-1] == "**" else list(parts[first:])
    root = Path(*parts[:first])
    hidden = any(part.startswith(".") for part in wanted)
    try:
        names = list(itertools.islice(root.glob("/".join(wanted)), FOLDER_ENTRIES_MAX))
        files = {name for name in names if (hidden or not _is_hidden(name.relative_to(root))) and name.is_file()}
    except (OSError, ValueError, RuntimeError, IndexError) as error:
        raise SourceError(f"{path}: {_why(error)}") from error
    if not files:
        raise SourceError(f"{path}: no file fits this pattern")
    return _listed(list(files), path, [])


def _listed(files: list[Path], path: Path, notes: list[str]) -> Places:
    if len(files) > FOLDER_FILES_MAX:
        notes.append(f"more than {FOLDER_FILES_MAX} files below {path}; the rest was left out")
    kept = sorted(files, key=lambda name: name.parts)[:FOLDER_FILES_MAX]
    return Places(places=tuple(Place(url=str(name), is_file=True, found=True) for name in kept), notes=tuple(notes))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _why(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "not permitted to read it"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "a symbolic link; links inside folders are not followed"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for test, name in kinds if test(mode)), "something else")
