from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from ergos.drivers.sandbox.bubblewrap import Verdict
from ergos.drivers.sandbox.confined import limit, refusal_bare, verdict
from ergos.drivers.sandbox.orders import Order
from ergos.kernel.confinement import MIB, Bind, Bounds, Job


def order(**more: object) -> Order:
    return Order(job=Job(command=("x",), **more), backend="landlock", scratch="")  # type: ignore[arg-type]


def test_limits_are_set_for_good() -> None:
    victim = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        limit(order(bounds=Bounds(memory_bytes=300 * MIB, open_files=50, cpu_s=7, file_bytes=1000)), pid=victim.pid)
        found = {
            which: resource.prlimit(victim.pid, which)
            for which in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE)
        }
        assert found == {
            resource.RLIMIT_AS: (300 * MIB,) * 2,
            resource.RLIMIT_NOFILE: (50, 50),
            resource.RLIMIT_FSIZE: (1000, 1000),
        }
        assert resource.prlimit(victim.pid, resource.RLIMIT_CPU) == (7, 8)
        assert resource.prlimit(victim.pid, resource.RLIMIT_CORE)[1] <= 1
    finally:
        victim.communicate(b"\n")


@pytest.mark.parametrize(
    ("said", "code", "expected"),
    [
        (b"end 0\n", 0, Verdict(0)),
        (b"end 200\n", 0, Verdict(200)),
        (b"end -11\n", 0, Verdict(139, signal=True)),
        (b"", -9, Verdict(137, signal=True)),
        (b"", 4, Verdict(4)),
        (b"cannot 2\n", 127, Verdict(127, note="x: No such file or directory\n")),
        (b"cannot 13\n", 127, Verdict(126, note="x: Permission denied\n")),
        (b"refused [Errno 1] no\n", 1, Verdict(refused="[Errno 1] no")),
    ],
)
def test_an_end_is_read_from_the_status_pipe(said: bytes, code: int, expected: Verdict) -> None:
    assert verdict(said, code, "x") == expected


def test_without_namespaces_some_things_are_refused() -> None:
    assert refusal_bare(order()) == ""
    assert refusal_bare(order(binds=(Bind("/usr", "/usr"),))) == ""
    assert "cannot stand at" in refusal_bare(order(binds=(Bind("/usr", "/x"),)))
    assert "no socket" in refusal_bare(order(door="/run/x"))
    assert "not there" in refusal_bare(order(binds=(Bind("/no/such", "/no/such"),)))
