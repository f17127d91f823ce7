"""The filter of system calls: what a sandboxed program cannot even ask of the kernel. Assembled here, for two
machines.

Rules: only arguments in registers are looked at, never memory behind a pointer, which can change after the look. Of an
argument the low 32 bits are compared, for that is all the kernel reads of an `int`. A foreign ABI is killed; a call
younger than the table does not exist (ENOSYS), so that programs fall back. Performs nothing: bytes in, bytes out.
Source: linux/seccomp.h, linux/filter.h, linux/sched.h, linux/socket.h, linux/stat.h.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence
from typing import Final

from ergos.drivers.sandbox.syscall_numbers import AUDIT_ARCH, FIRST_UNKNOWN, X32_BIT, Machine, number

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_AND: Final = 0x54  # BPF_ALU | BPF_AND | BPF_K
_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K
_KILL: Final = 0x80000000  # SECCOMP_RET_KILL_PROCESS
_ERRNO: Final = 0x00050000  # SECCOMP_RET_ERRNO
_ALLOW: Final = 0x7FFF0000  # SECCOMP_RET_ALLOW
_NUMBER_AT: Final = 0  # offsets in struct seccomp_data
_ARCH_AT: Final = 4
_ARGS_AT: Final = 16

DENIED: Final = (
    "acct add_key bpf chroot clock_adjtime clock_settime adjtimex create_module delete_module fanotify_init "
    "fanotify_mark finit_module fsconfig fsmount fsopen fspick get_kernel_syms init_module io_uring_enter "
    "io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl listmount listns "
    "lookup_dcookie memfd_secret migrate_pages modify_ldt mount mount_setattr move_mount move_pages "
    "name_to_handle_at nfsservctl open_by_handle_at open_tree open_tree_attr perf_event_open pidfd_getfd "
    "pivot_root process_madvise process_mrelease process_vm_readv process_vm_writev ptrace query_module quotactl "
    "quotactl_fd reboot request_key set_mempolicy_home_node setdomainname sethostname setns settimeofday "
    "statmount swapoff swapon sysfs syslog _sysctl umount2 unshare uselib userfaultfd ustat vhangup vmsplice"
).split()
"""Refused with EPERM, whatever their arguments."""

ABSENT: Final = ("clone3", "openat2")
"""Take their arguments from memory, which a filter cannot read: said not to exist, and programs use the older call."""

SHARED_MEMORY: Final = (
    "shmget shmat shmctl semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open mq_unlink truncate"
).split()
"""Reach what is the same user's elsewhere on the machine: refused where no namespace stands between."""

SIGNALS: Final = "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal".split()
"""Refused where neither a namespace nor Landlock keeps them inside."""

OWNERS_MARKS: Final = "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat".split()
WRITERS_MARKS: Final = (
    "utime utimes futimesat utimensat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr setxattrat "
    "removexattrat file_setattr"
).split()
"""Change marks of files that Landlock does not guard: said to have been done where files of the host are in sight,
those of owners where the user's own files are."""

OF_A_PROCESS: Final = {
    "prlimit64": 0, "sched_setscheduler": 0, "sched_setparam": 0, "sched_setattr": 0, "sched_setaffinity": 0,
    "setpriority": 1, "ioprio_set": 1,
}  # fmt: skip
"""Act on a process by its id, in this argument: only 0, the caller, is let through without a namespace."""

_NEW_NAMESPACES: Final = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_FAMILIES: Final = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6
_SOCKET_TYPE: Final = 0xF
_SOCK_RAW: Final = 3
_SOCK_PACKET: Final = 10
_TERMINAL_TRICKS: Final = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: put words into the terminal's input
_OWNER_REQUESTS: Final = (0x8901, 0x8902)  # FIOSETOWN, SIOCSPGRP
_OWNER_COMMANDS: Final = (8, 15)  # F_SETOWN, F_SETOWN_EX: have the kernel send signals
_RIGHTS_BITS: Final = 0o6000  # set-user-ID, set-group-ID
_CREATING: Final = 0o100 | 0o20000000  # O_CREAT, __O_TMPFILE
_PERSONALITY_ASKED: Final = 0xFFFFFFFF

_Step = tuple[int, int, int, int]


