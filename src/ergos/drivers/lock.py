"""One kernel on one store: an advisory lock that dies with its holder, and says who holds it.

Source: flock(2); the lock goes with the open file, so a killed kernel never leaves one behind.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from ergos.base.errors import StoreLockedError
from ergos.drivers.host import host_name, process_id


class KernelLock:
    """Held from construction until `release`."""

    def __init__(self, path: Path) -> None:
        """Raises: StoreLockedError naming the kernel that holds it."""
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = file.read(200).strip() or "another kernel"
            file.close()
            raise StoreLockedError(f"{path.parent} is in use by {holder}") from error
        file.seek(0)
        file.truncate()
        file.write(f"process {process_id()} on {host_name()}\n")
        file.flush()
        self._file: IO[str] | None = file

    def release(self) -> None:
        """Let another kernel have it."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
            self._file.flush()
            self._file.close()
            self._file = None


def holder(path: Path) -> str | None:
    """Who holds the lock now, or None."""
    try:
        file = path.open("r", encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return file.read(200).strip() or "another kernel"
        return None
