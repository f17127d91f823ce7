"""Distributions learned from what was seen: lengths of answers, gaps between calls, times to the first token.

Rules: pure; a distribution is counts in geometric bins with a prior, so its memory is constant; old counts fade.
"""

from __future__ import annotations

import math
from typing import Final

from ergos.base.clock import SECOND

BINS: Final = 48
COUNT_MAX: Final = 1_024.0
"""Observations that count in full; then all are halved, so that old ones fade."""
KINDS_MAX: Final = 1_000
"""Kinds with distributions of their own."""


class Sizes:
    """Counts in geometric bins between `least` and `most`, with a prior."""

    __slots__ = ("_counts", "_growth", "_least", "total")

    def __init__(self, least: float, most: float, *, prior: float, weight: float = 4.0) -> None:
        """`weight` observations are pretended, spread around `prior`."""
        self._least = least
        self._growth = math.log(most / least) / (BINS - 1)
        self._counts = [0.0] * BINS
        self.total = 0.0
        for offset, share in ((-3, 0.15), (0, 0.5), (3, 0.25), (6, 0.1)):
            k = min(BINS - 1, max(0, self.bin(prior) + offset))
            self._counts[k] += share * weight
            self.total += share * weight

    def bin(self, size: float) -> int:
        """The bin of a size."""
        if size <= self._least:
            return 0
        return min(BINS - 1, math.ceil(math.log(size / self._least) / self._growth - 1e-9))

    def add(self, size: float) -> None:
        """One was seen."""
        self._counts[self.bin(size)] += 1.0
        self.total += 1.0
        if self.total > COUNT_MAX:
            self._counts = [count * 0.5 for count in self._counts]
            self.total *= 0.5

    def quantile(self, share: float) -> float:
        """The upper edge of the bin below which this share of them lies."""
        left = share * self.total
        for k, count in enumerate(self._counts):
            left -= count
            if left <= 1e-9:
                return self._least * math.exp(self._growth * k)
        return self._least * math.exp(self._growth * (BINS - 1))

    def soon(self, horizon: float) -> list[float]:
        """By bin, the chance that one that came there ends within this much more. Cost: O(bins)."""
        after = [0.0] * (BINS + 1)
        for k in range(BINS - 1, -1, -1):
            after[k] = after[k + 1] + self._counts[k]

        def beyond(size: float) -> float:
            k = self.bin(size)
            low, high = self._edge(k - 1), self._edge(k)
            return after[k + 1] + self._counts[k] * max(0.0, high - size) / (high - low)

        return [1.0 - beyond(self._edge(k - 1) + horizon) / after[k] if after[k] > 0.0 else 0.0 for k in range(BINS)]

    def _edge(self, k: int) -> float:
        return self._least * math.exp(self._growth * k) if k >= 0 else 0.0


class Habits:
    """What one kind of program does: how much it writes, how long it is away between its calls.

    What is read often is worked out now and then: at first after every fourth observation, later every 64th.
    """

    __slots__ = ("_away", "_back", "_wrote", "gaps", "output_mean", "output_q90", "outputs")

    GAP_PRIOR_S: Final = 8.0
    """Seconds a tool takes before anything is known."""
    HORIZON_S: Final = 10.0
    """About the time in which an engine reads as much as its cache holds: keeping a cache for longer than that costs
    more, in work that finds no room, than reading it again."""

    def __init__(self) -> None:
        self.outputs: Final = Sizes(8.0, 65_536.0, prior=256.0)
        self.gaps: Final = Sizes(0.01, 3_600.0, prior=self.GAP_PRIOR_S, weight=8.0)
        self.output_mean = 256.0
        self.output_q90 = self.outputs.quantile(0.9)
        self._back = self.gaps.soon(self.HORIZON_S)
        self._wrote = 0
        self._away = 0

    def wrote(self, tokens: int) -> None:
        """A call of this kind wrote this much."""
        self.outputs.add(tokens)
        self.output_mean += (tokens - self.output_mean) / min(self.outputs.total, 64.0)
        self._wrote += 1
        if self._wrote % (4 if self._wrote < 64 else 64) == 0:
            self.output_q90 = self.outputs.quantile(0.9)

    def was_away(self, gap_ns: int) -> None:
        """A program of this kind came back after this long."""
        self.gaps.add(gap_ns / SECOND)
        self._away += 1
        if self._away % (4 if self._away < 64 else 64) == 0:
            self._back = self.gaps.soon(self.HORIZON_S)

    def back_soon(self, away_ns: int) -> float:
        """The chance that a program that is away for so long is back within the horizon. Cost: O(1)."""
        return self._back[self.gaps.bin(away_ns / SECOND)]


class AllHabits:
    """The habits of every kind, the least recently used forgotten."""

    def __init__(self) -> None:
        self._kinds: Final[dict[str, Habits]] = {}

    def of(self, kind: str) -> Habits:
        """Of this kind."""
        found = self._kinds.pop(kind, None) or Habits()
        self._kinds[kind] = found
        if len(self._kinds) > KINDS_MAX:
            del self._kinds[next(iter(self._kinds))]
        return found
