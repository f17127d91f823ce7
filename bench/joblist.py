"""Which jobs a rival's worker has begun and finished, kept in two files, so that it knows after a kill.

Rules: a job is noted before it is begun and after it has ended; both durably. The kernel needs none of this:
its processes are its list.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from pathlib import Path

from bench import outside


class JobList:
    """Unfinished jobs first, then new ones until told to stop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        begun, done = self._read("jobs.txt"), set(self._read("done.txt"))
        self._open: deque[str] = deque(job for job in begun if job not in done)
        self._next = len(begun) + 1

    def take(self) -> str | None:
        """The next job; None when there is none and no new one should begin."""
        with self._lock:
            if self._open:
                return self._open.popleft()
            if outside.stopping(self._folder):
                return None
            job = str(self._next)
            self._next += 1
            self._note("jobs.txt", job)
            return job

    def finished(self, job: str) -> None:
        """Its engine says that it has ended."""
        with self._lock:
            self._note("done.txt", job)

    def _read(self, name: str) -> list[str]:
        path = self._folder / name
        return path.read_text(encoding="ascii").split() if path.exists() else []

    def _note(self, name: str, job: str) -> None:
        descriptor = os.open(self._folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, f"{job}\n".encode())
        os.fsync(descriptor)
        os.close(descriptor)
