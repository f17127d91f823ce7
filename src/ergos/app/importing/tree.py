"""What is imported, as bytes in memory: a folder, an archive or one file, read once and within bounds.

Rules: no link is followed, nothing outside is read, nothing that is no plain file; names that lead elsewhere ('..',
absolute ones, drive letters) are reported and never used as paths; what is too large is left out and said. Nothing is
unpacked to a disk.
"""

from __future__ import annotations

import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec

from ergos.app.importing.remarks import Findings
from ergos.base.errors import DefinitionError
from ergos.base.limits import MIB

FILE_BYTES_MAX: Final = 32 * MIB  # bytes of one file; agent files carry whole conversations
BYTES_MAX: Final = 64 * MIB  # bytes of all files together; they are held in memory
FILES_MAX: Final = 5_000  # files of one import; a workspace has some hundreds
ENTRIES_MAX: Final = 50_000  # entries that are looked at
DEPTH_MAX: Final = 12  # folders within folders
PATH_CHARS_MAX: Final = 400  # characters of a path within it

SKIPPED: Final = frozenset({".git", "node_modules", "__pycache__", ".venv", ".DS_Store", "sessions", "credentials"})
"""Never part of an agent; credentials and sessions are nobody's to copy."""
_BROKEN: Final = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, RuntimeError)
"""What reading an archive raises that is none; RuntimeError: it is sealed with a password."""
_ARCHIVES: Final = (".zip", ".tar", ".tar.gz", ".tgz")


class Tree(msgspec.Struct, frozen=True):
    """Files by relative path with '/', sorted."""

    name: str
    """Of the folder or file."""
    files: dict[str, bytes]
    folder: Path | None = None
    """Where it lies, for files that a document names beside itself."""

    def text(self, path: str, findings: Findings) -> str:
        """A file as text; '' where there is none."""
        return decoded(self.files.get(path, b""), path, findings)

    def below(self, prefix: str) -> Tree:
        """The part below a folder."""
        start = prefix.rstrip("/") + "/" if prefix else ""
        inside = {path.removeprefix(start): raw for path, raw in self.files.items() if path.startswith(start)}
        return Tree(prefix.rstrip("/").rpartition("/")[2] or self.name, inside, None)

    def beside(self, named: str, findings: Findings, where: str) -> bytes | None:
        """A file that a document names relative to itself; None, and a remark, where it is not to be read."""
        if not safe_path(named):
            findings.add("I103", where, named)
            return None
        path = os.path.normpath(named).replace(os.sep, "/")
        if path in self.files:
            return self.files[path]
        if self.folder is None:
            findings.add("I109", where, named)
            return None
        found = _plain_file(self.folder, path.split("/"))
        if found is None:
            findings.add("I109", where, named)
        return found


