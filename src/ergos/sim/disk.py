"""A disk that forgets: SQLite runs on it as on any other, and at a crash unsynced writes are lost, kept or torn.

Each write waits in memory until its file is synced. A crash keeps an arbitrary subset of what waits, the last of
it perhaps only up to a sector, in an arbitrary order of files; what was synced stays.

Rules: reads see every write; a machine that has crashed answers nothing more. apsw, which lets a file system be
written in Python, is imported by `connect` alone.
"""

from __future__ import annotations

from typing import Any, Final, cast

from ergos.base.entropy import SeededEntropy
from ergos.drivers.sqlite_open import Connection, prepare

SECTOR_BYTES: Final = 512  # what a disk writes whole or not at all
VFS_NAME: Final = "ergos-torn"


class CutOffError(OSError):
    """The power is gone."""


class TornFile:
    """One file: what is on the disk, what programs read, and the writes between them."""

    def __init__(self) -> None:
        self.durable = bytearray()
        self.seen = bytearray()
        self.waiting: list[tuple[int, bytes] | int] = []
        """Writes (offset, bytes) and truncations (size), in order."""


class TornDisk:
    """Files by name. `cut_after` operations the power goes."""

    def __init__(self, seed: int) -> None:
        self.files: Final[dict[str, TornFile]] = {}
        self._entropy: Final = SeededEntropy(f"disk/{seed}")
        self.operations = 0
        self.cut_after: int | None = None
        self.off = False

    def operate(self) -> None:
        """Count one write or sync. Raises: CutOffError."""
        self.operations += 1
        if self.off or (self.cut_after is not None and self.operations > self.cut_after):
            self.off = True
            raise CutOffError("the power is gone")

    def crash(self) -> None:
        """Decide what of the waiting writes survived, and switch on again."""
        for name in sorted(self.files):
            file = self.files[name]
            for change in file.waiting:
                if self._entropy.below(2, stream="kept"):
                    _apply(file.durable, self._torn(change))
            file.seen, file.waiting = bytearray(file.durable), []
        self.off, self.cut_after, self.operations = False, None, 0

    def _torn(self, change: tuple[int, bytes] | int) -> tuple[int, bytes] | int:
        if isinstance(change, int) or self._entropy.below(3, stream="torn"):
            return change
        offset, content = change
        sectors = -(-len(content) // SECTOR_BYTES)
        return offset, content[: SECTOR_BYTES * self._entropy.below(sectors + 1, stream="sectors")]


def _apply(content: bytearray, change: tuple[int, bytes] | int) -> None:
    if isinstance(change, int):
        del content[change:]
        return
    offset, written = change
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(written)] = written


class OpenFile:
    """What SQLite holds of a file. Its method names are SQLite's."""

    def __init__(self, disk: TornDisk, file: TornFile) -> None:
        self._disk: Final = disk
        self._file: Final = file

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        """Bytes as last written."""
        return bytes(self._file.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        """Seen at once, durable after a sync."""
        self._disk.operate()
        change = (offset, bytes(data))
        _apply(self._file.seen, change)
        self._file.waiting.append(change)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        """Cut off the end."""
        self._disk.operate()
        _apply(self._file.seen, size)
        self._file.waiting.append(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Everything written to this file is durable."""
        del flags
        self._disk.operate()
        for change in self._file.waiting:
            _apply(self._file.durable, change)
        self._file.waiting.clear()

    def xFileSize(self) -> int:  # noqa: N802
        """Bytes."""
        return len(self._file.seen)

    def xLock(self, level: int) -> None:  # noqa: N802
        """One kernel, one connection."""

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """One kernel, one connection."""

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        """Nobody else is there."""
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        """Bytes of a sector."""
        return SECTOR_BYTES

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        """It promises nothing."""
        return 0

    def xFileControl(self, op: int, pointer: int) -> bool:  # noqa: N802
        """It understands nothing."""
        del op, pointer
        return False

    def xClose(self) -> None:  # noqa: N802
        """Nothing to let go of."""


class TornDatabase:
    """What `SqliteStore(path, database=...)` asks for: one connection that reads and writes."""

    def __init__(self, disk: TornDisk) -> None:
        """Raises: ErgosErrors as the store's own opening does."""
        import apsw  # heavy: a development dependency

        self.errors: tuple[type[BaseException], ...] = (apsw.Error, OSError)
        self._vfs: Final = _vfs(apsw, disk)
        opened: Any = apsw.Connection("ergos.db", vfs=VFS_NAME)
        opened.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()  # the log's index needs no shared memory then
        self.writer: Connection = cast("Connection", opened)
        self.reader: Connection = self.writer
        self.store_id = prepare(self.writer, self.errors)

    def close(self) -> None:
        """Let go."""
        try:
            self.writer.close()
        except self.errors:
            pass  # the power is gone
        self._vfs.unregister()


def _vfs(apsw: Any, disk: TornDisk) -> Any:  # noqa: ANN401
    """The disk as a file system of SQLite."""

    class TornVFS(apsw.VFS):
        def xOpen(self, name: Any, flags: list[int]) -> OpenFile:  # noqa: ANN401, N802
            path = name if isinstance(name, str) or name is None else name.filename()
            flags[1] = flags[0]
            file = disk.files.setdefault(str(path), TornFile()) if path is not None else TornFile()
            return OpenFile(disk, file)

        def xAccess(self, path: str, flags: int) -> bool:  # noqa: N802
            del flags
            return path in disk.files

        def xDelete(self, path: str, sync: bool) -> None:  # noqa: FBT001, N802
            del sync
            disk.operate()
            disk.files.pop(path, None)

        def xFullPathname(self, path: str) -> str:  # noqa: N802
            return path

    return TornVFS(VFS_NAME, "")
