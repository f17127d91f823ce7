"""Chance as a parameter: named streams, so that a new use does not shift the numbers of an old one."""

from __future__ import annotations

import hashlib
from typing import Protocol


class Entropy(Protocol):
    """A source of random numbers."""

    def below(self, bound: int, *, stream: str) -> int:
        """A uniform integer in 0 .. bound - 1."""
        ...


class SeededEntropy:
    """Reproducible: the n-th number of a stream depends on seed, stream and n alone."""

    def __init__(self, seed: int | str) -> None:
        self._seed = str(seed)
        self._drawn: dict[str, int] = {}

    def below(self, bound: int, *, stream: str) -> int:
        """A uniform integer in 0 .. bound - 1; bias below 2^-64 for bounds below 2^64."""
        assert bound > 0, bound
        drawn = self._drawn.get(stream, 0)
        self._drawn[stream] = drawn + 1
        block = hashlib.sha256(f"{self._seed}\0{stream}\0{drawn}".encode()).digest()
        return int.from_bytes(block[:16], "big") % bound

    def chance(self, numerator: int, denominator: int, *, stream: str) -> bool:
        """True with probability numerator/denominator."""
        return self.below(denominator, stream=stream) < numerator
