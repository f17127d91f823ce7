"""The file of a backup: a ZIP archive of named parts and a manifest that says what each of them is.

    manifest.json   version, head of the chain, newest checkpoint, SHA-256 and size of every part
    ergos.db        the store
    settings.toml  folders.toml  delegations.json  agents/…  skills/…  made/…  work/…  queues/…
    secrets.sealed  only where it was asked for: key and secrets under a passphrase

Rules: a name is a plain relative path below one of these; nothing but plain files; no part is larger than the manifest
says, and all of them together not out of proportion to the file. What does not fit is refused before a byte is written.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Final, Literal, Self, TypeAlias

import msgspec

from ergos.app.backup_peers import INDEX
from ergos.base.errors import ForeignStoreError, StoreError, VerificationError
from ergos.base.limits import MIB
from ergos.kernel.own_events import Checkpoint

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
STORE: Final = "ergos.db"
SECRETS: Final = "secrets.sealed"
FILES: Final = ("settings.toml", "folders.toml", "delegations.json")
TREES: Final = ("agents", "skills", "made", "work", "queues")
PARTS_MAX: Final = 100_000  # parts of one backup; the central directory of the archive is read into memory
MANIFEST_BYTES_MAX: Final = 64 * MIB  # bytes of a manifest; a hundred thousand parts have about 20
EXPANSION_MAX: Final = (
    200  # times the parts may be larger than the archive; JSON and SQLite pages compress 4 to 20 times
)
EXPANSION_FREE_BYTES: Final = 64 * MIB  # bytes of parts that are allowed in any case
CHUNK_BYTES: Final = MIB  # bytes read at once
NAME_BYTES_MAX: Final = 1_024  # bytes of a part's name; each component has at most 255
LEVEL: Final = 1  # of compression: the disk is the bottleneck, not the file's size

_REMEDY: Final = "name a file that `ergos backup` wrote, unchanged"
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f\\]")

Told: TypeAlias = Callable[[str], None]
"""Is told how far it has come."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a backup."""

    name: str
    bytes: int
    sha256: str
    runs: bool = False
    """Its owner may execute it."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup says of itself."""

    ergos_backup: Literal[1] = FORMAT
    version: str
    """Of the ErgOS that wrote it."""
    schema: int
    store: str
    """Name of the store, 32 hexadecimal digits."""
    seq: int
    """The last record."""
    hash: str
    """Seal of that record, 64 hexadecimal digits."""
    at_ns: int
    """When it was written."""
    made_ns: int
    checkpoint: Checkpoint | None = None
    """The newest signature over the chain."""
    parts: tuple[Part, ...]
    left_out: tuple[str, ...] = ()
    """What lay in the folders and is no plain file, or could not be read."""


class _Versioned(msgspec.Struct):
    ergos_backup: int
    version: str = "?"


