"""The stage of one job: fresh namespaces, sized file systems, and what is lent from the host, before anything foreign
runs.

Rules: runs in a job's keeper, on the order alone; nothing of the job runs yet. With root's rights it uses them and
gives them up at the end; without, it takes a user namespace first. What it lends keeps its place even if the path
changes later.
Source: mount_namespaces(7), user_namespaces(7), mount_setattr(2), tmpfs(5).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import stat
import struct
from collections.abc import Mapping
from typing import Final

import msgspec

from ergos.drivers.sandbox import light_paths as paths
from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.identity import mapped_namespace, take_user_namespace
from ergos.drivers.sandbox.orders import UID_INSIDE, Order
from ergos.drivers.sandbox.room import SYSTEM, WORK
from ergos.kernel.confinement import MIB

DOOR: Final = "/run/door"
TEMPORARY: Final = {"shm": "/dev/shm", "tmp": "/tmp"}  # noqa: S108 - paths of the inside
TEMPORARY_BYTES: Final = 64 * MIB  # bytes of /tmp and /dev/shm together
TEMPORARY_FILES: Final = 4_096  # files in /tmp and /dev/shm together
PORT_QUEUE: Final = 64  # connections to the door's port that wait
_SIOCSIFFLAGS: Final = 0x8914
_UP_RUNNING: Final = 0x41


class Lent(msgspec.Struct, frozen=True):
    """A folder or file of this machine that stands at a path inside."""

    source: str
    target: str
    write: bool = False


class Link(msgspec.Struct, frozen=True):
    """A symbolic link inside."""

    text: str
    path: str


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What a job will see, in the order it is put together."""

    place: str
    """Where the file systems of this job stand."""
    work: int
    """The work folder, as a descriptor; -1 if it is lent."""
    system: tuple[Lent | Link, ...]
    writable: tuple[Lent, ...]
    lent: tuple[Lent, ...]
    door: str
    """Where the door's socket stands; '' without one."""
    port: socket.socket | None
    user: tuple[int, int]
    """Who the job is to these file systems."""


class StageError(Exception):
    """The stage cannot be set; says why."""


