"""Chance for millions of draws: a counter and three multiplications, the same for the same seed everywhere.

Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators (2014), SplitMix64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

_MASK: Final = (1 << 64) - 1
_STEP: Final = 0x9E3779B97F4A7C15


class Dice:
    """A stream of random numbers; not for secrets."""

    def __init__(self, seed: int) -> None:
        self._at = (seed * _STEP + 1) & _MASK

    def bits(self) -> int:
        """64 random bits."""
        self._at = mixed = (self._at + _STEP) & _MASK
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def below(self, bound: int) -> int:
        """An integer in 0 .. bound - 1; the bias is below 2^-40 for the bounds used here."""
        return (self.bits() * bound) >> 64

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[(self.bits() * len(choices)) >> 64]

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return (self.bits() * 100) >> 64 < percent
