"""Looks whether this machine and this home are fit to run a kernel: what `ergos doctor` says.

Rules: changes nothing but a probe file, which is removed; every finding that is not good says what to do.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

import msgspec

from ergos import __version__
from ergos.app.client import ask
from ergos.app.control_socket import SOCKET_PATH_BYTES_MAX
from ergos.app.home import Home, reads_of
from ergos.base.clock import MILLISECOND, SECOND
from ergos.base.errors import ErgosError
from ergos.base.limits import DISK_RESERVE_BYTES, MIB
from ergos.drivers.host import HostClock, free_bytes
from ergos.runtime.control import Status, StatusOf

FSYNCS: Final = 16  # writes made durable to measure how long one takes
FSYNC_SLOW_MS: Final = 50  # milliseconds from which durability will be felt
CLOCK_BEHIND_S: Final = 60  # seconds the clock may be behind the newest record; a correction is no fault
DISK_LOW_BYTES: Final = 256 * MIB  # free bytes below which a long run may end early
SQLITE_MIN: Final = (3, 37, 0)
PYTHON_MIN: Final = (3, 11)
LIBRARIES: Final = (
    "cryptography",
    "feedparser",
    "httpx2",
    "lxml",
    "msgspec",
    "pypdf",
    "pyyaml",
    "rich",
    "rjieba",
    "trafilatura",
    "typer",
)

Verdict = Literal["good", "note", "bad"]


class Finding(msgspec.Struct, frozen=True):
    """One line of the checkup."""

    subject: str
    verdict: Verdict
    found: str
    remedy: str = ""


def checkup(home: Home) -> list[Finding]:
    """Every finding, in a fixed order. Takes about a second on a slow disk."""
    checks: tuple[Callable[[Home], Finding], ...] = (
        _python,
        _libraries,
        _home,
        _disk,
        _sqlite,
        _fsync,
        _clock,
        _socket,
        _lock,
    )
    findings = [Finding("ergos", "good", __version__)]
    for check in checks:
        try:
            findings.append(check(home))
        except OSError as error:
            subject = check.__name__.removeprefix("_")
            findings.append(Finding(subject, "bad", str(error), "look at the path named"))
    return findings


def _python(_: Home) -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] >= PYTHON_MIN
    return Finding("python", "good" if good else "bad", found, "" if good else "install Python 3.11 or later")


def _libraries(_: Home) -> Finding:
    missing: list[str] = []
    for name in LIBRARIES:
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("libraries", "bad", f"{', '.join(missing)} missing", "install ergos again")
    return Finding("libraries", "good", f"{len(LIBRARIES)} installed")


def _home(home: Home) -> Finding:
    folder = home.folder
    if not folder.exists():
        above = _existing(folder)
        good = os.access(above, os.W_OK)
        return Finding(
            "home", "note" if good else "bad", f"{folder} is made at first use", "" if good else "name another --home"
        )
    if not folder.is_dir():
        return Finding("home", "bad", f"{folder} is no folder", "name another --home")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("home", "bad", f"{folder} cannot be written", "change its permissions or name another --home")
    loose = folder.stat().st_mode & 0o077
    if loose:
        return Finding("home", "note", f"{folder} can be entered by others", f"chmod 700 {folder}")
    if home.key.exists() and home.key.stat().st_mode & 0o077:
        return Finding("home", "bad", f"{home.key} can be read by others", f"chmod 600 {home.key}")
    return Finding("home", "good", str(folder))


def _disk(home: Home) -> Finding:
    free = free_bytes(_existing(home.folder))
    shown = f"{free // MIB:,} MiB free"
    if free < DISK_RESERVE_BYTES:
        return Finding("disk", "bad", shown, "free some space; nothing new can be written")
    if free < DISK_LOW_BYTES:
        return Finding("disk", "note", shown, "free some space before a long run")
    return Finding("disk", "good", shown)


def _sqlite(home: Home) -> Finding:
    """WAL and synchronous FULL as they work on this disk; some network file systems know no WAL."""
    found = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        return Finding("sqlite", "bad", found, "install a Python with a newer SQLite")
    probe = _existing(home.folder) / f".ergos-probe-{os.getpid()}.db"
    try:
        connection = sqlite3.connect(probe)
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        connection.execute("PRAGMA synchronous = FULL")
        full = connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        connection.execute("CREATE TABLE probe (x)")
        connection.close()
    except sqlite3.Error as error:
        return Finding("sqlite", "bad", f"{found}: {error}", "keep the home on a local disk")
    finally:
        for suffix in ("", "-wal", "-shm"):
            probe.with_name(probe.name + suffix).unlink(missing_ok=True)
    if mode != "wal" or not full:
        return Finding("sqlite", "bad", f"{found} without WAL here (mode {mode})", "keep the home on a local disk")
    return Finding("sqlite", "good", f"{found}, WAL, synchronous FULL")


def _fsync(home: Home) -> Finding:
    clock, probe = HostClock(), _existing(home.folder) / f".ergos-probe-{os.getpid()}"
    took: list[int] = []
    descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        for _ in range(FSYNCS):
            os.write(descriptor, b"x" * 4096)
            began = clock.now_ns()
            os.fsync(descriptor)
            took.append(clock.now_ns() - began)
    finally:
        os.close(descriptor)
        probe.unlink(missing_ok=True)
    median_ms = max(0, sorted(took)[FSYNCS // 2]) / MILLISECOND
    slow = median_ms > FSYNC_SLOW_MS
    return Finding(
        "fsync",
        "note" if slow else "good",
        f"{median_ms:.2f} ms (median)",
        "a faster disk commits more" if slow else "",
    )


def _clock(home: Home) -> Finding:
    """Whether the machine's clock has come to the newest record; a kernel's time never runs backwards."""
    if not home.store.is_file():
        return Finding("clock", "good", "no record to compare it with")
    try:
        reads = reads_of(home)
        head = asyncio.run(reads.head())
        asyncio.run(reads.close())
    except ErgosError as error:
        return Finding("clock", "note", error.what, "`ergos verify` looks at the store")
    behind_s = (head.at_ns - HostClock().now_ns()) // SECOND
    if behind_s > CLOCK_BEHIND_S:
        return Finding(
            "clock",
            "bad",
            f"it is {behind_s:,} s behind the newest record; until it has come there no time passes for agents",
            "set the clock right; if it was once far ahead, start in a new home",
        )
    return Finding("clock", "good", "not behind the newest record")


def _socket(home: Home) -> Finding:
    if len(os.fsencode(home.socket)) > SOCKET_PATH_BYTES_MAX and not Path("/proc/self/fd").is_dir():
        return Finding("socket", "bad", f"{home.socket} is too long a path", "name a shorter --home")
    if home.socket.exists() and home.socket.stat().st_mode & 0o077:
        return Finding("socket", "bad", f"{home.socket} is open to others", "stop the kernel and start it again")
    return Finding("socket", "good", str(home.socket))


def _lock(home: Home) -> Finding:
    running = home.holder()
    if running is None:
        return Finding("kernel", "good", "none is running; `ergos up` starts one")
    try:
        status = asyncio.run(ask(home, StatusOf()))
    except ErgosError as error:
        return Finding(
            "kernel", "bad", f"{running} holds the store and does not answer: {error.what}", error.what_to_do
        )
    assert isinstance(status, Status)
    if status.fault:
        return Finding("kernel", "bad", status.fault, f"read {home.log}; then `ergos down` and `ergos up`")
    if status.halted:
        return Finding("kernel", "note", f"{running} runs; STOP is in force", "`ergos stop --all --lift` lifts it")
    return Finding("kernel", "good", f"{running} runs")


def _existing(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return folder
