"""The outside world of the kill harness: a file that every effect appends one line to, and never forgets.

Rules: one line for one effect, `kind identity key`, appended and synced before the reply; a reply takes a
moment, so that a kill often hits between the effect and its record. Counting is done from these lines alone.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

LEDGER: Final = "outside.txt"
STOP: Final = "stop"
IN_FLIGHT: Final = 16  # jobs at once
REPLY_S: Final = 0.003  # seconds a reply is on its way
KINDS: Final = ("charge", "put", "publish")
"""The effects of one job: irreversible, idempotent under a key, reconcilable by looking."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What the outside saw of the jobs that should have happened."""

    effects: int
    """Effects that should exist."""
    doubled: dict[str, int]
    """Surplus effects by kind; repeating an idempotent one under its own key is none."""
    lost: dict[str, int]
    """Effects that should exist and do not, by kind."""


def perform(folder: Path, kind: str, identity: str, key: str = "-") -> None:
    """Do it, durably, and take a moment to reply."""
    line = f"{kind} {identity} {key}\n".encode()
    descriptor = os.open(folder / LEDGER, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    time.sleep(REPLY_S)


def happened(folder: Path, kind: str, identity: str) -> bool:
    """Whether the outside has seen it."""
    path = folder / LEDGER
    return path.exists() and f"{kind} {identity} " in path.read_text(encoding="ascii")


def stopping(folder: Path) -> bool:
    """Whether no new jobs should begin."""
    return (folder / STOP).exists()


def tally(folder: Path, jobs: list[str]) -> Tally:
    """Hold the outside against the jobs that were finished."""
    path = folder / LEDGER
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    seen: Counter[tuple[str, str]] = Counter()
    for kind, identity, _key in sorted({tuple(line.split()) for line in lines if line.startswith("put ")}):
        seen[kind, identity] += 1
    for line in lines:
        kind, identity, _ = line.split()
        if kind != "put":
            seen[kind, identity] += 1
    doubled = {kind: sum(count - 1 for (of, _), count in seen.items() if of == kind) for kind in KINDS}
    lost = {kind: sum(not seen[kind, job] for job in jobs) for kind in KINDS}
    return Tally(effects=len(jobs) * len(KINDS), doubled=doubled, lost=lost)
