"""Random numbers for workloads: as reproducible as `SeededEntropy`, a hundred times cheaper.

Rules: the n-th number of a stream depends on seed, stream and n alone; a new stream shifts no other.
Source: splitmix64 (Steele, Lea, Flood 2014); Box and Muller 1958.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import cos, exp, log, pi, sqrt
from typing import Final, TypeVar

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15

T = TypeVar("T")


class Draws:
    """One stream of numbers."""

    def __init__(self, seed: int | str, stream: str) -> None:
        self._state = int.from_bytes(hashlib.sha256(f"{seed}\0{stream}".encode()).digest()[:8], "big")

    def uniform(self) -> float:
        """In 0 < x < 1."""
        self._state = (self._state + _GOLDEN) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (((mixed ^ (mixed >> 31)) >> 12) + 0.5) / (1 << 52)

    def below(self, bound: int) -> int:
        """In 0 .. bound - 1."""
        return int(self.uniform() * bound)

    def chance(self, probability: float) -> bool:
        """True this often."""
        return self.uniform() < probability

    def exponential(self, mean: float) -> float:
        """Time between events that come independently."""
        return -mean * log(self.uniform())

    def normal(self) -> float:
        """Mean 0, deviation 1."""
        return sqrt(-2.0 * log(self.uniform())) * cos(2.0 * pi * self.uniform())

    def lognormal(self, median: float, sigma: float) -> float:
        """Half are below the median; sigma is the deviation of the logarithm."""
        return median * exp(sigma * self.normal())

    def choice(self, items: Sequence[T], weights: Sequence[float]) -> T:
        """One of them, as often as its weight says."""
        point = self.uniform() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            point -= weight
            if point < 0:
                return item
        return items[-1]
