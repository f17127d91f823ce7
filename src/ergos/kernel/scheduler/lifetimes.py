"""How long programs of a kind live, learned from those that ended and those that still run.

`S` is all the service a program gets, in weighted tokens. A kind keeps, in 60 geometric bins, how many of its
programs ended there and how many stand there now. The hazard of a bin is Kaplan and Meier's: running programs
are censored, not ignored, because programs that ended early are not typical. It is shrunk to the hazard of all
kinds together. From it comes Gittins's index, the least expected service per completion,

    rank(a) = min over d of E[min(S - a, d) | S > a] / P(S - a <= d | S > a),

which makes the order of least mean response time when lengths are unknown.

Rules: pure; memory is bounded by kinds, not by programs; tables change only in `refresh`.
Source: Gittins 1979; Kaplan, Meier 1958; Scully, Grosof, Harchol-Balter 2020.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import cache
from typing import Final

BINS: Final = 60
FIRST_TOKENS: Final = 128.0
"""Upper edge of the first bin, weighted tokens: shorter programs are alike."""
GROWTH: Final = 1.3
"""Each bin's upper edge over the last's; 60 bins reach 6e8 weighted tokens."""
EDGES: Final = (0.0, *(FIRST_TOKENS * GROWTH**k for k in range(BINS - 1)))
LIFETIMES_MAX: Final = 4_096
"""Ends of one kind that count in full; then all are halved, so that old ones fade."""
KINDS_MAX: Final = 1_000
"""Kinds with a history of their own; the rest use that of all together."""
SHRINK: Final = 8.0
"""m0: programs' worth of weight that the hazard of all kinds has in that of one."""
PRIOR_HAZARD: Final = 0.12
"""Of a bin before anything ended: constant per geometric bin, which orders by least attained service."""
PRIOR_WEIGHT: Final = 2.0


def bin_of(tokens: float) -> int:
    """The bin in which a program with this service stands."""
    return bisect_right(EDGES, tokens) - 1


class Table:
    """Of one kind, by bin: rank, mean and 90 % quantile of what remains."""

    __slots__ = ("mean", "q90", "rank")

    def __init__(self, hazards: list[float]) -> None:
        self.rank: list[float] = []
        self.mean: list[float] = []
        self.q90: list[float] = []
        for start in range(BINS):
            self._from(start, hazards)

    def _from(self, start: int, hazards: list[float]) -> None:
        base = EDGES[start]
        alive, work, best, q90 = 1.0, 0.0, math.inf, -1.0
        for k in range(start, BINS):
            low = EDGES[k]
            high = EDGES[k + 1] if k + 1 < BINS else low * GROWTH
            ends = alive * (hazards[k] if k + 1 < BINS else 1.0)
            alive -= ends
            work += ends * (0.5 * (low + high) - base)
            if ends > 0.0:
                index = (work + alive * (high - base)) / (1.0 - alive) if alive < 1.0 else math.inf
                best = min(best, index)
            if q90 < 0.0 and alive <= 0.1:
                q90 = high - base
        self.rank.append(best)
        self.mean.append(work)
        self.q90.append(q90)


def between(values: list[float], tokens: float) -> float:
    """A table's value at a service between two edges."""
    k = bin_of(tokens)
    if k + 1 >= BINS:
        return values[k]
    low = EDGES[k]
    part = (tokens - low) / (EDGES[k + 1] - low)
    return values[k] + part * (values[k + 1] - values[k])


class Kind:
    """The history of one kind of program."""

    __slots__ = ("alive", "changed", "ended", "table", "total")

    def __init__(self) -> None:
        self.ended: list[float] = [0.0] * BINS
        self.alive: list[int] = [0] * BINS
        self.total = 0.0
        self.changed = False
        self.table: Table | None = None

    def end(self, tokens: float) -> None:
        """A program ended after this service."""
        self.ended[bin_of(tokens)] += 1.0
        self.total += 1.0
        self.changed = True
        if self.total > LIFETIMES_MAX:
            self.ended = [count * 0.5 for count in self.ended]
            self.total *= 0.5

    def hazards(self, towards: list[float], weight: float) -> list[float]:
        """By bin, the chance to end there for one that came there."""
        result = [0.0] * BINS
        later = 0.0
        for k in range(BINS - 1, -1, -1):
            ended, alive = self.ended[k], self.alive[k]
            at_risk = later + ended + 0.5 * alive
            result[k] = (ended + weight * towards[k]) / (at_risk + weight)
            later += ended + alive
        return result


@cache
def _of_the_prior() -> Table:
    """The table before anything was seen; the same for everyone, and never changed."""
    return Table([PRIOR_HAZARD] * BINS)


class Lifetimes:
    """The histories of all kinds."""

    def __init__(self) -> None:
        self._all: Final = Kind()
        self._kinds: Final[dict[str, Kind]] = {}
        self._prior: Final = [PRIOR_HAZARD] * BINS
        self._pooled = self._prior
        self._table = _of_the_prior()
        self._due: list[Kind] = []

    @property
    def changed(self) -> bool:
        """Whether a refresh would change a table."""
        return self._all.changed or bool(self._due)

    def kind(self, name: str) -> Kind:
        """The history of a kind; that of all together when there are too many."""
        found = self._kinds.get(name)
        if found is None:
            if len(self._kinds) >= KINDS_MAX and not self._forget():
                return self._all
            found = self._kinds[name] = Kind()
        return found

    def _forget(self) -> bool:
        """Drop the kind first seen that has nothing running; what it taught stays in the history of all."""
        for name, kind in self._kinds.items():
            if not any(kind.alive):
                del self._kinds[name]
                return True
        return False

    def born(self, kind: Kind) -> None:
        """A program begins."""
        kind.alive[0] += 1
        if kind is not self._all:
            self._all.alive[0] += 1

    def grow(self, kind: Kind, before: float, after: float) -> None:
        """A running program's service went from `before` to `after`."""
        old, new = bin_of(before), bin_of(after)
        if old != new:
            kind.alive[old] -= 1
            kind.alive[new] += 1
            if kind is not self._all:
                self._all.alive[old] -= 1
                self._all.alive[new] += 1

    def end(self, kind: Kind, tokens: float, *, complete: bool) -> None:
        """A program ended; incomplete ones (killed, forgotten) teach nothing."""
        k = bin_of(tokens)
        kind.alive[k] -= 1
        if kind is not self._all:
            self._all.alive[k] -= 1
        if complete:
            kind.end(tokens)
            if kind is not self._all:
                self._all.end(tokens)

    def refresh(self, most: int) -> None:
        """Make tables anew, of at most `most` kinds. Cost: O(most x bins^2)."""
        if self._all.changed:
            self._all.changed = False
            self._pooled = self._all.hazards(self._prior, PRIOR_WEIGHT)
            self._table = Table(self._pooled)
            self._due = [kind for kind in self._kinds.values() if kind.changed]
        for kind in self._due[:most]:
            kind.changed = False
            kind.table = Table(kind.hazards(self._pooled, SHRINK))
        self._due = self._due[most:]

    def rank(self, kind: Kind, tokens: float) -> float:
        """Gittins's index in weighted tokens; the least runs first."""
        return between((kind.table or self._table).rank, tokens)

    def remaining(self, kind: Kind, tokens: float) -> float:
        """Mean of what remains, weighted tokens."""
        return between((kind.table or self._table).mean, tokens)

    def remaining_q90(self, kind: Kind, tokens: float) -> float:
        """What remains at most, nine times in ten."""
        return between((kind.table or self._table).q90, tokens)
