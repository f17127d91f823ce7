"""Folders and processes of a job that no namespace holds: on a disk, among the user's other processes.

Rules: runs in the keeper. What is hunted is what descends from the keeper, who adopts every orphan below it, so a
process that left its parents is found all the same. Folders are removed without following links.
Source: PR_SET_CHILD_SUBREAPER in prctl(2), proc(5).
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
from collections.abc import Callable, Iterator
from typing import Final

from ergos.drivers.sandbox import light_paths as paths
from ergos.drivers.sandbox.confined import refusal_bare
from ergos.drivers.sandbox.orders import Order
from ergos.drivers.sandbox.stage import StageError

LOOK_MS: Final = 20  # milliseconds between two looks at a small folder
FILES_PER_MS: Final = 10  # files for which the next look is a millisecond later
_ROUNDS: Final = 64  # times a folder is tried to be removed; one of a kind more is opened each time
_BLOCK_BYTES: Final = 512
_ANYWHERE: Final = "/tmp"  # noqa: S108 - a folder of its own is made there


def make_ready() -> None:
    """Load what is needed at the end of a job, when the files of this installation may be out of reach."""
    import shutil
    import tempfile

    del shutil, tempfile


class BareTree:
    """Where one job lives."""

    def __init__(self, order: Order, user: tuple[int, int] | None) -> None:
        """`user`: whom root runs it as. Raises: StageError, OSError."""
        import tempfile

        if why := refusal_bare(order):
            raise StageError(why)
        # Another user may neither pass through a home nor take its folder away from there.
        above = order.scratch if user is None else _ANYWHERE
        self.base = tempfile.mkdtemp(prefix="ergos-job-", dir=above)
        self._bounds = order.job.bounds
        self.look_after_ms = LOOK_MS
        """Milliseconds until the next look at its size: more for more files, so that looking stays cheap."""
        self._alone = user is not None
        for folder in (self.base, *(f"{self.base}/{name}" for name in ("work", "tmp"))):
            paths.make_folder(folder)
            if user is not None:
                os.chown(folder, *user)
        self._free = _free_bytes(self.base)
        self.work = os.open(f"{self.base}/work", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def too_large(self) -> bool:
        """Whether its files are more or larger than it may have, or hidden from being looked at."""
        found = used = 0
        self.look_after_ms = LOOK_MS
        try:
            for found, entry in enumerate(_below(self.base), 1):
                with contextlib.suppress(FileNotFoundError):
                    used += entry.stat(follow_symlinks=False).st_blocks * _BLOCK_BYTES
                if found > self._bounds.files + 2 or used > self._bounds.disk_bytes:
                    return True
                self.look_after_ms = LOOK_MS + found // FILES_PER_MS
        except PermissionError:
            return True
        # Files without a name are looked for only where the disk has lost that much, whoever took it.
        if self._free - _free_bytes(self.base) <= self._bounds.disk_bytes:
            return False
        return used + _nameless_bytes(descendants(os.getpid())) > self._bounds.disk_bytes

    def hunt(self, reap: Callable[[int], bool]) -> None:
        """End everything that descends from this process; `reap(how)`: False when no child is left."""
        while reap(os.WNOHANG):
            if self._alone:
                # Its user is nobody else's, and this process is not among those that are meant.
                with contextlib.suppress(OSError):
                    os.kill(-1, signal.SIGKILL)
            # Stopped first, so that none can multiply while the others are found.
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid in descendants(os.getpid()):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)

    def remove(self) -> None:
        """Away with its folders."""
        import shutil

        os.close(self.work)
        # A folder its owner closed is opened, then what lies in it is seen; a few rounds for folders in folders.
        for _ in range(_ROUNDS):
            shutil.rmtree(self.base, onerror=_opened)
            if not paths.exists(self.base):
                return
        shutil.rmtree(self.base, ignore_errors=True)


def _below(folder: str) -> Iterator[os.DirEntry[str]]:
    """Every entry below a folder; links are not followed."""
    pending = [folder]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    yield entry
        except (FileNotFoundError, NotADirectoryError):  # gone meanwhile
            continue


def _opened(_: object, path: str, __: object) -> None:
    """A folder that could not be entered, or one above what could not be removed: give ourselves the right to."""
    for folder in (path, path.rpartition("/")[0]):
        with contextlib.suppress(OSError):
            if paths.is_folder(folder, links=False):
                os.chmod(folder, 0o700)  # noqa: PTH101 - no pathlib in a keeper


def _free_bytes(folder: str) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _nameless_bytes(pids: list[int]) -> int:
    """What files take that these processes hold open and that have no name any more."""
    sizes: dict[tuple[int, int], int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - no pathlib in a keeper
                with contextlib.suppress(OSError):
                    found = os.stat(f"/proc/{pid}/fd/{name}")  # noqa: PTH116 - no pathlib in a keeper
                    if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                        sizes[found.st_dev, found.st_ino] = found.st_blocks * _BLOCK_BYTES
    return sum(sizes.values())


def _fields(pid: str) -> dict[str, str]:
    """What /proc says of a process; {} if it is gone."""
    try:
        text = paths.read(f"/proc/{pid}/status").decode(errors="replace")
    except OSError:
        return {}
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def _all() -> Iterator[str]:
    return (name for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208 - thousands of them


def descendants(ancestor: int) -> list[int]:
    """Every process below one, zombies left out."""
    parents: dict[int, int] = {}
    for name in _all():
        found = _fields(name)
        if found and not found.get("State", "").startswith("Z"):
            parents[int(name)] = int(found.get("PPid", "0"))
    inside = {ancestor}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in inside} - inside
        grown = bool(more)
        inside |= more
    return sorted(inside - {ancestor})


def tasks_of(uid: int) -> int:
    """Threads that a user's processes have, as RLIMIT_NPROC counts them."""
    count = 0
    for name in _all():
        found = _fields(name)
        if found.get("Uid", "").split("\t")[0] == str(uid):
            count += int(found.get("Threads", "1"))
    return count
