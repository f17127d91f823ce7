"""How noisy the machine is: what every number has to be read against."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import msgspec

LOOP_ADDITIONS = 1_000_000
SYNCS = 50


class Noise(msgspec.Struct, frozen=True):
    """The machine at one moment."""

    load: float
    """Load average over one minute."""
    loop_ms: float
    """CPU milliseconds of a fixed loop; what it takes beyond its least value is inflation by neighbours."""
    fsync_ms: float
    """Median milliseconds of write + fsync of 8 kB in the folder that is measured in."""


def noise(folder: Path) -> Noise:
    """Measure it; takes about a quarter of a second."""
    began = time.process_time()
    total = 0
    for number in range(LOOP_ADDITIONS):
        total += number
    loop_ms = (time.process_time() - began) * 1e3
    times: list[float] = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            at = time.perf_counter()
            file.write(b"x" * 8192)
            file.flush()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - at) * 1e3)
    return Noise(os.getloadavg()[0], loop_ms, sorted(times)[SYNCS // 2])


def machine() -> str:
    """One line about the machine and the interpreter."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return (
        f"{os.cpu_count()} cores ({model or platform.machine()}), "
        f"{platform.system()} {platform.release().split('-')[0]}, "
        f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    )
