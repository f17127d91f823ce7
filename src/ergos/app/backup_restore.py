"""Restores a backup into a home: verified first, made safe, then put in place in one step.

    read → unpack beside the home → hashes → audit of the journal → rewind → exchange → the old home aside

Rules: until the exchange nothing of the target is touched, and whoever is killed leaves what was there; after it, what
was there lies whole beside it. Nothing runs on the target meanwhile. What going back in time means is `backup_rewind`.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from ergos import __version__
from ergos.app.backup_archive import SECRETS, STORE, Archive, Manifest, Told
from ergos.app.backup_peers import INDEX, REVOKED, all_revoked, check_index
from ergos.app.backup_rewind import Rewound, Since, rewind, since
from ergos.app.backup_secrets import FILES as SECRET_FILES
from ergos.app.backup_secrets import SEALED_BYTES_MAX, opened
from ergos.app.home import Home
from ergos.base.clock import SECOND, Clock
from ergos.base.entropy import Entropy
from ergos.base.errors import (
    DiskFullError,
    ForeignStoreError,
    StoreError,
    StoreLockedError,
    UsageError,
    VerificationError,
    WorldError,
)
from ergos.base.limits import DISK_RESERVE_BYTES
from ergos.drivers.exchange import exchange
from ergos.drivers.host import free_bytes
from ergos.drivers.lock import KernelLock, holder
from ergos.drivers.sqlite_open import SCHEMA_VERSION, foreign_objects
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.drivers.whole_file import replace_file, sync_folder
from ergos.kernel.rows import Head
from ergos.runtime.audit import Audit, audit

PRESENT: Final = ("access.json", "mcp-tokens.json", "delegations.json", "api.db", "api.db-wal")
"""What is of the present and not of the past, where a home of the same store is replaced: who may come in, what was
revoked, and what was done under an Idempotency-Key."""
UNDERWAY: Final = ".restoring"
"""In a folder that a restore is filling; one that was killed is known by it, and cleared away by the next."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A home that was restored."""

    home: str
    manifest: Manifest
    audit: Audit
    rewound: Rewound
    since: Since
    aside: str | None = None
    """Where the home that was there lies now."""
    secrets: str = ""
    """Where key and secrets come from: 'backup', 'home' or nowhere."""
    unfinished: tuple[str, ...] = ()
    """Folders that a restore killed at its last step left beside the home: what it replaced, or what never came in."""


async def restore(
    file: Path,
    home: Home,
    clock: Clock,
    entropy: Entropy,
    *,
    replace: bool = False,
    passphrase: str | None = None,
    public_key: str | None = None,
    told: Told = lambda _: None,
) -> Restored:
    """Put a backup in place of a home. `public_key`: the only key that may have signed its journal.

    Raises: VerificationError, ForeignStoreError, StoreLockedError, UsageError, DiskFullError, WorldError.
    """
    target = home.folder.resolve()
    _check_target(target, replace=replace)
    with Archive(file) as archive:
        _check_version(archive.manifest)
        secret_files = _secrets_of(archive, passphrase)
        _check_room(archive, target)
        try:
            with _alone(target), _staging(target, entropy) as (staging, unfinished):
                _unpack(archive, staging, told)
                check_index(staging / INDEX)
                found = await _audited(staging / STORE, archive.manifest, public_key, told)
                head = Head(archive.manifest.seq, bytes.fromhex(archive.manifest.hash), archive.manifest.at_ns)
                lost = await since(target / STORE, head, archive.manifest.store)
                told("making it safe …")
                rewound = await rewind(staging / STORE, clock.now_ns(), __version__, lost.highest)
                related = target if _related(target, archive.manifest) else None
                origin = _put_secrets(staging, secret_files, related)
                if related is not None:
                    _put_files(staging, _present(related, staging))
                aside = _put_in_place(staging, target, clock)
        except OSError as error:
            raise _unwritable(target, error) from error
    return Restored(
        home=str(target), manifest=archive.manifest, audit=found, rewound=rewound, since=lost,
        aside=str(aside) if aside is not None else None, secrets=origin, unfinished=unfinished,
    )  # fmt: skip


