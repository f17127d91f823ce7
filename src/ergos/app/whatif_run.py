"""Runs a simulated continuation in a process of its own, and rebuilds there the prompt that a task's solver made.

    report = await continued(home, point, supposed)

An agent's program is code: in a process of its own it cannot hold up the kernel, and it ends when its time is over.

Rules: the child gets no key and no token in its environment, opens the store for reading only, may neither connect nor
write a file, and says one JSON object; the kernel's process reads no more of it than `REPORT_BYTES_MAX`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final, cast

import msgspec

from ergos.app.client import raised
from ergos.app.home import Home, home_at, programs_of, reading
from ergos.app.trace.spans import Fold
from ergos.app.whatif import Supposed, WhatIf, what_if
from ergos.app.whatif_seed import Point
from ergos.base.canonical import Plain
from ergos.base.errors import BoundError, DeadlineError, ErgosError, UnknownPathError, UsageError, WorldError
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.calls import Failure
from ergos.kernel.models import ModelRequest
from ergos.kernel.packages import Definition, ModelSolver
from ergos.kernel.ports import Store
from ergos.runtime.control import Refusal
from ergos.runtime.vault import Vault

CHILD_S: Final = 20  # seconds such a process may take in all; starting Python takes one
REPORT_BYTES_MAX: Final = 32 * 1024 * 1024  # bytes of what it says
MEMORY_BYTES_MAX: Final = 4 * 1024**3  # bytes of its address space; System 1's tables and a long context fit
AT_ONCE: Final = 2  # such processes at once; more would take the machine from the agents
_ENVIRON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "ERGOS_OWNER")


_OUTSIDE: Final = frozenset(
    "socket.connect socket.bind socket.sendto socket.sendmsg subprocess.Popen os.system os.exec os.posix_spawn os.spawn"
    " os.fork os.forkpty os.remove os.rename os.rmdir os.mkdir os.truncate os.chmod os.chown os.link os.symlink os.kill"
    " shutil.rmtree".split()
)
"""Events of Python's own audit that mean an effect outside."""
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a child is asked."""

    home: str
    point: Point
    supposed: Supposed | None = None
    """None: rebuild the prompt of the call."""


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """The prompt that a solver makes of a task's stored inputs."""

    request: ModelRequest
    changed: bool
    """The agent's files are not those the process ran on."""


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    continued: WhatIf | None = None
    rebuilt: Rebuilt | None = None
    failure: Failure | None = None


class Children:
    """Starts them, a few at once."""

    def __init__(self) -> None:
        self._free = AT_ONCE

    async def continued(self, home: Home, point: Point, supposed: Supposed) -> WhatIf:
        """What would have been. Raises: ErgosErrors of the child; BoundError, DeadlineError, WorldError."""
        told = await self._ask(Job(home=str(home.folder), point=point, supposed=supposed))
        assert told.continued is not None
        return told.continued

    async def rebuilt(self, home: Home, point: Point) -> Rebuilt:
        """The prompt of a task. Raises: as `continued`."""
        told = await self._ask(Job(home=str(home.folder), point=point))
        assert told.rebuilt is not None
        return told.rebuilt

    async def _ask(self, job: Job) -> _Told:
        if self._free <= 0:
            raise BoundError(
                f"{AT_ONCE} simulations are running already", remedy="try again when one of them is over, in seconds"
            )
        self._free -= 1
        try:
            told = await _asked(job)
        finally:
            self._free += 1
        if told.failure is not None:
            raise raised(Refusal(code=told.failure.code, what=told.failure.what, remedy=told.failure.remedy))
        return told


async def _asked(job: Job) -> _Told:
    environ = {name: os.environ[name] for name in _ENVIRON if name in os.environ}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ergos.app.whatif_run",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environ,
        start_new_session=True,
        limit=REPORT_BYTES_MAX,
    )
    try:
        async with asyncio.timeout(CHILD_S):
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(msgspec.json.encode(job) + b"\n")
            await child.stdin.drain()
            line = await child.stdout.readline()
    except TimeoutError as error:
        raise DeadlineError(f"the simulation did not end within {CHILD_S} seconds") from error
    except ValueError as error:
        raise BoundError("the simulation said more than is read of it") from error
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
    try:
        return msgspec.json.decode(line, type=_Told)
    except msgspec.DecodeError as error:
        raise WorldError("the simulation ended without a word", remedy="its program may have ended it") from error


# In the child


async def work(job: Job) -> _Told:
    """Do what is asked; a failure is told, not raised."""
    home = home_at(Path(job.home))
    try:
        async with reading(home) as reads:
            if job.supposed is not None:
                return _Told(continued=await what_if(home, reads, job.point, job.supposed))
            return _Told(rebuilt=await rebuild(home, reads, job.point))
    except ErgosError as error:
        return _Told(failure=Failure(error.code, error.what, error.what_to_do))


async def rebuild(home: Home, reads: SqliteReads, point: Point) -> Rebuilt:
    """The prompt of a task given to a model. Raises: UnknownPathError, UsageError, DefinitionError."""
    vault = Vault(cast("Store", reads))
    loaded = await reads.load((point.pid,))
    fold = Fold()
    fold.take(await reads.turn(point.pid, point.turn))
    span = next((one for one in fold.spans if one.seq == point.seq), None)
    if span is None or not loaded:
        raise UnknownPathError(f"process {point.pid} has no call that began with record {point.seq}")
    digest = loaded[0].process.definition
    body = (await reads.blobs((digest,))).get(digest)
    if body is None:
        raise UsageError(f"the version of process {point.pid} is not in the store any more")
    definition = msgspec.json.decode(body, type=Definition)
    programs = programs_of(home)
    package = programs.package(definition)
    current = programs.current(definition.agent, definition.program)
    solver = next((one for one in package.solvers if one.spec.name == span.call.solver), None)
    task = package.tasks.get(span.call.name)
    if not isinstance(solver, ModelSolver) or task is None:
        raise UsageError(f"{span.call.name} was not given to a model")
    given: dict[str, Plain] = {name: await vault.value(packed) for name, packed in span.call.args.items()}
    faults = given.get("faults")
    told = (tuple(map(str, faults)),) if isinstance(faults, list) and faults else ()
    window = definition.window_tokens
    if span.hold is not None and solver.output_tokens_max is not None:
        window = min(window or span.hold.amount.tokens, span.hold.amount.tokens - solver.output_tokens_max)
    request = solver.request(task.spec, given.get("inputs"), definition.instructions, max(0, window), *told)
    return Rebuilt(request=request, changed=current is not None and current.code != definition.code)


def _harmless(event: str, args: tuple[object, ...]) -> None:
    """An audit hook: code of an agent that would reach out or write by itself is refused. Raises: PermissionError."""
    if event in _OUTSIDE:
        raise PermissionError(f"{event}: nothing leaves this machine in a simulation")
    if event == "open" and not isinstance(args[0], int) and isinstance(args[2], int) and args[2] & _WRITES:
        raise PermissionError("nothing is written in a simulation")


def _confine() -> None:
    """Bounds of memory and time, and the hook: a belt beside the braces, for programs that ignore the door."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_S, CHILD_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.dont_write_bytecode = True
    sys.addaudithook(_harmless)


def main() -> None:
    """One job from standard input, one answer to standard output."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    out = os.dup(1)
    os.dup2(2, 1)  # what a program prints is not mistaken for the answer
    _confine()
    told = asyncio.run(work(job))
    with os.fdopen(out, "wb") as answer:
        answer.write(msgspec.json.encode(told) + b"\n")


if __name__ == "__main__":
    main()
