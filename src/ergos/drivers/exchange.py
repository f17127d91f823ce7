"""Puts a folder in the place of another in one step of the file system: who looks sees the old one or the new one.

Rules: nothing is copied and nothing is deleted; both names must lie on one file system. Where the system has no such
step, it is refused, and nothing was done.
Source: renameat2(2), RENAME_EXCHANGE; renamex_np(2), RENAME_SWAP.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Final

from ergos.base.errors import WorldError
from ergos.drivers.whole_file import sync_folder

_AT_FDCWD: Final = -100
_EXCHANGE: Final = 2
_SWAP: Final = 2
_NO_SUCH_STEP: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})


def exchange(one: Path, other: Path) -> None:
    """Let two folders trade their names, durably. Raises: WorldError where the file system cannot; OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    name = "renamex_np" if sys.platform == "darwin" else "renameat2"
    step = getattr(library, name, None)
    if step is None:
        raise _cannot(one)
    if sys.platform == "darwin":
        failed = step(first, second, ctypes.c_uint(_SWAP))
    else:
        failed = step(_AT_FDCWD, first, _AT_FDCWD, second, ctypes.c_uint(_EXCHANGE))
    if failed:
        number = ctypes.get_errno()
        if number in _NO_SUCH_STEP:
            raise _cannot(one)
        raise OSError(number, os.strerror(number), str(one))
    for folder in {one.parent, other.parent}:
        sync_folder(folder)


def _cannot(one: Path) -> WorldError:
    return WorldError(
        f"the file system of {one.parent} cannot exchange two folders in one step",
        remedy="move the old folder aside yourself, then try again",
    )