# Before


def _check_target(target: Path, *, replace: bool) -> None:
    running = holder(target / "ergos.lock") if target.is_dir() else None
    if running is not None:
        raise StoreLockedError(f"{target} is in use by {running}", remedy="`ergos down` first, then restore")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is no folder", remedy="name another with --into")
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}", remedy="make it first, or name another with --into")
    if _filled(target) and not replace:
        raise UsageError(
            f"{target} is not empty", remedy="name another with --into, or say --replace: what is there is kept aside"
        )


def _filled(target: Path) -> bool:
    return target.is_dir() and any(target.iterdir())


def _check_version(manifest: Manifest) -> None:
    if manifest.schema > SCHEMA_VERSION:
        raise ForeignStoreError(
            f"ErgOS {manifest.version[:40]} wrote this backup: schema {manifest.schema}; known is {SCHEMA_VERSION}",
            remedy="upgrade ErgOS",
        )


def _secrets_of(archive: Archive, passphrase: str | None) -> dict[str, bytes]:
    """Key and secrets of the backup, opened before anything is written. Raises: UsageError, VerificationError."""
    import io

    part = next((part for part in archive.manifest.parts if part.name == SECRETS), None)
    if part is None:
        if passphrase is not None:
            raise UsageError("this backup holds no secrets", remedy="restore it without --with-secrets")
        return {}
    if passphrase is None:
        return {}
    if part.bytes > SEALED_BYTES_MAX:
        raise VerificationError("the secrets of this backup are larger than secrets are", remedy="do not use it")
    sink = io.BytesIO()
    archive.extract(part, sink)
    return opened(sink.getvalue(), passphrase)


def _check_room(archive: Archive, target: Path) -> None:
    free = free_bytes(target.parent)
    if archive.size + DISK_RESERVE_BYTES > free:
        raise DiskFullError(
            f"the backup takes {archive.size:,} bytes, {free:,} are free in {target.parent}", remedy="free some space"
        )


@contextmanager
def _alone(target: Path) -> Generator[None]:
    """Keep every kernel off the home that is there. Raises: StoreLockedError."""
    if not (target / STORE).exists():
        yield
        return
    lock = KernelLock(target / "ergos.lock")
    try:
        yield
    finally:
        lock.release()


# Beside


@contextmanager
def _staging(target: Path, entropy: Entropy) -> Generator[tuple[Path, tuple[str, ...]]]:
    """A folder beside the target, gone unless it was put in place; and what is left of others."""
    unfinished: list[str] = []
    for left in sorted(target.parent.glob(f".{target.name}.restore-*")):
        found = left.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            continue
        if (left / UNDERWAY).is_file():
            shutil.rmtree(left, ignore_errors=True)
        else:
            unfinished.append(str(left))
    name = entropy.below(1 << 32, stream="restore")
    staging = target.with_name(f".{target.name}.restore-{name:08x}")
    staging.mkdir(mode=0o700)
    (staging / UNDERWAY).touch(mode=0o600)
    try:
        yield staging, tuple(unfinished)
    finally:
        if (staging / UNDERWAY).exists():
            shutil.rmtree(staging, ignore_errors=True)


def _unpack(archive: Archive, staging: Path, told: Told) -> None:
    """Write every part, durably. Raises: VerificationError, OSError."""
    folders = {staging}
    for number, part in enumerate(archive.manifest.parts):
        if part.name == SECRETS:
            continue
        told(f"{number:,} of {len(archive.manifest.parts):,} files …")
        path = staging / part.name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folders |= {folder for folder in path.parents if folder.is_relative_to(staging)}
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o700 if part.runs else 0o600)
        with os.fdopen(descriptor, "wb") as sink:
            archive.extract(part, sink)
            sink.flush()
            os.fsync(sink.fileno())
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        sync_folder(folder)