class ArchiveWriter:
    """Writes parts one after the other, the manifest last."""

    def __init__(self, file: IO[bytes], *, level: int = LEVEL) -> None:
        self._zip: Final = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=level)
        self.parts: Final[list[Part]] = []

    def add(self, name: str, source: IO[bytes], *, runs: bool = False) -> None:
        """One part, to the end of what it is read from. Raises: OSError; StoreError beyond PARTS_MAX."""
        if len(self.parts) >= PARTS_MAX:
            raise StoreError(
                f"this home has more than {PARTS_MAX:,} files", remedy="move what agents need no more out of HOME/work"
            )
        digest, size = hashlib.sha256(), 0
        with self._zip.open(_entry(name), "w", force_zip64=True) as sink:
            while chunk := source.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                sink.write(chunk)
        self.parts.append(Part(name, size, digest.hexdigest(), runs))

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and the directory."""
        with self._zip.open(_entry(MANIFEST), "w") as sink:
            sink.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        self._zip.close()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # of no date: two backups of one state are the same bytes
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | 0o600) << 16
    return entry


class Archive:
    """A backup that is read. Its manifest was checked; its parts are, when they are read."""

    def __init__(self, path: Path) -> None:
        """Raises: StoreError, ForeignStoreError, VerificationError."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe must not keep us waiting
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}", remedy=_REMEDY) from error
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise VerificationError(f"{path} is no plain file", remedy=_REMEDY)
        file = os.fdopen(descriptor, "rb")
        self._file: Final = file
        try:
            self._zip = zipfile.ZipFile(file)
            self.manifest: Final = self._checked(found.st_size)
        except (StoreError, OSError, *_BROKEN) as error:
            file.close()
            if isinstance(error, StoreError):
                raise
            raise VerificationError(f"{path} is not a backup, or not all of one: {error}", remedy=_REMEDY) from error

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def size(self) -> int:
        """Bytes of all parts together."""
        return sum(part.bytes for part in self.manifest.parts)

    def extract(self, part: Part, sink: IO[bytes]) -> None:
        """Write a part out. Raises: VerificationError if it is not what the manifest says; OSError."""
        digest, size = hashlib.sha256(), 0
        try:
            with self._zip.open(part.name) as source:
                while chunk := source.read(min(CHUNK_BYTES, part.bytes - size + 1)):
                    size += len(chunk)
                    if size > part.bytes:
                        break
                    digest.update(chunk)
                    sink.write(chunk)
        except _BROKEN as error:
            raise VerificationError(f"{part.name} in the backup is damaged: {error}", remedy=_DAMAGED) from error
        if size != part.bytes or digest.hexdigest() != part.sha256:
            raise VerificationError(f"{part.name} in the backup is not what its manifest says", remedy=_DAMAGED)

    def _checked(self, file_bytes: int) -> Manifest:
        """The manifest, held against the archive's directory."""
        entries = self._zip.infolist()
        if len(entries) > PARTS_MAX + 1:
            raise VerificationError(f"it has {len(entries):,} parts, at most {PARTS_MAX:,} are read", remedy=_REMEDY)
        names = [entry.filename for entry in entries]
        if len(set(names)) != len(names):
            raise VerificationError("two of its parts have the same name", remedy=_REMEDY)
        for entry in entries:
            kind = stat.S_IFMT(entry.external_attr >> 16)
            packed = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            if entry.is_dir() or kind not in (0, stat.S_IFREG) or entry.flag_bits & 1 or not packed:
                raise VerificationError(f"its part {entry.filename[:200]!r} is no plain file", remedy=_REMEDY)
        declared = sum(entry.file_size for entry in entries)
        if declared > EXPANSION_FREE_BYTES + EXPANSION_MAX * file_bytes:
            raise VerificationError(
                f"its parts would take {declared:,} bytes out of {file_bytes:,}: no backup is so", remedy=_REMEDY
            )
        manifest = self._manifest(dict(zip(names, entries, strict=True)))
        sizes = {entry.filename: entry.file_size for entry in entries if entry.filename != MANIFEST}
        if sizes != {part.name: part.bytes for part in manifest.parts}:
            raise VerificationError("its manifest does not name exactly its parts", remedy=_REMEDY)
        if STORE not in sizes:
            raise VerificationError("there is no store in it", remedy=_REMEDY)
        check_names(part.name for part in manifest.parts)
        return manifest

    def _manifest(self, entries: dict[str, zipfile.ZipInfo]) -> Manifest:
        found = entries.get(MANIFEST)
        if found is None or found.file_size > MANIFEST_BYTES_MAX:
            raise VerificationError("it has no manifest", remedy=_REMEDY)
        raw = self._zip.read(found)
        try:
            versioned = msgspec.json.decode(raw, type=_Versioned)
            if versioned.ergos_backup > FORMAT:
                raise ForeignStoreError(
                    f"ErgOS {versioned.version[:40]} wrote this backup, in a format that this one does not know",
                    remedy="upgrade ErgOS",
                )
            return msgspec.json.decode(raw, type=Manifest)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise VerificationError(f"its manifest cannot be read: {error}", remedy=_REMEDY) from error


_BROKEN: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, RuntimeError, ValueError, EOFError,
    KeyError,
)  # fmt: skip
"""What the library raises for what is no archive, or a damaged or encrypted one."""
_DAMAGED: Final = "take another backup; nothing was changed"


def check_names(names: Iterable[str]) -> None:
    """Nothing, if each is the path of a file of a home. Raises: VerificationError."""
    taken: set[str] = set()
    for name in names:
        first, *rest = name.split("/")
        fits = (first in TREES and bool(rest)) or (not rest and first in (STORE, INDEX, SECRETS, *FILES))
        plain = all(
            part not in ("", ".", "..") and len(part.encode(errors="replace")) <= 255 for part in (first, *rest)
        )
        try:
            short = len(name.encode()) <= NAME_BYTES_MAX
        except UnicodeEncodeError:
            short = False
        if not fits or not plain or not short or _UNFIT.search(name):
            raise VerificationError(f"{name[:200]!r} is no name of a part", remedy=_REMEDY)
        taken.add(name)
    for name in taken:
        parent = name.rpartition("/")[0]
        while parent:
            if parent in taken:
                raise VerificationError(f"{parent[:200]!r} is both a file and a folder", remedy=_REMEDY)
            parent = parent.rpartition("/")[0]
