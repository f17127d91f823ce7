"""The system calls a sandbox is built from and that Python has no name for. The only file here that speaks ctypes.

Rules: every failure is an OSError with its errno; no policy. Uses the standard library alone, for it runs in the
warden.
Source: the manual pages of section 2 by the same names; linux/landlock.h, linux/openat2.h, linux/mount.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

from ergos.drivers.sandbox.syscall_numbers import Machine, machine_of, number

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWCGROUP: Final = 0x02000000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

MS_RDONLY: Final = 1
MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_REMOUNT: Final = 32
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_SLAVE: Final = 1 << 19
MNT_DETACH: Final = 2

MOUNT_ATTR_RDONLY: Final = 0x1
MOUNT_ATTR_NOSUID: Final = 0x2
MOUNT_ATTR_NODEV: Final = 0x4
MOUNT_ATTR_IDMAP: Final = 0x00100000

RESOLVE_NO_MAGICLINKS: Final = 0x02
RESOLVE_NO_SYMLINKS: Final = 0x04
RESOLVE_BENEATH: Final = 0x08

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_CAPBSET_DROP: Final = 24
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_SECCOMP_SET_MODE_FILTER: Final = 1
_CLOSE_RANGE_CLOEXEC: Final = 4
_DESCRIPTOR_MAX: Final = 0x7FFFFFFF
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_AT_EMPTY_PATH: Final = 0x1000
_OPEN_TREE_CLONE: Final = 1
_OPEN_TREE_CLOEXEC: Final = os.O_CLOEXEC
_MOVE_MOUNT_F_EMPTY_PATH: Final = 4
_LANDLOCK_VERSION: Final = 1
_CAPSET_VERSION: Final = 0x20080522
_CAP_LAST_MAX: Final = 63

_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long
_HERE: Final = machine_of(os.uname().machine)


def machine() -> Machine | None:
    """This machine, if its calls are known."""
    return machine_of(os.uname().machine)


def _call(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | ctypes.Structure | None) -> int:
    """Make a system call of the table. Raises: OSError."""
    found = number(name, _HERE) if _HERE else -1
    passed = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = int(_syscall(ctypes.c_long(found), *passed))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def unshare(flags: int) -> None:
    """Leave these namespaces for fresh ones."""
    _call("unshare", flags)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    _call("mount", os.fsencode(source), os.fsencode(target), kind.encode(), flags, options.encode())


def unmount(target: str, flags: int = 0) -> None:
    """umount2(2)."""
    _call("umount2", os.fsencode(target), flags)


def pivot_root(root: str, old: str) -> None:
    """pivot_root(2)."""
    _call("pivot_root", os.fsencode(root), os.fsencode(old))


def cloned_mount(path: str, *, whole: bool) -> int:
    """A detached copy of what is mounted at a path, as a descriptor; `whole`: with what is mounted below it."""
    flags = _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC | (_AT_RECURSIVE if whole else 0)
    return _call("open_tree", _AT_FDCWD, os.fsencode(path), flags)


def attach_mount(descriptor: int, path: str) -> None:
    """Put a detached mount at a path."""
    _call("move_mount", descriptor, b"", _AT_FDCWD, os.fsencode(path), _MOVE_MOUNT_F_EMPTY_PATH)


def set_mount(descriptor: int, attributes: int, *, user_namespace: int = 0, whole: bool = False) -> None:
    """Add attributes to a mount; with MOUNT_ATTR_IDMAP, its ids are mapped as in a user namespace."""
    wanted = ctypes.create_string_buffer(struct.pack("=QQQQ", attributes, 0, 0, user_namespace), 32)
    _call("mount_setattr", descriptor, b"", _AT_EMPTY_PATH | (_AT_RECURSIVE if whole else 0), wanted, 32)


def open_beneath(folder: int, path: str, flags: int) -> int:
    """Open a path below a folder: no link of any kind is followed, nothing above is reached."""
    resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS
    how = ctypes.create_string_buffer(struct.pack("=QQQ", flags | os.O_CLOEXEC, 0, resolve), 24)
    return _call("openat2", folder, os.fsencode(path), how, 24)


def close_on_exec_from(first: int) -> None:
    """Have no descriptor from this one on pass to a program that is run."""
    _call("close_range", first, _DESCRIPTOR_MAX, _CLOSE_RANGE_CLOEXEC)


def die_with_parent(signal: int) -> None:
    """Have this signal sent when the thread that forked this process ends."""
    _call("prctl", _PR_SET_PDEATHSIG, signal, 0, 0, 0)


def adopt_orphans() -> None:
    """Be the parent of whatever below loses its own."""
    _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def set_dumpable(yes: bool) -> None:  # noqa: FBT001 - as prctl has it
    """Whether one's own entries in /proc are one's own."""
    _call("prctl", _PR_SET_DUMPABLE, int(yes), 0, 0, 0)


def no_new_privileges() -> None:
    """No program run from here on gains rights by being run."""
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def drop_bounding_capabilities() -> None:
    """Have no program run from here on gain a capability by being run; as far as one may say so."""
    for capability in range(_CAP_LAST_MAX):
        try:
            _call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:  # past the last one this kernel knows, or there is none left to drop with
            break


def drop_capabilities() -> None:
    """Give up every capability."""
    _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPSET_VERSION, 0), 8)
    _call("capset", header, ctypes.create_string_buffer(24))


def install_filter(program: bytes) -> None:
    """Load a filter of system calls for this process and all it starts."""
    steps = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(steps)), 16)
    _call("seccomp", _SECCOMP_SET_MODE_FILTER, 0, head)


def landlock_version() -> int:
    """Which Landlock this kernel has; 0: none."""
    try:
        return _call("landlock_create_ruleset", None, 0, _LANDLOCK_VERSION)
    except OSError:
        return 0


def landlock_rules(files: int, network: int, scoped: int, size: int) -> int:
    """A set of rules, as a descriptor; `size`: bytes of the struct this version knows."""
    wanted = ctypes.create_string_buffer(struct.pack("=QQQ", files, network, scoped), 24)
    return _call("landlock_create_ruleset", wanted, size, 0)


def landlock_allow(rules: int, folder: int, files: int) -> None:
    """Allow these accesses below a folder."""
    wanted = ctypes.create_string_buffer(struct.pack("=Qi", files, folder), 12)
    _call("landlock_add_rule", rules, 1, wanted, 0)


def landlock_confine(rules: int) -> None:
    """Be held by the rules from here on, with all that is started."""
    _call("landlock_restrict_self", rules, 0)
