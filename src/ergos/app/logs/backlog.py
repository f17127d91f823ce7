"""Takes lines at once and writes them when whoever reads them has room, in a thread of its own.

Rules: bounded; a line for which there is no room is not taken, and the caller is told; at the end what waits is written
as far as time allows.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Final

LINES_MAX: Final = 10_000  # lines that wait; some 3 MB


class Backlog:
    """In front of one place that lines are written to."""

    def __init__(self, write: Callable[[str], object], most: int = LINES_MAX) -> None:
        """`write` may block. Raises what it likes: OSError and ValueError end the writing."""
        self._write: Final = write
        self._lines: Final[queue.Queue[str | None]] = queue.Queue(most)
        self._thread: Final = threading.Thread(target=self._run, name="ergos-log", daemon=True)
        self._thread.start()

    def __call__(self, line: str) -> bool:
        """Take a line; False: there is no room, or nobody writes any more."""
        if not self._thread.is_alive():
            return False
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            return False
        return True

    def close(self, within_s: float) -> None:
        """Write what waits, as far as it goes in this time."""
        try:
            self._lines.put(None, timeout=within_s)
        except queue.Full:
            return  # whoever reads it does not read; the thread ends with the process
        self._thread.join(within_s)

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                self._write(line)
            except (OSError, ValueError):  # the disk is full, or whoever read it has gone
                return
