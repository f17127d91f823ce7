"""Who a job runs as: another user than root, a user namespace, and a mapping of owners.

Rules: runs in a job's keeper; giving up is complete and final. Never uid 0 inside.
Source: credentials(7), user_namespaces(7).
"""

from __future__ import annotations

import errno
import os
import signal
import socket

from ergos.drivers.sandbox import light_paths as paths
from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.orders import UID_FIRST, UIDS


class Claim:
    """A user that no other job on this machine has, for as long as this lives."""

    def __init__(self, uid: int, held: socket.socket) -> None:
        self.uid = uid
        self._held = held

    def release(self) -> None:
        """Let another job have it."""
        self._held.close()


def claim_user(hint: int) -> Claim:
    """Take a user of jobs that no kernel here uses, by holding a name that ends with its holder. Raises: OSError."""
    for step in range(UIDS):
        uid = UID_FIRST + (hint + step) % UIDS
        held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            held.bind(f"\0ergos-sandbox-user-{uid}")
        except OSError:
            held.close()
            continue
        return Claim(uid, held)
    raise OSError(errno.EAGAIN, f"{UIDS} jobs run already")


def become(uid: int, gid: int) -> None:
    """Be this user for good: real, effective, saved, no groups. Raises: OSError."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    assert os.getresuid() == (uid, uid, uid)
    assert os.getresgid() == (gid, gid, gid)


def take_user_namespace(others: int, inside: tuple[int, int]) -> None:
    """Enter a user namespace, with other namespaces that belong to it, as `inside`. Raises: OSError."""
    uid, gid = os.geteuid(), os.getegid()
    linux.unshare(linux.CLONE_NEWUSER | others)
    paths.write("/proc/self/setgroups", b"deny")
    paths.write("/proc/self/uid_map", f"{inside[0]} {uid} 1".encode())
    paths.write("/proc/self/gid_map", f"{inside[1]} {gid} 1".encode())


def mapped_namespace(owner: tuple[int, int], user: tuple[int, int]) -> int:
    """A user namespace, as a descriptor, in which an owner is a user; for mounts. Needs root. Raises: OSError."""
    ready_out, ready_in = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            linux.die_with_parent(signal.SIGKILL)
            linux.unshare(linux.CLONE_NEWUSER)
            os.write(ready_in, b".")
            signal.pause()
        finally:
            os._exit(1)
    os.close(ready_in)
    try:
        if not os.read(ready_out, 1):
            raise PermissionError(1, "no user namespace for a mapping of owners")
        for which, here, there in (("uid", owner[0], user[0]), ("gid", owner[1], user[1])):
            paths.write(f"/proc/{child}/{which}_map", f"{here} {there} 1".encode())
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(ready_out)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
