"""Takes a backup of a home while its kernel writes: one file, whole or not at all.

The store is copied with SQLite's online backup out of one snapshot: no writer waits, and what is copied is the store
as it was at one record. Files beside it are read one after the other, each whole.

Rules: nothing of the home is changed; a file that is there is overwritten only where that was asked for, and then in
one step; a killed backup leaves a draft that the next one takes over. Key and secrets are in it only under a
passphrase. Sign-ins, tokens, sockets and logs are never in it: a backup must not bring a revoked one back. Of tokens
that follow from the key, what was revoked is in it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from ergos import __version__
from ergos.app.backup_archive import (
    EXPANSION_FREE_BYTES,
    EXPANSION_MAX,
    FILES,
    LEVEL,
    SECRETS,
    STORE,
    TREES,
    ArchiveWriter,
    Manifest,
    Told,
    check_names,
)
from ergos.app.backup_peers import INDEX, copy_index
from ergos.app.backup_secrets import elsewhere, sealed
from ergos.app.home import Home, reads_of
from ergos.app.receipt import newest_checkpoint
from ergos.base.clock import Clock
from ergos.base.entropy import Entropy
from ergos.base.errors import DiskFullError, StoreError, UsageError, VerificationError, WorldError
from ergos.drivers.sqlite_open import SQLITE_ERRORS, schema_of, translated
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.drivers.whole_file import sync_folder

COPY_PAGES: Final = 4_096  # pages of the store copied between two words about it; 16 MiB
_NOT_KEPT: Final = ("__pycache__", ".venv")


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was taken."""

    file: str
    bytes: int
    manifest: Manifest
    secrets: tuple[str, ...] = ()
    """Which secret files are in it, under the passphrase."""
    elsewhere: tuple[str, ...] = ()
    """Names of secrets that the desktop's keyring keeps: they are in no backup."""


async def make_backup(
    home: Home,
    file: Path,
    clock: Clock,
    entropy: Entropy,
    *,
    replace: bool = False,
    passphrase: str | None = None,
    told: Told = lambda _: None,
) -> Made:
    """Write the file. With `passphrase`, key and secrets are in it. Blocks for as long as the disk takes: use a thread.

    Raises: NotRunningError where nothing was ever run; UsageError, StoreError, DiskFullError, WorldError.
    """
    reads_of_home = reads_of(home)
    await reads_of_home.close()
    file = _checked_place(file, replace=replace)
    secret = None if passphrase is None else sealed(home.folder, passphrase, entropy)
    try:
        with _draft(file) as draft:
            store, index = draft.with_name(f"{draft.name}.store"), draft.with_name(f"{draft.name}.a2a")
            try:
                bases = {INDEX: index} if copy_index(home.folder / INDEX, index) else {}  # before the store
                copy_store(home.store, store, told)
                manifest = await _about(store, clock)
                written = _archived(draft, home, {STORE: store, **bases}, manifest, secret, told)
            finally:
                for path in (store, index):
                    for end in ("", "-wal", "-shm", "-journal"):
                        path.with_name(path.name + end).unlink(missing_ok=True)
            _place(draft, file, replace=replace)
    except OSError as error:
        raise _unwritable(file, error) from error
    return Made(
        file=str(file),
        bytes=file.stat().st_size,
        manifest=written,
        secrets=("key", "secrets") if secret else (),
        elsewhere=elsewhere(home, entropy),
    )


def copy_store(source: Path, target: Path, told: Told = lambda _: None) -> None:
    """Copy a store as it is at this moment, whatever is written meanwhile. Raises: StoreError, DiskFullError."""
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    try:
        reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        writing = sqlite3.connect(target, isolation_level=None)
    except SQLITE_ERRORS as error:
        raise translated(error) from error
    try:
        # One snapshot for all steps: without it, a busy kernel would make the copy begin anew after each of them.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM meta").fetchone()

        def progress(_: int, remaining: int, total: int) -> None:
            told(f"{100 * (total - remaining) // max(1, total)} % of the store copied …")

        reading.backup(writing, pages=COPY_PAGES, progress=progress)
        writing.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, without a log beside it
    except SQLITE_ERRORS as error:
        raise translated(error) from error
    finally:
        writing.close()
        reading.close()


async def _about(store: Path, clock: Clock) -> Manifest:
    """What the manifest says of the copy. Raises: StoreError."""
    reads = SqliteReads.open(store)
    try:
        head = await reads.head()
        return Manifest(
            version=__version__,
            schema=schema_of(store),
            store=reads.id,
            seq=head.seq,
            hash=head.seal.hex(),
            at_ns=head.at_ns,
            made_ns=clock.now_ns(),
            checkpoint=await newest_checkpoint(reads),
            parts=(),
        )
    finally:
        await reads.close()


