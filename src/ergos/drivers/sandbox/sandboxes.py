"""Every sandbox of a kernel: chooses how this machine confines, runs jobs, ends them. The port's driver.

Rules: what is chosen was tried; the best that works is taken, and where none works, nothing is run. Never silently
none.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.ids import Pid
from ergos.base.world_errors import SandboxError, SandboxMissingError
from ergos.drivers.sandbox import bubblewrap
from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.inspection import objection
from ergos.drivers.sandbox.landlock import VERSION_BARE_MIN
from ergos.drivers.sandbox.orders import BACKENDS, UIDS, Backend, Order, decode_result
from ergos.drivers.sandbox.running import RunningJob
from ergos.drivers.sandbox.warden_link import Handed, Streams, WardenLink
from ergos.kernel.confinement import Ended, Job

JOBS_MAX: Final = UIDS  # jobs at once; as many as there are users for them
TRIAL_S: Final = 20.0  # seconds the trial of a back end may take on a machine that is busy
KILL_S: Final = 10.0  # seconds to wait for the end of what was cancelled
_SWITCHES: Final = {
    "/proc/sys/user/max_user_namespaces": ("0", "user namespaces are switched off (user.max_user_namespaces)"),
    "/proc/sys/kernel/unprivileged_userns_clone": (
        "0",
        "user namespaces are for root alone (kernel.unprivileged_userns_clone)",
    ),
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns)",
    ),
}


class Finding(msgspec.Struct, frozen=True):
    """Whether a back end works here; `why` it does not."""

    backend: Backend
    works: bool
    why: str = ""


class HostSandboxes:
    """Jobs in one back end."""

    def __init__(self, backend: Backend, scratch: Path, link: WardenLink | None = None) -> None:
        self._backend: Backend = backend
        self._scratch = scratch
        self._link = link or WardenLink(backend)
        self._binary = bubblewrap.find() if backend == "bubblewrap" else ""
        self._version = bubblewrap.version_of(self._binary) if self._binary else ()
        self._jobs: set[RunningJob] = set()
        self._started = 0

    @property
    def name(self) -> str:
        """'bubblewrap' or 'landlock'."""
        return self._backend.removesuffix("-bare")

    @property
    def backend(self) -> Backend:
        """As `name`, and whether namespaces could be had."""
        return self._backend

    async def run(self, job: Job, stdin: bytes = b"") -> Ended:
        """Run to the end. Raises: SandboxError; cancelling kills it."""
        running = self._start(job, stdin, streaming=False)
        try:
            return await running.wait()
        except asyncio.CancelledError:
            running.kill()
            await asyncio.wait([running.ended], timeout=KILL_S)
            raise

    async def open(self, job: Job) -> RunningJob:
        """Start one that talks through its pipes. Raises: SandboxError."""
        return self._start(job, b"", streaming=True)

    async def attach(self, job: Job, streams: Streams) -> RunningJob:
        """Start one that reads and writes what the caller does: its terminal, say. Raises: SandboxError."""
        return self._start(job, b"", streaming=True, streams=streams)

    def kill(self, pid: Pid | None = None) -> int:
        """End every job of a process (None: every job), now; how many there were."""
        meant = [job for job in self._jobs if pid is None or job.pid == pid]
        for job in meant:
            job.kill()
        return len(meant)

    def close(self) -> None:
        """End every job and the warden."""
        self.kill()
        self._link.close()

    def try_out(self) -> Finding:
        """Run a first job, waiting for it without a loop: the proof that this back end works here."""
        job = Job(command=("/bin/sh", "-c", "echo works; exit 7"))
        try:
            result = _wait(self._link.hand(self._order(job, streaming=False)))
        except SandboxError as error:
            return Finding(self._backend, works=False, why=error.what)
        return Finding(self._backend, works=not result, why=result)

    def _order(self, job: Job, *, streaming: bool) -> Order:
        self._started += 1
        return Order(
            job=job,
            backend=self._backend,
            uid_hint=self._started % UIDS,
            scratch=str(self._scratch),
            bubblewrap=self._binary,
            bubblewrap_version=self._version,
            streaming=streaming,
        )

    def _start(self, job: Job, stdin: bytes, *, streaming: bool, streams: Streams | None = None) -> RunningJob:
        if why := objection(job):
            raise SandboxError(f"this cannot be run in a sandbox: {why}", remedy="change what is asked for")
        if len(self._jobs) >= JOBS_MAX:
            raise SandboxError(f"{JOBS_MAX} jobs run already", remedy="wait until one ends")
        handed = self._link.hand(self._order(job, streaming=streaming), stdin, streams)
        running = RunningJob(job, handed.control, handed.result, handed.stdin, handed.stdout)
        self._jobs.add(running)
        running.ended.add_done_callback(lambda _: self._jobs.discard(running))
        return running


class NoSandboxes:
    """A machine that can confine nothing, where nothing is run."""

    def __init__(self, why: str) -> None:
        self.why = why
        """What each back end lacks."""

    @property
    def name(self) -> str:
        """'none'."""
        return "none"

    async def run(self, job: Job, stdin: bytes = b"") -> Ended:
        """Refuse. Raises: SandboxMissingError."""
        del job, stdin
        raise SandboxMissingError(f"this machine has no sandbox, so nothing was run: {self.why}")

    async def open(self, job: Job) -> RunningJob:
        """Refuse. Raises: SandboxMissingError."""
        del job
        raise SandboxMissingError(f"this machine has no sandbox, so nothing was run: {self.why}")

    async def attach(self, job: Job, streams: Streams) -> RunningJob:
        """Refuse. Raises: SandboxMissingError."""
        del streams
        return await self.open(job)

    def kill(self, pid: Pid | None = None) -> int:
        """There is nothing to end: 0."""
        del pid
        return 0

    def close(self) -> None:
        """There is nothing to end."""


def open_sandboxes(scratch: Path, backend: Backend | None = None) -> HostSandboxes | NoSandboxes:
    """The best back end that works here, or the one asked for. `scratch`: a folder for what no file system bounds.

    Takes some 50 ms, for the choice is tried out. Close it to end its warden.
    """
    reasons: list[str] = []
    for candidate in BACKENDS if backend is None else (backend,):
        if why := hindrance(candidate):
            reasons.append(f"{candidate}: {why}")
            continue
        found = HostSandboxes(candidate, scratch)
        tried = found.try_out()
        if tried.works:
            return found
        found.close()
        reasons.append(f"{candidate}: {tried.why}{_switched_off()}")
    return NoSandboxes("; ".join(reasons))


def survey(scratch: Path) -> list[Finding]:
    """Every back end, best first, and whether it works here."""
    found: list[Finding] = []
    for candidate in BACKENDS:
        if why := hindrance(candidate):
            found.append(Finding(candidate, works=False, why=why))
            continue
        sandboxes = HostSandboxes(candidate, scratch)
        tried = sandboxes.try_out()
        sandboxes.close()
        found.append(tried if tried.works else Finding(candidate, works=False, why=f"{tried.why}{_switched_off()}"))
    return found


def hindrance(backend: Backend) -> str:
    """What keeps a back end from being tried at all; '' if nothing does."""
    if sys.platform != "linux":
        return "only Linux can confine like this"
    if linux.machine() is None:
        return f"no table of system calls for {os.uname().machine}"
    if backend == "bubblewrap":
        binary = bubblewrap.find()
        if not binary:
            return "bubblewrap is not installed"
        version = bubblewrap.version_of(binary)
        return "" if version >= bubblewrap.VERSION_MIN else f"{binary} is too old"
    version = linux.landlock_version()
    if version == 0:
        return "this kernel has no Landlock, or has it switched off"
    if backend == "landlock-bare" and version < VERSION_BARE_MIN and os.geteuid() != 0:
        return f"without namespaces Landlock {VERSION_BARE_MIN} is needed (Linux 6.2); this is {version}"
    return ""


def _switched_off() -> str:
    """What this machine says about namespaces that would explain a failure."""
    found = [
        text
        for path, (value, text) in _SWITCHES.items()
        if Path(path).exists() and Path(path).read_text().strip() == value
    ]
    return f" ({'; '.join(found)})" if found else ""


def _wait(handed: Handed) -> str:
    """Wait for the end of a trial; why it failed, '' if it went well."""
    try:
        if not select.select([handed.control], [], [], TRIAL_S)[0]:
            return f"its trial took more than {TRIAL_S:.0f} s"
        try:
            result = decode_result(os.pread(handed.result, os.fstat(handed.result).st_size, 0))
        except msgspec.DecodeError:
            return "its keeper ended without a word"
        if result.refused:
            return result.refused
        good = result.status == 7 and result.stdout == b"works\n"
        return "" if good else f"its trial ended with {result.status}: {result.stderr.decode(errors='replace')[-200:]}"
    finally:
        handed.control.close()
        os.close(handed.result)
