"""One kernel on one store: an advisory lock that dies with its holder, and says who holds it.

Source: flock(2); the lock goes with the open file, so a killed kernel never leaves one behind.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import IO

from ergos.base.errors import DiskFullError, StoreError, StoreLockedError
from ergos.drivers.host import host_name, process_id


class KernelLock:
    """Held from construction until `release`."""

    def __init__(self, path: Path) -> None:
        """Raises: StoreLockedError naming the kernel that holds it; StoreError, DiskFullError."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(path, error) from error
        file = os.fdopen(descriptor, "r+", encoding="utf-8", errors="replace")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            found = file.read(200).strip() or "another kernel"
            file.close()
            raise StoreLockedError(f"{path.parent} is in use by {found}") from error
        self._file: IO[str] | None = file
        try:
            self._write(f"process {process_id()} on {host_name()}\n")
        except OSError as error:
            self._let_go()
            raise _unusable(path, error) from error

    def release(self) -> None:
        """Let another kernel have it."""
        if self._file is not None:
            try:
                self._write("")
            except OSError:
                pass  # the name that stays in the file says nothing: only the lock itself counts
            self._let_go()

    def _write(self, text: str) -> None:
        assert self._file is not None
        self._file.seek(0)
        self._file.truncate()
        self._file.write(text)
        self._file.flush()

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                pass  # what could not be flushed is the name only; the descriptor is closed all the same


def _unusable(path: Path, error: OSError) -> StoreError | DiskFullError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError()
    return StoreError(
        f"{path} cannot be written: {error.strerror}",
        remedy="see that the folder exists and that you may write to it, or name another with --home",
    )


def holder(path: Path) -> str | None:
    """Who holds the lock now, or None. Raises: StoreError if the file may not be read."""
    try:
        file = path.open("r", encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return file.read(200).strip() or "another kernel"
        return None