def _archived(
    draft: Path, home: Home, bases: dict[str, Path], about: Manifest, secret: bytes | None, told: Told
) -> Manifest:
    """Fill the draft; packed less where the parts would look like a bomb to whoever restores them."""
    for level in (LEVEL, 0):
        with draft.open("r+b") as file:
            file.truncate(0)
            writer = ArchiveWriter(file, level=level)
            for name, path in bases.items():
                with path.open("rb") as source:
                    writer.add(name, source)
            left_out = _files(home.folder, writer, told)
            if secret is not None:
                _add_bytes(writer, SECRETS, secret)
            manifest = msgspec.structs.replace(about, parts=tuple(writer.parts), left_out=left_out)
            writer.finish(manifest)
            file.flush()
            os.fsync(file.fileno())
            size = file.seek(0, os.SEEK_END)
        if sum(part.bytes for part in manifest.parts) <= EXPANSION_FREE_BYTES // 2 + EXPANSION_MAX // 2 * size:
            return manifest
    return manifest


def _files(home: Path, writer: ArchiveWriter, told: Told) -> tuple[str, ...]:
    """Every plain file that belongs into a backup; the names of what is there and was left out."""
    left_out: list[str] = []
    for name, path in _listed(home, left_out):
        try:
            check_names((name,))
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # an agent took it away meanwhile
        except (OSError, VerificationError):
            left_out.append(_shown(name))
            continue
        with os.fdopen(descriptor, "rb") as source:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode):
                writer.add(name, source, runs=bool(found.st_mode & stat.S_IXUSR))
                told(f"{len(writer.parts):,} files …")
            else:
                left_out.append(_shown(name))
    return tuple(left_out)


def _listed(home: Path, left_out: list[str]) -> Iterator[tuple[str, Path]]:
    for name in FILES:
        if (home / name).exists():
            yield name, home / name
    for tree in TREES:
        if (home / tree).is_symlink():
            left_out.append(tree)
            continue
        for folder, below, names in os.walk(home / tree):
            where = Path(folder)
            links = sorted(one for one in below if (where / one).is_symlink())
            left_out += [_shown((where / one).relative_to(home).as_posix()) for one in links]
            below[:] = sorted(one for one in below if one not in _NOT_KEPT and one not in links)
            for name in sorted(names):
                path = where / name
                yield path.relative_to(home).as_posix(), path


def _add_bytes(writer: ArchiveWriter, name: str, content: bytes) -> None:
    import io

    writer.add(name, io.BytesIO(content))


def _shown(name: str) -> str:
    """A name as text, whatever its bytes are."""
    return name.encode(errors="replace").decode()


# The file


@contextmanager
def _draft(file: Path) -> Generator[Path]:
    """A file of ours beside the one that is to be, while nobody else writes it. Raises: UsageError, OSError."""
    draft = file.with_name(f".{file.name}.draft")
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(draft, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another backup to {file} is under way", remedy="wait for it, or name another file"
            ) from None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise UsageError(f"{draft} is no file of yours", remedy="name a file in a folder of your own")
        os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
        try:
            yield draft
        finally:
            if _same(draft, found):
                draft.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _same(path: Path, found: os.stat_result) -> bool:
    try:
        now = path.lstat()
    except OSError:
        return False
    return (now.st_dev, now.st_ino) == (found.st_dev, found.st_ino)


def _place(draft: Path, file: Path, *, replace: bool) -> None:
    """Give the draft its name, durably. Raises: UsageError if there is a file by now; OSError."""
    if replace:
        draft.replace(file)
    else:
        try:
            os.link(draft, file, follow_symlinks=False)
        except FileExistsError:
            raise _there(file) from None
        draft.unlink()
    sync_folder(file.parent)


def _checked_place(file: Path, *, replace: bool) -> Path:
    """Where the file is to be, absolute. Raises: UsageError."""
    file = file.absolute()
    if file.is_dir():
        raise UsageError(f"{file} is a folder", remedy="name a file in it")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}", remedy="make it first, or name another file")
    if not replace and (file.exists() or file.is_symlink()):
        raise _there(file)
    return file


def _there(file: Path) -> UsageError:
    return UsageError(f"{file} is there already", remedy="name another file, or say --replace")


def _unwritable(file: Path, error: OSError) -> StoreError | DiskFullError | WorldError:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(f"there is no room for {file}; nothing was written", remedy="free some space")
    return WorldError(f"{file} cannot be written: {error.strerror}", remedy="name a file in a folder you may write to")
