"""Files that are replaced whole: whoever reads sees the old one or the new one, also after a kill or a power cut.

Rules: what is written is its owner's alone; a draft that was left half written is taken over, never followed or read.
One writer at a time: who may not be alone waits for its turn first.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in place, durably; folders on the way are made. Raises: OSError."""
    draft = path.with_name(f".{path.name}.new")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable. Raises: OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def turn(path: Path) -> int:
    """A descriptor that keeps other writers of this file out until it is closed. Waits. Raises: OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.turn")
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
