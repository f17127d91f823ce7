"""Puts a stage into force without bubblewrap: a root of its own, in fresh namespaces, with /proc and /dev.

Rules: runs as the first process of a fresh process namespace, with the rights of the stage's namespaces, before those
are given up. Nothing of the host's tree is left in reach.
Source: pivot_root(2), mount_namespaces(7).
"""

from __future__ import annotations

import contextlib
import os
from typing import Final

from ergos.drivers.sandbox import light_paths as paths
from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.stage import Lent, Link, Stage

_DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty")
_STREAMS: Final = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}


def enter_root(stage: Stage) -> None:
    """Make the root and stand in it. Raises: OSError."""
    root = f"{stage.place}/root"
    paths.make_folder(root)
    held = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("tmpfs", root, "tmpfs", held, "size=1m,nr_inodes=512,mode=0755")
    for part in stage.system:
        if isinstance(part, Link):
            paths.link(root + part.path, part.text)
        else:
            _lend(root, part)
    paths.make_folder(f"{root}/proc")
    # Refused where what this process itself sees of /proc is masked: then the job has none.
    with contextlib.suppress(PermissionError):
        linux.mount("proc", f"{root}/proc", "proc", held | linux.MS_NOEXEC)
    _devices(root)
    for part in (*stage.writable, *sorted(stage.lent, key=lambda lent: lent.target.count("/"))):
        _lend(root, part)
    for path in (f"{root}/dev", root):
        _restrict(path, linux.MOUNT_ATTR_RDONLY, whole=False)
    os.chdir(root)
    linux.pivot_root(".", ".")
    linux.unmount(".", linux.MNT_DETACH)
    os.chdir("/")


def _lend(root: str, part: Lent) -> None:
    place = root + part.target
    if paths.is_folder(part.source):
        paths.make_folder(place)
    elif not paths.exists(place):
        paths.make_folder(place.rpartition("/")[0])
        paths.write(place, b"")
    linux.mount(part.source, place, flags=linux.MS_BIND | linux.MS_REC)
    attributes = linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV
    _restrict(place, attributes | (0 if part.write else linux.MOUNT_ATTR_RDONLY), whole=True)


def _restrict(path: str, attributes: int, *, whole: bool) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        linux.set_mount(descriptor, attributes, whole=whole)
    finally:
        os.close(descriptor)


def _devices(root: str) -> None:
    folder = f"{root}/dev"
    paths.make_folder(folder)
    held = linux.MS_NOSUID | linux.MS_NOEXEC
    linux.mount("tmpfs", folder, "tmpfs", held | linux.MS_NODEV, "size=64k,nr_inodes=64,mode=0755")
    for name in _DEVICES:
        paths.write(f"{folder}/{name}", b"")
        linux.mount(f"/dev/{name}", f"{folder}/{name}", flags=linux.MS_BIND)
        _restrict(f"{folder}/{name}", linux.MOUNT_ATTR_NOSUID, whole=False)
    for name, text in _STREAMS.items():
        paths.link(f"{folder}/{name}", text)
    paths.make_folder(f"{folder}/shm")
    paths.make_folder(f"{folder}/pts")
    linux.mount("devpts", f"{folder}/pts", "devpts", held, "newinstance,ptmxmode=0666,mode=620")
    paths.link(f"{folder}/ptmx", "pts/ptmx")
