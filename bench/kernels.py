"""Opens a kernel on a folder, the way a measurement needs it."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.clock import Monotone
from ergos.base.errors import DefinitionError
from ergos.base.limits import CONCURRENCY_DEFAULT
from ergos.drivers.host import FileSigner, HostClock, HostEntropy
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.packages import Definition
from ergos.lib.folder import FolderPrograms
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts

AGENTS: Final = Path(__file__).with_name("agents.py")


class Opened(msgspec.Struct, frozen=True):
    """A kernel that is not started yet, its store and its programs."""

    kernel: Kernel
    store: SqliteStore
    programs: FolderPrograms

    def agent(self, name: str, file: Path = AGENTS) -> Definition:
        """The definition of one agent of a file. Raises: DefinitionError."""
        found: Definition | None = self.programs.load(file)
        if found is not None and found.agent != name:
            found = self.programs.current(name, f"{file.absolute()}::{name}")
        if found is None:
            raise DefinitionError(f"{file} has no agent {name!r}")
        return found


def open_kernel(folder: Path, *, tools_at_once: int = CONCURRENCY_DEFAULT) -> Opened:
    """A kernel with the embedded store in this folder, durable settings as shipped."""
    store, programs = SqliteStore(folder / "ergos.db"), FolderPrograms()
    parts = Parts(
        store=store,
        clock=Monotone(HostClock()),
        entropy=HostEntropy(),
        programs=programs,
        signer=FileSigner(folder / "key"),
        concurrency={"tools": tools_at_once},
    )
    return Opened(Kernel(parts, version="bench", host="bench"), store, programs)


def synchronous(store: SqliteStore) -> int:
    """PRAGMA synchronous of the connection that writes; 2 is FULL."""
    row = store._database.writer.execute("PRAGMA synchronous").fetchone()  # noqa: SLF001 - asked, not assumed
    assert row is not None
    return int(str(row[0]))


def cpu_s() -> float:
    """CPU seconds of this process so far, all threads, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def rss_mb() -> float:
    """Resident memory of this process now, in MB of 10^6 bytes. Source: proc(5), VmRSS."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise AssertionError("no VmRSS")


def process_age_s() -> float:
    """Seconds since the operating system started this process. Source: proc(5), field 22 of stat."""
    fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    started_s = int(fields[19]) / 100
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_s