def set_stage(order: Order, room: str, user: tuple[int, int]) -> Stage:
    """Take namespaces and mount everything; `user`: uid and gid of the job outside. Raises: StageError, OSError."""
    job = order.job
    rooted = os.geteuid() == 0
    apart = linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
    if rooted:
        linux.unshare(apart)
    else:
        # One of its own for every job, so that the number of its processes is counted by itself.
        take_user_namespace(apart, (UID_INSIDE, UID_INSIDE))
    inside = user if rooted else (UID_INSIDE, UID_INSIDE)
    lending = [(bind.source, bind.target, bind.write) for bind in job.binds]
    if job.door is not None:
        lending.append((job.door, DOOR, False))
    clones = [_clone(source, write, user if rooted else None) for source, _, write in lending]
    place = f"{room}/job"
    own = f"uid={inside[0]},gid={inside[1]}"
    flags = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("tmpfs", place, "tmpfs", flags, f"size={TEMPORARY_BYTES},nr_inodes={TEMPORARY_FILES},mode=0755,{own}")
    for name in (*TEMPORARY, "work"):
        paths.make_folder(f"{place}/{name}")
        os.chmod(f"{place}/{name}", 0o1777)  # noqa: PTH101, S103 - no pathlib in a keeper; as /tmp is
    work, writable = -1, [Lent(f"{place}/{name}", target, write=True) for name, target in TEMPORARY.items()]
    if not any(bind.target == WORK for bind in job.binds):
        # One more for the folder itself.
        options = f"size={job.bounds.disk_bytes},nr_inodes={job.bounds.files + 1},mode=0755,{own}"
        linux.mount("tmpfs", f"{place}/work", "tmpfs", flags, options)
        work = os.open(f"{place}/work", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        writable.append(Lent(f"{place}/work", WORK, write=True))
    lent = tuple(_attach(place, n, clone, *what) for n, (clone, what) in enumerate(zip(clones, lending, strict=True)))
    return Stage(
        place=place,
        work=work,
        system=_system(room),
        writable=tuple(writable),
        lent=lent,
        door=lent[-1].source if job.door is not None else "",
        port=_network(job.door_port),
        user=inside,
    )


def _clone(source: str, write: bool, user: tuple[int, int] | None) -> tuple[int, bool]:  # noqa: FBT001 - a field
    """A detached mount of a path, and whether it is a folder; for `user`, what its owner owns is theirs."""
    try:
        found = os.stat(source)  # noqa: PTH116 - no pathlib in a keeper
        attributes = linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV | (0 if write else linux.MOUNT_ATTR_RDONLY)
        owner = (found.st_uid, found.st_gid)
        if user is None or owner == user:
            descriptor = linux.cloned_mount(source, whole=True)
            linux.set_mount(descriptor, attributes, whole=True)
            return descriptor, stat.S_ISDIR(found.st_mode)
        descriptor = linux.cloned_mount(source, whole=False)
        mapping = mapped_namespace(owner, user)
        try:
            linux.set_mount(descriptor, attributes | linux.MOUNT_ATTR_IDMAP, user_namespace=mapping)
        except OSError:  # a file system that maps no ids: others' rights apply
            linux.set_mount(descriptor, attributes)
        finally:
            os.close(mapping)
    except OSError as error:
        raise StageError(f"{source} cannot be lent: {error.strerror}") from error
    return descriptor, stat.S_ISDIR(found.st_mode)


def _attach(above: str, at: int, clone: tuple[int, bool], source: str, target: str, write: bool) -> Lent:  # noqa: FBT001
    place = f"{above}/lent{at}"
    descriptor, folder = clone
    if folder:
        paths.make_folder(place)
    else:
        paths.write(place, b"")
    try:
        linux.attach_mount(descriptor, place)
    except OSError as error:
        raise StageError(f"{source} cannot be lent: {error.strerror}") from error
    os.close(descriptor)
    return Lent(place, target, write)


def _system(room: str) -> tuple[Lent | Link, ...]:
    """The programs of this machine, readable."""
    found: list[Lent | Link] = [Lent("/usr", "/usr")]
    for name in SYSTEM:
        path = f"/{name}"
        try:
            found.append(Link(paths.link_text(path), path))
        except FileNotFoundError:
            continue
        except OSError:  # no link: a system that keeps it apart from /usr
            found.append(Lent(path, path))
    if paths.is_folder("/nix/store"):
        found.append(Lent("/nix/store", "/nix/store"))
    found.append(Lent(f"{room}/etc", "/etc"))
    return tuple(found)


def _network(port: int) -> socket.socket | None:
    """Bring the loopback of the fresh network namespace up; listen at the door's port there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as plain:
        fcntl.ioctl(plain, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _UP_RUNNING))
    if not port:
        return None
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(PORT_QUEUE)
    listener.setblocking(False)
    return listener


def put_files(folder: int, files: Mapping[str, bytes], user: tuple[int, int]) -> None:
    """Put files into an empty folder, as this user's. Raises: StageError where they do not fit."""
    for name, content in files.items():
        try:
            above = folder
            with contextlib.ExitStack() as opened:
                *folders, last = name.split("/")
                for part in folders:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, 0o755, dir_fd=above)
                        os.chown(part, *user, dir_fd=above, follow_symlinks=False)
                    above = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
                    opened.callback(os.close, above)
                mode = 0o755 if content.startswith(b"#!") else 0o644
                descriptor = os.open(last, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode, dir_fd=above)
                with os.fdopen(descriptor, "wb") as file:
                    os.fchown(descriptor, *user)
                    file.write(content)
        except OSError as error:
            raise StageError(f"file {name} cannot be put into the work folder: {error.strerror}") from error
