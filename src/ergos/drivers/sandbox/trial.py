"""Runs the hostile attempts in a sandbox and says which were held: the score of a back end on this machine.

Rules: an attempt counts as held only if it ran and got nowhere; one that did not run is unclear, and unclear is not
held. Effects on the host are looked at from the host.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Final, Literal

import msgspec

from ergos.base.entropy import Entropy
from ergos.base.world_errors import SandboxError
from ergos.drivers.sandbox.attacks import FILES, Attempt, program
from ergos.drivers.sandbox.attacks_kernel import CALLS, PROCESSES, RIGHTS, SOCKETS
from ergos.drivers.sandbox.attacks_limits import PLANTS, RESOURCES
from ergos.drivers.sandbox.confined import OWN_PROCESSES
from ergos.drivers.sandbox.stage import TEMPORARY_BYTES, TEMPORARY_FILES
from ergos.drivers.sandbox.targets import Targets, targets
from ergos.kernel.confinement import MIB, Bind, Bounds, Ended, Job, Sandboxes

ATTEMPTS: Final = (*FILES, *RIGHTS, *PROCESSES, *CALLS, *SOCKETS, *RESOURCES, *PLANTS)
BOUNDS: Final = Bounds(wall_s=20.0, cpu_s=10, output_bytes=256 * 1024)
"""What attempts get, unless they are about a limit of their own."""
_OWN_BOUNDS: Final = {
    "processor time": Bounds(wall_s=20.0, cpu_s=1),
    "sleep for ever": Bounds(wall_s=1.0),
}
_KILLED_BY_FILTER: Final = 128 + signal.SIGSYS

Verdict = Literal["held", "breached", "unclear"]


class Outcome(msgspec.Struct, frozen=True):
    """What became of one attempt; `evidence` in a few words."""

    attempt: str
    verdict: Verdict
    evidence: str


class Score(msgspec.Struct, frozen=True):
    """What a back end held."""

    backend: str
    outcomes: tuple[Outcome, ...]

    @property
    def held(self) -> int:
        """How many were held."""
        return sum(outcome.verdict == "held" for outcome in self.outcomes)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Those that were not."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict != "held")


async def score(sandboxes: Sandboxes, entropy: Entropy, attempts: tuple[Attempt, ...] = ATTEMPTS) -> Score:
    """Try them one after another; some 10 s for all. Raises: SandboxMissingError where there is no sandbox."""
    outcomes: list[Outcome] = []
    async with targets(entropy) as (aims, told):
        stdin = msgspec.json.encode(told)
        for attempt in attempts:
            bounds = _OWN_BOUNDS.get(attempt.name, BOUNDS)
            interpreter, binds = _interpreter()
            collect = ("out",) if attempt.kind == "planting" else ()
            command = (interpreter, "-E", "-S", "-c", program(attempt))
            job = Job(command=command, binds=binds, bounds=bounds, collect=collect)
            try:
                ended = await sandboxes.run(job, stdin)
            except SandboxError as error:
                outcomes.append(Outcome(attempt.name, "unclear", error.what))
                continue
            verdict, evidence = _judge(attempt, ended, bounds, aims)
            outcomes.append(Outcome(attempt.name, verdict, evidence))
    return Score(sandboxes.name, tuple(outcomes))


def _judge(attempt: Attempt, ended: Ended, bounds: Bounds, aims: Targets) -> tuple[Verdict, str]:
    """What became of it."""
    if survivors := aims.survivors():
        for pid in survivors:
            os.kill(pid, signal.SIGKILL)
        return "breached", f"{len(survivors)} processes outlived the job"
    if harm := aims.harm():
        return "breached", harm
    said = ended.stdout.decode(errors="replace")
    lines = {word: rest for word, _, rest in (line.partition(" ") for line in said.splitlines())}
    if "BREACHED" in lines:
        return "breached", lines["BREACHED"]
    if attempt.kind == "resource":
        return _judge_resource(attempt, ended, bounds, lines.get("MEASURED"))
    if attempt.kind == "planting":
        return _judge_planting(ended, bounds, aims)
    if ended.status == _KILLED_BY_FILTER:
        return "held", "killed by the filter of system calls"
    if "HELD" in lines:
        return "held", lines["HELD"]
    return "unclear", f"{ended.why} {ended.status} {said[-100:]} {ended.stderr.decode(errors='replace')[-200:]}"


def _judge_resource(attempt: Attempt, ended: Ended, bounds: Bounds, measured: str | None) -> tuple[Verdict, str]:
    """Whether it was kept within its bounds."""
    name = attempt.name
    if name == "a flood of output":
        kept = max(len(ended.stdout), len(ended.stderr))
        return ("held" if ended.cut and kept <= bounds.output_bytes else "breached"), f"{kept} bytes kept"
    if name in {"processor time", "sleep for ever"}:
        wanted = ("signal",) if name == "processor time" else ("deadline",)
        return ("held" if ended.why in wanted else "breached"), f"{ended.why} {ended.status}"
    if name.startswith("a daemon"):
        return ("held" if ended.status == 0 else "unclear"), f"none was left ({ended.why} {ended.status})"
    most = {
        "processes": bounds.processes + OWN_PROCESSES,
        "threads": bounds.processes + OWN_PROCESSES,
        "memory": bounds.memory_bytes // MIB,
        "disk at .": bounds.disk_bytes // MIB,
        "disk in files without a name": bounds.disk_bytes // MIB,
        "disk in a folder that cannot be listed": bounds.disk_bytes // MIB,
        "one large file": bounds.file_bytes // MIB,
        "files at .": bounds.files,
        "descriptors": bounds.open_files,
    }.get(name, TEMPORARY_FILES if name.startswith("files") else TEMPORARY_BYTES // MIB)
    if measured is None:
        # Ended before it could say: by the keeper, or for want of memory.
        return (
            "held" if ended.why in {"killed", "signal"} else "unclear"
        ), f"ended: {ended.why} {ended.status} {ended.stderr[-200:]!r}"
    return ("held" if int(measured) <= most else "breached"), f"{measured} of at most {most}"


def _judge_planting(ended: Ended, bounds: Bounds, aims: Targets) -> tuple[Verdict, str]:
    """Whether what was brought back is the job's own and no more than it may be."""
    if ended.why == "killed":
        return "held", "ended by the keeper"
    if ended.why != "exit":
        return "unclear", f"{ended.why} {ended.status}"
    for path, content in ended.files.items():
        if aims.token.encode() in content:
            return "breached", f"{path} brought a file of the host back"
        if not (path == "out" or path.startswith("out/")) or ".." in path.split("/"):
            return "breached", f"{path!r} was brought back"
    total = sum(map(len, ended.files.values()))
    if total > bounds.disk_bytes:
        return "breached", f"{total} bytes were brought back"
    return "held", f"left out: {dict(list(ended.left_out.items())[:3])}"


def _interpreter() -> tuple[str, tuple[Bind, ...]]:
    """A Python inside, and what must be lent for it."""
    if Path("/usr/bin/python3").exists():
        return "/usr/bin/python3", ()
    base = str(Path(sys.base_prefix).resolve())
    return str(Path(sys.executable).resolve()), () if base.startswith("/usr") else (Bind(base, base),)