async def _audited(store: Path, manifest: Manifest, public_key: str | None, told: Told) -> Audit:
    """The whole proof of the store, and that it is the one the manifest speaks of. Raises: VerificationError."""
    if foreign := foreign_objects(store):
        raise VerificationError(f"the store in the backup has {foreign[0][:80]!r}, which no ErgOS made", remedy=_OTHER)
    reads = SqliteReads.open(store)
    try:
        head = await reads.head()
        if (reads.id, head.seq, head.seal.hex()) != (manifest.store, manifest.seq, manifest.hash):
            raise VerificationError("the store in the backup is not the one its manifest speaks of", remedy=_OTHER)
        found = await audit(
            reads,
            kept=manifest.checkpoint,
            public_key=public_key,
            on_progress=lambda records: told(f"{records:,} records verified …"),
        )
    finally:
        await reads.close()
    if found.problem is not None:
        raise VerificationError(f"the journal in the backup does not hold: {found.problem}", remedy=_OTHER)
    return found


_OTHER: Final = "take another backup; nothing was changed"


def _related(target: Path, manifest: Manifest) -> bool:
    """Whether the home that is there is of the same store: then its key and secrets go with what is restored."""
    if not (target / STORE).is_file():
        return False
    try:
        reads = SqliteReads.open(target / STORE)
    except (StoreError, WorldError):
        return False
    try:
        return reads.id == manifest.store
    finally:
        reads._reader.close()  # noqa: SLF001 - closed without a loop


def _put_secrets(staging: Path, from_backup: dict[str, bytes], old: Path | None) -> str:
    """Key and secrets: the backup's, else those of the home that is replaced; where they come from."""
    files = dict(from_backup)
    origin = "backup" if files else ""
    if not files and old is not None:
        files = _files_of(old, SECRET_FILES)
        origin = "home" if files else ""
    _put_files(staging, files)
    return origin


def _files_of(home: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """Those of these files that are there."""
    paths = {name: home / name for name in names}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file() and not path.is_symlink()}


def _present(home: Path, staging: Path) -> dict[str, bytes]:
    """What is of the present; what was revoked is so whether the home or the backup says it."""
    found = _files_of(home, PRESENT)
    revoked = all_revoked(found.get(REVOKED), _files_of(staging, (REVOKED,)).get(REVOKED))
    return found if revoked is None else {**found, REVOKED: revoked}


def _put_files(staging: Path, files: dict[str, bytes]) -> None:
    """Write them, durably, in place of what the backup has of the same name."""
    for name, content in files.items():
        replace_file(staging / name, content)


# In place


def _put_in_place(staging: Path, target: Path, clock: Clock) -> Path | None:
    """The one step; where the old home lies then, if there was one. Raises: UsageError, WorldError, OSError."""
    filled = _filled(target)
    (staging / UNDERWAY).unlink()  # from here on it is a whole home, which nobody clears away
    sync_folder(staging)
    if not filled:
        try:
            staging.rename(target)  # over an empty folder, too; never over what is in one
        except OSError as error:
            (staging / UNDERWAY).touch(mode=0o600)
            raise UsageError(f"{target} is not empty any more: {error.strerror}", remedy="try again") from error
        sync_folder(target.parent)
        return None
    try:
        exchange(staging, target)
    except (WorldError, OSError):
        (staging / UNDERWAY).touch(mode=0o600)
        raise
    aside = _free_name(target, clock)
    staging.rename(aside)
    sync_folder(target.parent)
    return aside


def _free_name(target: Path, clock: Clock) -> Path:
    at = datetime.fromtimestamp(clock.now_ns() // SECOND, UTC).strftime("%Y%m%dT%H%M%SZ")
    for number in range(1, 1_000):
        aside = target.with_name(f"{target.name}.before-{at}" + (f"-{number}" if number > 1 else ""))
        if not aside.exists() and not aside.is_symlink():
            return aside
    raise UsageError(f"there are too many old homes beside {target}", remedy="move them away")


def _unwritable(target: Path, error: OSError) -> DiskFullError | WorldError:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(f"there is no room to restore into {target}; it is as it was", remedy="free some space")
    return WorldError(
        f"{target} cannot be restored: {error.strerror}; what was there is there",
        remedy="see that you may write in the folder above it",
    )