def seccomp_filter(
    machine: Machine, *, apart: bool = True, signals: bool = True, own_files_in_sight: bool = False
) -> bytes:
    """A program for `SECCOMP_SET_MODE_FILTER`: struct sock_filter after struct sock_filter.

    `apart`: namespaces stand between it and the network, processes and shared memory of the machine; else no sockets.
    `signals`: they cannot reach others. `own_files_in_sight`: files of the same user stand in the same tree.
    """
    steps: list[_Step] = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, 1, X32_BIT),
        (_RETURN, 0, 0, _KILL),
        (_AT_LEAST, 0, 1, FIRST_UNKNOWN),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    steps += _each(machine, ABSENT, errno.ENOSYS)
    denied = [*DENIED, *([] if apart else SHARED_MEMORY), *([] if signals else SIGNALS)]
    steps += _each(machine, denied, errno.EPERM)
    marks = [*([] if apart else WRITERS_MARKS), *(OWNERS_MARKS if own_files_in_sight else [])]
    steps += _each(machine, marks, 0) if marks else []
    steps += _sockets(machine) if apart else _each(machine, ("socket", "socketpair"), errno.EPERM)
    steps += _rights_bits(machine)
    steps += _case(machine, "clone", 0, [(_ANY_BIT, _NEW_NAMESPACES)])
    requests = _TERMINAL_TRICKS if apart else (*_TERMINAL_TRICKS, *_OWNER_REQUESTS)
    steps += _case(machine, "ioctl", 1, [(_EQUAL, request) for request in requests])
    steps += _only(machine, "personality", 0, (0, _PERSONALITY_ASKED), errno.EPERM)
    if not apart:
        steps += _case(machine, "fcntl", 1, [(_EQUAL, command) for command in _OWNER_COMMANDS])
        for name, argument in OF_A_PROCESS.items():
            steps += _only(machine, name, argument, (0,), errno.EPERM)
    steps.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _each(machine: Machine, names: Sequence[str], code: int) -> list[_Step]:
    """These calls fail with `code` (0: seem to succeed)."""
    numbers = sorted(found for name in names if (found := number(name, machine)) >= 0)
    assert len(numbers) < 255, "a jump has eight bits"
    count = len(numbers)
    tests: list[_Step] = [(_EQUAL, count - at, 0, found) for at, found in enumerate(numbers)]
    # Past the last test stand a jump over the return, and the return.
    return [*tests, (_EQUAL, 1, 1, 0), (_RETURN, 0, 0, _ERRNO | code)]


def _argument(at: int) -> _Step:
    """Load the low half of an argument; both machines are little-endian."""
    return (_LOAD, 0, 0, _ARGS_AT + 8 * at)


def _block(machine: Machine, name: str, body: list[_Step]) -> list[_Step]:
    """Steps for one call; they may fall out at their end, after which the number is loaded again."""
    found = number(name, machine)
    if found < 0:
        return []
    inside = [*body, (_LOAD, 0, 0, _NUMBER_AT)]
    return [(_EQUAL, 0, len(inside), found), *inside]


def _case(
    machine: Machine, name: str, argument: int, tests: list[tuple[int, int]], code: int = errno.EPERM
) -> list[_Step]:
    """A call fails if its argument passes any of the tests."""
    body = [_argument(argument)]
    for test, value in tests:
        body += [(test, 0, 1, value), (_RETURN, 0, 0, _ERRNO | code)]
    return _block(machine, name, body)


def _only(machine: Machine, name: str, argument: int, values: tuple[int, ...], code: int) -> list[_Step]:
    """A call fails unless its argument is one of these."""
    body = [_argument(argument)]
    body += [(_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
    return _block(machine, name, [*body, (_RETURN, 0, 0, _ERRNO | code)])


def _sockets(machine: Machine) -> list[_Step]:
    raw: list[_Step] = [
        _argument(1),
        (_AND, 0, 0, _SOCKET_TYPE),
        (_EQUAL, 1, 0, _SOCK_RAW),
        (_EQUAL, 0, 1, _SOCK_PACKET),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    families = [(_EQUAL, len(_FAMILIES) - at, 0, family) for at, family in enumerate(_FAMILIES)]
    refused = (_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT)
    return [
        *_block(machine, "socket", [*raw, _argument(0), *families, refused]),
        *_only(machine, "socketpair", 0, (1,), errno.EAFNOSUPPORT),
    ]


def _rights_bits(machine: Machine) -> list[_Step]:
    """No file gets a set-user-ID or set-group-ID bit, for it could be run outside."""
    steps: list[_Step] = []
    for name, mode in (
        ("chmod", 1),
        ("fchmod", 1),
        ("fchmodat", 2),
        ("fchmodat2", 2),
        ("creat", 1),
        ("mknod", 1),
        ("mknodat", 2),
    ):
        steps += _case(machine, name, mode, [(_ANY_BIT, _RIGHTS_BITS)])
    for name, flags in (("open", 1), ("openat", 2)):
        refuse: list[_Step] = [
            _argument(flags),
            (_ANY_BIT, 0, 3, _CREATING),
            _argument(flags + 1),
            (_ANY_BIT, 0, 1, _RIGHTS_BITS),
            (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        ]
        steps += _block(machine, name, refuse)
    return steps
