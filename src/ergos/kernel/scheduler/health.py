"""Whether an endpoint is well: a circuit breaker, and a budget for repetitions.

Rules: pure; time is passed in. A 429 speaks of rate, not of health, and is not counted here. A caller's own
mistake counts neither way.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Literal

from ergos.base.clock import SECOND

WINDOW_NS: Final = 10 * SECOND
"""Time over which outcomes are counted."""
BUCKETS: Final = 10
"""Parts of the window; memory per endpoint."""
OUTCOMES_MIN: Final = 20
"""Outcomes in the window before a breaker opens: fewer say little."""
FAILURES_SHARE: Final = 0.5
COOL_DOWN_NS: Final = 2 * SECOND
COOL_DOWN_MAX_NS: Final = 60 * SECOND
"""A cool-down doubles from the first to the second while probes fail."""
RETRIES_MIN: Final = 1.0
"""Repetitions per second that are always allowed, so that a quiet system can repeat at all."""

State = Literal["closed", "open", "probing"]


class Window:
    """Two counts over the last ten seconds."""

    __slots__ = ("_slots", "bad", "good")

    def __init__(self) -> None:
        self._slots: deque[list[int]] = deque()
        self.good = 0
        self.bad = 0

    def add(self, now_ns: int, good: int, bad: int) -> None:
        """Count. Cost: O(1) amortised."""
        self.forget(now_ns)
        slot = now_ns * BUCKETS // WINDOW_NS
        if not self._slots or self._slots[-1][0] != slot:
            self._slots.append([slot, 0, 0])
        self._slots[-1][1] += good
        self._slots[-1][2] += bad
        self.good += good
        self.bad += bad

    def forget(self, now_ns: int) -> None:
        """Let go of what is older than the window."""
        oldest = now_ns * BUCKETS // WINDOW_NS - BUCKETS
        while self._slots and self._slots[0][0] <= oldest:
            _, good, bad = self._slots.popleft()
            self.good -= good
            self.bad -= bad

    def clear(self) -> None:
        """Forget everything."""
        self._slots.clear()
        self.good = self.bad = 0


class Breaker:
    """Stops asking an endpoint that mostly fails, and asks once now and then whether it is back."""

    __slots__ = ("_cool_down_ns", "_window", "state", "until_ns")

    def __init__(self) -> None:
        self.state: State = "closed"
        self.until_ns = 0
        """When an open breaker lets a probe through."""
        self._cool_down_ns = COOL_DOWN_NS
        self._window: Final = Window()

    def allows(self, now_ns: int) -> bool:
        """Whether a call may go there now."""
        return self.state == "closed" or (self.state == "open" and now_ns >= self.until_ns)

    def sent(self) -> None:
        """A call goes there; after a cool-down it is the probe."""
        if self.state == "open":
            self.state = "probing"

    def succeeded(self, now_ns: int) -> None:
        """A call was answered; if it was the probe, all is well again."""
        if self.state == "closed":
            self._window.add(now_ns, 1, 0)
        elif self.state == "probing":
            self.state = "closed"
            self._cool_down_ns = COOL_DOWN_NS
            self._window.clear()

    def failed(self, now_ns: int) -> None:
        """A call failed for the endpoint's own reasons."""
        if self.state == "closed":
            self._window.add(now_ns, 0, 1)
            total = self._window.good + self._window.bad
            if total >= OUTCOMES_MIN and self._window.bad >= FAILURES_SHARE * total:
                self._open(now_ns)
        elif self.state == "probing":
            self._cool_down_ns = min(COOL_DOWN_MAX_NS, 2 * self._cool_down_ns)
            self._open(now_ns)

    def unsure(self, now_ns: int) -> None:
        """A call ended and said nothing about health; if it was the probe, another is needed."""
        if self.state == "probing":
            self.state = "open"
            self.until_ns = now_ns

    def _open(self, now_ns: int) -> None:
        self.state = "open"
        self.until_ns = now_ns + self._cool_down_ns
        self._window.clear()


class RetryBudget:
    """Repetitions are paced: a share of the successes of ten seconds, and a trickle."""

    __slots__ = ("_share", "_trickle", "_trickle_ns", "_window")

    def __init__(self, share: float) -> None:
        self._share = share
        self._window: Final = Window()
        self._trickle = RETRIES_MIN
        self._trickle_ns = 0

    def succeeded(self, now_ns: int) -> None:
        """A call was answered."""
        self._window.add(now_ns, 1, 0)

    def take(self, now_ns: int) -> bool:
        """One repetition, if it is covered now."""
        self._window.forget(now_ns)
        if self._window.bad + 1 <= self._share * self._window.good:
            self._window.add(now_ns, 0, 1)
            return True
        passed = max(0, now_ns - self._trickle_ns)
        self._trickle = min(RETRIES_MIN, self._trickle + RETRIES_MIN * passed / SECOND)
        self._trickle_ns = max(now_ns, self._trickle_ns)
        if self._trickle >= 1.0:
            self._trickle -= 1.0
            return True
        return False
