from __future__ import annotations

import asyncio
import os
from pathlib import Path

from ergos.drivers.sandbox.sandboxes import HostSandboxes
from ergos.kernel.confinement import Job


def test_a_job_holds_no_descriptor_but_its_streams(sandboxes: HostSandboxes) -> None:
    """Not of those a keeper was given either: who could write its result could forge it."""
    text = "import os\nfor n in range(3, 1024):\n    try:\n        print(n, os.fstat(n))\n    except OSError:\n        pass"
    # Some more or fewer open in the kernel shift the numbers in the warden.
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(5)]
    try:
        for _ in range(3):
            ended = asyncio.run(sandboxes.run(Job(command=("/usr/bin/python3", "-S", "-E", "-c", text))))
            assert (ended.status, ended.stdout) == (0, b"")
            os.close(held.pop())
    finally:
        for descriptor in held:
            os.close(descriptor)


def test_the_warden_sees_nothing_of_the_kernels_environment(sandboxes: HostSandboxes) -> None:
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    wardens = [pid for pid in children if b"warden" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert wardens
    for pid in wardens:
        names = {line.split(b"=")[0] for line in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") if line}
        assert names == {b"PATH", b"LANG"}
