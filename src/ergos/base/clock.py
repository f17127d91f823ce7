"""Time as a parameter.

Rules: integer nanoseconds since 1970 (UTC); nobody but a driver reads the machine's clock. A kernel's own
time never runs backwards even if the machine's does: see `Monotone`.
"""

from __future__ import annotations

from typing import Final, Protocol

SECOND: Final = 1_000_000_000
MILLISECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND


class Clock(Protocol):
    """Tells the time."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC; may jump in either direction."""
        ...


class ManualClock:
    """A clock that moves only when told to; for simulation and tests."""

    def __init__(self, start_ns: int = 0) -> None:
        self._now_ns = start_ns

    def now_ns(self) -> int:
        """The time it was last set to."""
        return self._now_ns

    def advance(self, by_ns: int) -> None:
        """Move by this much; negative values are a clock jump backwards."""
        self._now_ns += by_ns

    def set(self, now_ns: int) -> None:
        """Jump to this time."""
        self._now_ns = now_ns


class Monotone:
    """A clock that repeats its last reading instead of running backwards.

    Journal times, day budgets and deadlines rest on it: a clock set back must not reopen a spent day.
    """

    def __init__(self, clock: Clock, floor_ns: int = 0) -> None:
        self._clock = clock
        self._floor_ns = floor_ns

    def not_before(self, floor_ns: int) -> None:
        """Never read less than this: the last time that was recorded."""
        self._floor_ns = max(self._floor_ns, floor_ns)

    def now_ns(self) -> int:
        """The wrapped clock's time, or the latest reading if that is later."""
        self._floor_ns = max(self._floor_ns, self._clock.now_ns())
        return self._floor_ns


def day_of(now_ns: int) -> int:
    """Days since 1970-01-01 UTC; the unit of day caps."""
    return now_ns // DAY
