"""Brings back what a job left in its work folder, when nothing of the job runs any more.

Rules: every step is opened below the folder without following a link of any kind; only plain files with one name are
read; sizes, number and depth are bounded. What is left out is said, with the reason.
Source: openat2(2).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from typing import Final

from ergos.drivers.sandbox import linux_calls as linux
from ergos.kernel.confinement import Bounds

DEPTH_MAX: Final = 64  # folders in folders
LEFT_OUT_MAX: Final = 256  # reasons given; a hostile job could cause more
_KINDS: Final = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


class Collection:
    """What was brought back so far, and what was not."""

    def __init__(self, bounds: Bounds) -> None:
        self.files: dict[str, bytes] = {}
        self.left_out: dict[str, str] = {}
        self._bounds = bounds
        self._bytes_left = bounds.disk_bytes
        self._looks_left = 2 * bounds.files + 16

    def take(self, work: int, path: str) -> None:
        """Bring back a path below the folder `work`, whole if it is a folder."""
        pending = [(path.rstrip("/") or ".", 0)]
        while pending:
            at, depth = pending.pop()
            if self._looks_left <= 0:
                self._omit(path, "too many files")
                return
            self._looks_left -= 1
            for name in self._look(work, at):
                below = name if at == "." else f"{at}/{name}"
                if depth >= DEPTH_MAX:
                    self._omit(below, "too deep")
                else:
                    pending.append((below, depth + 1))

    def _look(self, work: int, path: str) -> Iterator[str]:
        """Take a file, or name what is in a folder."""
        try:
            mark = linux.open_beneath(work, path, os.O_PATH)
        except OSError as error:
            self._omit(
                path, "a link" if error.errno in {errno.ELOOP, errno.EXDEV} else os.strerror(error.errno or 0).lower()
            )
            return
        try:
            found = os.fstat(mark)
            if stat.S_ISREG(found.st_mode):
                self._read(work, path, found)
            elif stat.S_ISDIR(found.st_mode):
                yield from self._names(work, path)
            else:
                self._omit(path, _KINDS.get(stat.S_IFMT(found.st_mode), "no plain file"))
        except OSError as error:
            self._omit(path, os.strerror(error.errno or 0).lower())
        finally:
            os.close(mark)

    def _names(self, work: int, path: str) -> Iterator[str]:
        folder = linux.open_beneath(work, path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    try:
                        entry.name.encode()
                    except UnicodeEncodeError:
                        self._omit(f"{path}/{entry.name}", "its name is not text")
                    else:
                        yield entry.name
        finally:
            os.close(folder)

    def _read(self, work: int, path: str, mark: os.stat_result) -> None:
        if mark.st_nlink != 1:
            self._omit(path, "has another name (a hard link)")
            return
        most = min(self._bounds.file_bytes, self._bytes_left)
        if mark.st_size > most:
            self._omit(path, f"too large ({mark.st_size} bytes)")
            return
        # Not to wait, should it be a pipe by now; and to be the file that was looked at.
        descriptor = linux.open_beneath(work, path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if (found.st_dev, found.st_ino) != (mark.st_dev, mark.st_ino):
                self._omit(path, "changed while it was read")
                return
            content = file.read(most + 1)
        if len(content) > most:
            self._omit(path, "too large")
            return
        self._bytes_left -= len(content)
        self.files[path] = content

    def _omit(self, path: str, why: str) -> None:
        if len(self.left_out) < LEFT_OUT_MAX:
            self.left_out[path.encode("utf-8", "backslashreplace").decode()] = why
