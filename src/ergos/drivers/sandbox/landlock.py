"""A job held by Landlock, behind the stage's namespaces where there are some: what it may touch is a list of folders.

Rules: runs in the job's own process, between fork and exec. The list is all there is; the rest of the tree cannot be
opened, made, linked or moved. Where this kernel's Landlock is too old to hold something, the filter of system calls
does.
Source: landlock(7); linux/landlock.h for the versions.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from ergos.drivers.sandbox import light_paths as paths
from ergos.drivers.sandbox import linux_calls as linux

VERSION_BARE_MIN: Final = 3  # before it, files could be cut short (TRUNCATE)
VERSION_SCOPED: Final = 6  # from it on, signals and abstract sockets are kept inside

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_FILES_BY_VERSION: Final = (0, (1 << 13) - 1, (1 << 14) - 1, (1 << 15) - 1, (1 << 15) - 1, (1 << 16) - 1)
_NETWORK_FROM: Final = 4
_TCP: Final = 3  # bind, connect
_SCOPES: Final = 3  # abstract Unix sockets, signals
_DEVICES: Final = ("null", "zero", "full", "random", "urandom")
_READ: Final = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV


def confine(readable: Iterable[str], writable: Iterable[str], *, apart: bool) -> None:
    """Hold this process and all it starts. `apart`: network and terminals are its own. Raises: OSError."""
    version = linux.landlock_version()
    files = _FILES_BY_VERSION[min(version, len(_FILES_BY_VERSION) - 1)]
    tcp = _TCP if version >= _NETWORK_FROM and not apart else 0
    scopes = _SCOPES if version >= VERSION_SCOPED else 0
    size = 8 if version < _NETWORK_FROM else 16 if version < VERSION_SCOPED else 24
    rules = linux.landlock_rules(files, tcp, scopes, size)
    for path in readable:
        _allow(rules, path, files & _READ)
    for path in writable:
        _allow(rules, path, files & ~_IOCTL_DEV)
    for name in _DEVICES:
        _allow(rules, f"/dev/{name}", files & (_READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV))
    if apart:
        _allow(rules, "/dev/pts", files)
    linux.no_new_privileges()
    linux.landlock_confine(rules)
    os.close(rules)


def _allow(rules: int, path: str, files: int) -> None:
    if not paths.exists(path):
        return
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        linux.landlock_allow(rules, descriptor, files if paths.is_folder(path) else files & _OF_A_FILE)
    finally:
        os.close(descriptor)
