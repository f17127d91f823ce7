from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from ergos.base.entropy import SeededEntropy
from ergos.drivers.sandbox.orders import BACKENDS
from ergos.drivers.sandbox.sandboxes import HostSandboxes
from ergos.drivers.sandbox.trial import ATTEMPTS, Score, score
from ergos.kernel.confinement import Ended, Job

LEAST: Final = {"break-out": 41, "resource": 8, "planting": 8}

AS_NOBODY: Final = """
import asyncio, json, os, sys
from pathlib import Path
from ergos.base.entropy import SeededEntropy
from ergos.drivers.sandbox.sandboxes import HostSandboxes, open_sandboxes
from ergos.drivers.sandbox.trial import score
sandboxes = open_sandboxes(Path(os.environ["SCRATCH"]), BACKEND)
if isinstance(sandboxes, HostSandboxes):
    found = asyncio.run(score(sandboxes, SeededEntropy(BACKEND)))
    sandboxes.close()
    print(json.dumps([[outcome.attempt, outcome.verdict, outcome.evidence] for outcome in found.outcomes]))
else:
    print(json.dumps(sandboxes.why))
"""


class Unconfined:
    """Runs a job as it is, where and as who we are: what the attempts must be seen to get through."""

    name = "none"

    async def run(self, job: Job, stdin: bytes = b"") -> Ended:
        return unconfined(job, stdin)


def unconfined(job: Job, stdin: bytes) -> Ended:
    with tempfile.TemporaryDirectory() as work:
        found = subprocess.run(job.command, input=stdin, cwd=work, capture_output=True, check=False)
        files = {f"out/{path.name}": path.read_bytes() for path in Path(work, "out").glob("*") if path.is_file()}
    return Ended(status=found.returncode, why="exit", stdout=found.stdout, stderr=found.stderr, files=files)


def failures(found: Score) -> list[str]:
    return [f"{outcome.attempt}: {outcome.verdict}: {outcome.evidence}" for outcome in found.failed]


def test_the_list_is_as_long_as_is_promised() -> None:
    kinds = [attempt.kind for attempt in ATTEMPTS]
    assert all(kinds.count(kind) >= least for kind, least in LEAST.items())
    assert len({attempt.name for attempt in ATTEMPTS}) == len(ATTEMPTS)


def test_every_hostile_attempt_is_held(sandboxes: HostSandboxes) -> None:
    found = asyncio.run(score(sandboxes, SeededEntropy(sandboxes.backend)))
    assert len(found.outcomes) == len(ATTEMPTS)
    assert failures(found) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_hostile_attempt_is_held_for_a_kernel_that_is_not_root(
    backend: str, as_nobody: Callable[[str], str]
) -> None:
    said = json.loads(as_nobody(AS_NOBODY.replace("BACKEND", repr(backend))).splitlines()[-1])
    if isinstance(said, str):
        pytest.skip(f"{backend} does not work here for another user than root: {said}")
    assert len(said) == len(ATTEMPTS)
    assert [outcome for outcome in said if outcome[1] != "held"] == []


def test_attempts_get_through_where_nothing_holds_them() -> None:
    """A list that could not fail would prove nothing."""
    harmless = {
        "read a file of the host",
        "find secrets in others' environment",
        "see the host's processes",
        "write to a folder open to all",
        "delete a file of the host",
        "cut a file of the host short",
        "change the mode of a file of the host",
        "change the times of a file of the host",
        "hard link to a file of the host",
        "symbolic link to a file of the host",
        "through the roots of processes",
        "plant a program with its owner's rights",
        "signal a process of the host",
        "signal a process of the host by descriptor",
        "open the memory of processes",
        "limit a process of the host",
        "the host's loopback",
        "a datagram to the host",
        "an abstract socket of the host",
        "a socket file of the host",
        "control sockets of the host",
        "a netlink socket",
        "a flood of output",
        "descriptors",
        "a link for the collector",
    }
    if os.geteuid() != 0:
        # What Yama and the owners of files keep from this user anyway.
        harmless -= {"open the memory of processes", "hard link to a file of the host"}
    chosen = tuple(attempt for attempt in ATTEMPTS if attempt.name in harmless)
    assert len(chosen) == len(harmless)
    found = asyncio.run(score(Unconfined(), SeededEntropy(1), chosen))  # type: ignore[arg-type]
    held = [outcome.attempt for outcome in found.outcomes if outcome.verdict == "held"]
    assert held == [], found