def decoded(raw: bytes, where: str, findings: Findings) -> str:
    """Bytes as text, without a byte order mark; what is not UTF-8 is replaced and reported."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        findings.add("I105", where, where)
        text = raw.decode("utf-8-sig", "replace")
    return text.replace("\r\n", "\n").replace("\0", "\ufffd")


def take(path: Path, findings: Findings) -> Tree:
    """Read what is to be imported. Cost: at most BYTES_MAX in memory. Raises: DefinitionError."""
    try:
        found = path.lstat()
    except (OSError, ValueError) as error:
        raise DefinitionError(f"{path} is not there", remedy="name a folder, a file or an archive") from error
    if stat.S_ISLNK(found.st_mode):
        raise DefinitionError(f"{path} is a link", remedy="name what it points to")
    if stat.S_ISDIR(found.st_mode):
        return Tree(path.absolute().name, dict(sorted(_bounded(_walk(path, "", 0, findings), findings))), None)
    if not stat.S_ISREG(found.st_mode):
        raise DefinitionError(f"{path} is no plain file", remedy="name a folder, a file or an archive")
    if found.st_size > FILE_BYTES_MAX:
        raise DefinitionError(
            f"{path} has {found.st_size:,} bytes; at most {FILE_BYTES_MAX:,} are read",
            remedy="leave out conversations and indexes, and import again",
        )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}") from error
    if path.name.lower().endswith(_ARCHIVES):
        return Tree(_stem(path.name), dict(sorted(_bounded(_unpacked(raw, path, findings), findings))), None)
    return Tree(path.name, {path.name: raw}, path.absolute().parent)


def safe_path(path: str) -> bool:
    """Whether a relative path stays where it is said to be, on every system."""
    if not path or len(path) > PATH_CHARS_MAX or path.startswith(("/", "~", "\\")) or "\0" in path or "\\" in path:
        return False
    parts = path.removeprefix("./").split("/")
    return all(part not in ("", "..") and ":" not in part for part in parts)


def _stem(name: str) -> str:
    for ending in sorted(_ARCHIVES, key=len, reverse=True):
        if name.lower().endswith(ending):
            return name[: -len(ending)] or "agent"
    return name


def _bounded(found: Iterator[tuple[str, bytes]], findings: Findings) -> Iterator[tuple[str, bytes]]:
    """Stops at what is no workspace any more. Raises: DefinitionError."""
    total = count = 0
    for path, raw in found:
        count, total = count + 1, total + len(raw)
        if count > FILES_MAX or total > BYTES_MAX:
            raise DefinitionError(
                f"it has more than {FILES_MAX:,} files or {BYTES_MAX:,} bytes",
                remedy="name the workspace itself, without what else lies there",
            )
        if not safe_path(path):
            findings.add("I103", path, path)
            continue
        yield path, raw


def _walk(folder: Path, prefix: str, depth: int, findings: Findings) -> Iterator[tuple[str, bytes]]:
    if depth > DEPTH_MAX:
        findings.add("I103", prefix, prefix)
        return
    try:
        with os.scandir(folder) as entries:
            names = sorted(entries, key=lambda entry: entry.name)[:ENTRIES_MAX]
    except OSError:
        findings.add("I103", prefix or str(folder.name), prefix or folder.name)
        return
    for entry in names:
        path = f"{prefix}{entry.name}"
        if entry.name in SKIPPED or not _speakable(entry.name):
            continue
        if entry.is_symlink():
            findings.add("I103", path, path)
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{path}/", depth + 1, findings)
        elif entry.is_file(follow_symlinks=False):
            raw = _plain_file(folder, [entry.name])
            if raw is None:
                findings.add("I104", path, path)
            else:
                yield path, raw
        else:
            findings.add("I103", path, path)


def _speakable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain_file(folder: Path, parts: list[str]) -> bytes | None:
    """The bytes of a plain file below a folder, reached without following a link; None for anything else."""
    opened = -1
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=opened)
            os.close(opened)
            opened = below
        file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=opened)
        with os.fdopen(file, "rb") as reader:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                return None
            raw = reader.read(FILE_BYTES_MAX + 1)
            return raw if len(raw) <= FILE_BYTES_MAX else None
    except OSError:
        return None
    finally:
        if opened >= 0:
            os.close(opened)


def _unpacked(raw: bytes, path: Path, findings: Findings) -> Iterator[tuple[str, bytes]]:
    """The plain files of an archive, without a common first folder. Raises: DefinitionError."""
    try:
        unpack = _zipped if path.suffix.lower() == ".zip" else _tarred
        found = list(_bounded(unpack(raw, findings), findings))
    except (*_BROKEN, OSError, ValueError) as error:
        raise DefinitionError(f"{path} is no archive that can be read: {error}", remedy="pack it again") from error
    tops = {name.partition("/")[0] for name, _ in found}
    common = f"{next(iter(tops))}/" if len(tops) == 1 and all("/" in name for name, _ in found) else ""
    for name, content in found:
        inner = name.removeprefix(common)
        if not SKIPPED.intersection(inner.split("/")):
            yield inner, content


def _zipped(raw: bytes, findings: Findings) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(BytesIO(raw)) as archive:
        for number, entry in enumerate(archive.infolist()):
            if number >= ENTRIES_MAX:
                raise ValueError("it has too many entries")
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if entry.is_dir():
                continue
            if kind not in (0, stat.S_IFREG) or entry.flag_bits & 0x1 or not safe_path(entry.filename):
                findings.add("I103", entry.filename, entry.filename)
            elif entry.file_size > FILE_BYTES_MAX:
                findings.add("I104", entry.filename, entry.filename)
            else:
                with archive.open(entry) as reader:
                    content = reader.read(FILE_BYTES_MAX + 1)
                if len(content) > FILE_BYTES_MAX:
                    raise ValueError("an entry is larger than it says")
                yield entry.filename, content


def _tarred(raw: bytes, findings: Findings) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=BytesIO(raw), mode="r:*") as archive:
        for number, entry in enumerate(archive):
            if number >= ENTRIES_MAX:
                raise ValueError("it has too many entries")
            if entry.isdir():
                continue
            name = entry.name.removeprefix("./")
            if not entry.isreg() or not safe_path(name):
                findings.add("I103", entry.name, entry.name)
            elif entry.size > FILE_BYTES_MAX:
                raise ValueError(f"{name} has {entry.size:,} bytes")
            elif (reader := archive.extractfile(entry)) is not None:
                yield name, reader.read(FILE_BYTES_MAX)
