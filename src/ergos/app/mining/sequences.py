"""Commands that follow one another again and again: pairs that chance does not make.

Rules: pure; a pair counts where the second is the very next command within a few minutes; how often chance puts it
there is the second's share of all commands (a one-sided binomial test, its level divided by the number of
pairs looked at); what passes must also make up most of the first's occurrences, on several days.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from ergos.app.mining.periods import tail

LEVEL: Final = 0.002  # probability that chance alone makes any pair of a whole history
TIMES_MIN: Final = 8  # times a pair must have happened
DAYS_MIN: Final = 5  # days on which it must have happened
SHARE_MIN: Final = 0.7  # share of the first's occurrences that the second follows
GAP_S: Final = 300  # seconds within which the next command belongs to the one before


class Step(msgspec.Struct, frozen=True):
    """One command of a history, as its template."""

    template: str
    at_s: int


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two templates, one after the other."""

    first: str
    second: str
    times: int
    of: int
    """Occurrences of the first."""
    days: int
    p_value: float


def pairs_of(steps: Sequence[Step]) -> tuple[Pair, ...]:
    """Pairs that are no chance, the most frequent first. `steps`: in the order of time."""
    follows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for one, after in pairwise(steps):
        if one.template != after.template and 0 <= after.at_s - one.at_s <= GAP_S:
            follows[one.template, after.template].append(one.at_s // 86_400)
    counts = Counter(one.template for one in steps)
    looked = sum(len(days) >= TIMES_MIN for days in follows.values())
    found: list[Pair] = []
    for (first, second), days in follows.items():
        times, of = len(days), counts[first]
        if times < TIMES_MIN or len(set(days)) < DAYS_MIN or times / of < SHARE_MIN:
            continue
        chance = (counts[second] + 1) / (len(steps) + 2)
        p_value = tail(times, of, chance) * max(1, looked) * max(1, len(counts))
        if p_value <= LEVEL:
            found.append(Pair(first=first, second=second, times=times, of=of, days=len(set(days)), p_value=p_value))
    return tuple(sorted(found, key=lambda pair: (-pair.times, pair.first, pair.second)))
