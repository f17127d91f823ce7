"""The room of all jobs: a mount namespace of the warden's own, with the small /etc that every job sees. Made once.

Rules: with root's rights or those of a user namespace; nothing of it is seen outside. What a job sees of the host's
/etc tells nothing about the host.
Source: mount_namespaces(7), user_namespaces(7).
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Final

from ergos.drivers.sandbox import light_paths as paths
from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.identity import become, claim_user, take_user_namespace
from ergos.drivers.sandbox.orders import UID_FIRST, UID_INSIDE, UIDS
from ergos.kernel.confinement import MIB

PLACES: Final = ("/sys", "/media", "/srv", "/mnt")
"""Where it may stand, hiding what is there from jobs and keepers alone: first what nobody lends."""
WORK: Final = "/work"
SYSTEM: Final = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
FOLDERS_OF_ETC: Final = ("alternatives", "ssl/certs")
FILES_OF_ETC: Final = ("ld.so.cache", "ssl/openssl.cnf")
_BYTES: Final = 32 * MIB
_FILES: Final = 8_192  # files of the room; an /etc/alternatives has some hundred
_COPIED_BYTES_MAX: Final = 4 * MIB  # bytes of one file that is copied


def prepare_room() -> str:
    """Enter a mount namespace, make the room, say where it stands. Raises: OSError where that is not allowed."""
    _enter()
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_SLAVE)
    room = next((place for place in PLACES if paths.is_folder(place, links=False)), None)
    if room is None:
        raise FileNotFoundError(errno.ENOENT, f"none of {', '.join(PLACES)} exists to mount on")
    # What stands below is not only hidden but gone, where one may: every job copies the table of mounts.
    with contextlib.suppress(OSError):
        linux.unmount(room, linux.MNT_DETACH)
    flags = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("tmpfs", room, "tmpfs", flags, f"size={_BYTES},nr_inodes={_FILES},mode=0755")
    paths.make_folder(f"{room}/job")
    _furnish(f"{room}/etc")
    return room


def _enter() -> None:
    """Take a mount namespace; as root directly, if it may."""
    if os.geteuid() == 0:
        try:
            linux.unshare(linux.CLONE_NEWNS)
        except PermissionError:  # a root that may do little, as in a container: no better than another user
            claim = claim_user(0)
            become(claim.uid, claim.uid)
        else:
            return
    linux.set_dumpable(yes=True)
    take_user_namespace(linux.CLONE_NEWNS, (UID_INSIDE, UID_INSIDE))


def _furnish(etc: str) -> None:
    """The /etc of jobs."""
    paths.make_folder(f"{etc}/ssl")
    users = range(UID_FIRST, UID_FIRST + UIDS) if os.geteuid() == 0 else ()
    texts = {
        "passwd": "".join(f"user:x:{uid}:{uid}::{WORK}:/bin/sh\n" for uid in (UID_INSIDE, *users)),
        "group": "".join(f"user:x:{gid}:\n" for gid in (UID_INSIDE, *users)),
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        "resolv.conf": "",
    }
    for name, text in texts.items():
        paths.write(f"{etc}/{name}", text.encode("ascii"))
    for name in FILES_OF_ETC:
        if 0 <= paths.file_bytes(f"/etc/{name}") <= _COPIED_BYTES_MAX:
            paths.write(f"{etc}/{name}", paths.read(f"/etc/{name}"))
    for name in FOLDERS_OF_ETC:
        if paths.is_folder(f"/etc/{name}"):
            paths.copy_folder(f"/etc/{name}", f"{etc}/{name}")
