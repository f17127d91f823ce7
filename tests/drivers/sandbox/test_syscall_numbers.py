from __future__ import annotations

import re
from pathlib import Path

import pytest

from ergos.drivers.sandbox.syscall_numbers import FIRST_UNKNOWN, NUMBERS, machine_of, number

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip(f"no kernel headers for {machine} here")
    text = HEADERS[machine].read_text()
    found = {name: int(value) for name, value in re.findall(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)", text)}
    newest = max(found.values())
    for name in NUMBERS:
        ours = number(name, machine)  # type: ignore[arg-type]
        if name in found:
            assert ours == found[name], name
        else:
            assert ours == -1 or ours >= min(newest, 451), f"{name} is not known to these headers"


def test_calls_that_came_after_424_have_one_number() -> None:
    assert all(x86 == arm for x86, arm in NUMBERS.values() if x86 >= 424 or arm >= 424)
    assert all(max(pair) < FIRST_UNKNOWN for pair in NUMBERS.values())


def test_only_machines_of_the_table_are_known() -> None:
    assert [machine_of(name) for name in ("x86_64", "aarch64", "arm64", "i686", "riscv64")] == [
        "x86_64",
        "aarch64",
        "aarch64",
        None,
        None,
    ]
