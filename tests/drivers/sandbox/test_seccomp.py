"""The filter is run here by an interpreter of its instructions, for both machines and every call."""

from __future__ import annotations

import errno
import struct

import pytest

from ergos.drivers.sandbox.seccomp import (
    ABSENT,
    DENIED,
    OWNERS_MARKS,
    SHARED_MEMORY,
    SIGNALS,
    WRITERS_MARKS,
    seccomp_filter,
)
from ergos.drivers.sandbox.syscall_numbers import AUDIT_ARCH, FIRST_UNKNOWN, NUMBERS, X32_BIT, Machine, number

KILL, ALLOW, ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
MACHINES: list[Machine] = ["x86_64", "aarch64"]
BARE = {"apart": False, "signals": False, "own_files_in_sight": True}


def run(program: bytes, machine: Machine, call: int | str, *arguments: int, arch: int | None = None) -> int:
    """What the kernel would do with a call."""
    nr = number(call, machine) if isinstance(call, str) else call
    assert nr >= 0, call
    given = [*arguments, *[0] * (6 - len(arguments))]
    seen = struct.pack("=IIQ6Q", nr, AUDIT_ARCH[machine] if arch is None else arch, 0, *given)
    steps = list(struct.iter_unpack("=HBBI", program))
    at = accumulator = 0
    while True:
        code, yes, no, value = steps[at]
        at += 1
        if code == 0x20:
            accumulator = struct.unpack_from("=I", seen, value)[0]
        elif code == 0x54:
            accumulator &= value
        elif code == 0x06:
            return value
        else:
            test = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
            at += yes if test else no


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("bare", [False, True])
def test_every_call_of_the_table_is_judged_as_the_lists_say(machine: Machine, bare: bool) -> None:
    program = seccomp_filter(machine, **BARE) if bare else seccomp_filter(machine)
    expected: dict[int, int] = dict.fromkeys(range(FIRST_UNKNOWN), ALLOW)

    def expect(names: object, result: int) -> None:
        for name in names:  # type: ignore[attr-defined]
            if number(name, machine) >= 0:
                expected[number(name, machine)] = result

    expect(DENIED, ERRNO | errno.EPERM)
    expect(ABSENT, ERRNO | errno.ENOSYS)
    if bare:
        expect([*SHARED_MEMORY, *SIGNALS, "socket", "socketpair"], ERRNO | errno.EPERM)
        expect([*OWNERS_MARKS, *WRITERS_MARKS], ERRNO)
    else:
        expect(["socket", "socketpair"], ERRNO | errno.EAFNOSUPPORT)
    found = {call: run(program, machine, call) for call in expected}
    assert found == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_foreign_interfaces_are_killed_and_younger_calls_do_not_exist(machine: Machine) -> None:
    program = seccomp_filter(machine)
    for arch in (0x40000003, 0x40000028, AUDIT_ARCH["aarch64" if machine == "x86_64" else "x86_64"], 0):
        assert run(program, machine, 0, arch=arch) == KILL
    assert run(program, machine, X32_BIT | 1) == KILL
    assert run(program, machine, 0xFFFFFFFF) == KILL
    assert run(program, machine, FIRST_UNKNOWN) == ERRNO | errno.ENOSYS
    assert run(program, machine, X32_BIT - 1) == ERRNO | errno.ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
def test_arguments_decide_where_a_call_has_a_good_and_a_bad_use(machine: Machine) -> None:
    program = seccomp_filter(machine)
    denied, unknown = ERRNO | errno.EPERM, ERRNO | errno.EAFNOSUPPORT
    high = 1 << 32  # what the kernel does not read of an int must not hide what it does read
    for family in range(46):
        for extra in (0, high):
            judged = run(program, machine, "socket", family | extra, 1)
            assert judged == (ALLOW if family in {1, 2, 10} else unknown), family
    for kind in (3, 10, 3 | 0o2000000, 3 | high, 3 | 0o4000):
        assert run(program, machine, "socket", 2, kind) == denied
    assert run(program, machine, "socketpair", 1, 1) == ALLOW
    assert run(program, machine, "socketpair", 16, 3) == unknown
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert run(program, machine, "clone", flag | 17) == denied
    assert run(program, machine, "clone", 17) == ALLOW
    assert run(program, machine, "clone", 0x3D0F00) == ALLOW  # a thread
    assert run(program, machine, "ioctl", 0, 0x5412 | high) == denied
    assert run(program, machine, "ioctl", 0, 0x541C) == denied
    assert run(program, machine, "ioctl", 0, 0x5401) == ALLOW
    assert [run(program, machine, "personality", value) for value in (0, 0xFFFFFFFF, 8, 0x0400000)] == [
        ALLOW,
        ALLOW,
        denied,
        denied,
    ]


@pytest.mark.parametrize("machine", MACHINES)
def test_no_call_gives_a_file_rights_of_its_owner(machine: Machine) -> None:
    program = seccomp_filter(machine)
    for name, mode in (
        ("chmod", 1),
        ("fchmod", 1),
        ("fchmodat", 2),
        ("fchmodat2", 2),
        ("mknod", 1),
        ("mknodat", 2),
        ("creat", 1),
    ):
        if number(name, machine) < 0:
            continue
        for bits in (0o4755, 0o2755, 0o6000):
            assert run(program, machine, name, *[0] * mode, bits) == ERRNO | errno.EPERM, name
        assert run(program, machine, name, *[0] * mode, 0o1777) == ALLOW
    for name, flags in (("open", 1), ("openat", 2)):
        if number(name, machine) < 0:
            continue
        before = [0] * flags
        assert run(program, machine, name, *before, 0o101, 0o4755) == ERRNO | errno.EPERM
        assert run(program, machine, name, *before, 0o20200002, 0o4755) == ERRNO | errno.EPERM
        assert run(program, machine, name, *before, 0o101, 0o644) == ALLOW
        # Without O_CREAT the fourth argument is whatever lay in the register.
        assert run(program, machine, name, *before, 0, 0o4755) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_without_namespaces_only_the_caller_itself_can_be_acted_upon(machine: Machine) -> None:
    program = seccomp_filter(machine, **BARE)
    for name, at in (
        ("prlimit64", 0),
        ("sched_setaffinity", 0),
        ("sched_setscheduler", 0),
        ("setpriority", 1),
        ("ioprio_set", 1),
    ):
        assert run(program, machine, name, *[0] * at, 0) == ALLOW
        assert run(program, machine, name, *[0] * at, 1234) == ERRNO | errno.EPERM
    assert run(program, machine, "fcntl", 0, 8, 1) == ERRNO | errno.EPERM
    assert run(program, machine, "fcntl", 0, 3) == ALLOW
    assert run(program, machine, "ioctl", 0, 0x8901) == ERRNO | errno.EPERM
    kept_in = seccomp_filter(machine, apart=False)
    assert run(kept_in, machine, "kill", 1, 9) == ALLOW
    assert run(kept_in, machine, "fchmod", 0, 0o644) == ALLOW


def test_a_filter_fits_the_kernels_bounds() -> None:
    for machine in MACHINES:
        for options in ({}, BARE):
            program = seccomp_filter(machine, **options)  # type: ignore[arg-type]
            assert len(program) % 8 == 0
            assert len(program) // 8 <= 4096
    assert set(DENIED) | set(ABSENT) <= set(NUMBERS)
