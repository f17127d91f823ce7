"""Stops a program that computes without end: an alarm signal that raises inside the program's own frame.

A program shares its thread with everything else, so one that never awaits would stop the whole kernel. The
handler runs in the main thread between two byte codes, so it either finds a program being driven, and raises
there, or does nothing; there is no race.

Rules: only in the main thread of a process that allows signals; elsewhere (tests, simulation) it is off.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Final

from ergos.base.errors import StalledError

TICK_S: Final = 1.0  # seconds between alarms; the precision of the watchdog


class Watchdog:
    """Counts seconds while a program is being driven."""

    def __init__(self) -> None:
        self._ticks = 0
        self._limit_s: float | None = None
        self._armed = False
        self._previous: object = None

    def arm(self) -> None:
        """Install the alarm; does nothing outside the main thread."""
        if threading.current_thread() is threading.main_thread() and not self._armed:
            self._previous = signal.signal(signal.SIGALRM, self._alarm)
            self._armed = True

    def disarm(self) -> None:
        """Put the previous handler back."""
        if self._armed:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._previous)  # type: ignore[arg-type]
            self._armed = False

    def begin_pass(self) -> None:
        """Programs are about to run. Idle kernels have no timer."""
        if self._armed:
            signal.setitimer(signal.ITIMER_REAL, TICK_S, TICK_S)

    def end_pass(self) -> None:
        """No program runs any more."""
        if self._armed:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def enter(self, limit_s: float) -> None:
        """A program is resumed; it may compute for this many seconds."""
        self._ticks = 0
        self._limit_s = limit_s

    def leave(self) -> None:
        """The program has yielded."""
        self._limit_s = None

    def _alarm(self, _signal: int, _frame: FrameType | None) -> None:
        self._ticks += 1
        if self._limit_s is not None and self._ticks * TICK_S >= self._limit_s:
            # At every tick from then on: a program may swallow an exception once, but not for ever.
            raise StalledError(f"the program computed for {self._limit_s:g} seconds without a call")
