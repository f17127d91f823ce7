"""What is asked of a sandbox: a command, what it may see, and its limits.

Inside there is no network but the one socket that is handed in, no home, no environment but the one given, no secret,
and never uid 0. Whatever was started inside is gone when the job is over or killed.

Rules: a job says everything it may see; what it does not name is not there. Performs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

import msgspec

from ergos.base.ids import Pid

MIB = 1024 * 1024


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one job; reaching one ends it or fails the call that reached it."""

    wall_s: float = 60.0
    """Seconds from its start; 0: none (a server, which is ended by who opened it)."""
    cpu_s: int = 60
    """Seconds of CPU of each of its processes; 0: none."""
    memory_bytes: int = 512 * MIB
    """Address space of each of its processes."""
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 * MIB
    """Of one file."""
    disk_bytes: int = 100 * MIB
    """Of its work folder, all files together."""
    files: int = 4_096
    """Files in its work folder."""
    output_bytes: int = 1 * MIB
    """Of stdout and of stderr, each; the rest is dropped and said to be."""


class Bind(msgspec.Struct, frozen=True):
    """Something of the host that the job sees."""

    source: str
    """Absolute path on the host."""
    target: str
    """Absolute path inside."""
    write: bool = False


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One command and everything it may see."""

    command: tuple[str, ...]
    pid: Pid | None = None
    """The process on whose behalf it runs; it ends with it."""
    files: Mapping[str, bytes] = {}
    """Put into its work folder (`/work`, empty, writable, the current folder) before it starts; relative paths."""
    binds: tuple[Bind, ...] = ()
    env: Mapping[str, str] = {}
    folder: str = "/work"
    """Current folder inside."""
    door: str | None = None
    """Path on the host of the one Unix socket it may connect to; inside it is `/run/door`."""
    door_port: int = 0
    """Where > 0: connections to this port of its own loopback are passed on to `door`."""
    bounds: Bounds = Bounds()
    collect: tuple[str, ...] = ()
    """Paths below its work folder that are brought back when it ended; a folder is brought back whole."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a job ended."""

    status: int
    """Exit status; 128 + n after signal n."""
    why: Literal["exit", "signal", "deadline", "killed"]
    stdout: bytes = b""
    stderr: bytes = b""
    cut: bool = False
    """Output beyond the bound was dropped."""
    files: Mapping[str, bytes] = {}
    """What was collected, by path."""
    left_out: Mapping[str, str] = {}
    """What was to be collected and was not, and why: a link, too large, no file."""


class Running(Protocol):
    """A job that goes on, with its pipes."""

    async def write(self, piece: bytes) -> None:
        """Into its stdin; b'' closes it. Raises: WorldError if it has gone."""
        ...

    async def read(self, limit: int = 65_536) -> bytes:
        """The next piece of its stdout; b'' at its end."""
        ...

    async def wait(self) -> Ended:
        """How it ended; stdout is what was not read."""
        ...

    def kill(self) -> None:
        """End it and everything it started, now."""
        ...


class Sandboxes(Protocol):
    """Runs jobs. There is one for a kernel, so that STOP can end them all."""

    @property
    def name(self) -> str:
        """Which one it is: 'bubblewrap', 'landlock'."""
        ...

    async def run(self, job: Job, stdin: bytes = b"") -> Ended:
        """Run to the end. Raises: SandboxMissingError if this machine has none; SandboxError; cancelling kills it."""
        ...

    async def open(self, job: Job) -> Running:
        """Start one that talks through its pipes. Raises: as `run`."""
        ...

    def kill(self, pid: Pid | None = None) -> int:
        """End every job of a process (None: every job), now; how many there were."""
        ...
