"""Numbers about paired runs: what one run comes to, and how sure a comparison over seeds is.

Rules: every policy runs the same seeds; a ratio is that of the means over seeds, and its interval comes from drawing
seeds again with replacement (percentile bootstrap), so that what varies between workloads stays paired.
Source: Efron and Tibshirani 1993.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from ergos.base.ids import Pid
from ergos.sim.grid.chance import Draws
from ergos.sim.grid.courses import alone_ns
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.grid.outcomes import Outcome
from ergos.sim.grid.programs import Program

RESAMPLES: Final = 2_000
CONFIDENCE: Final = 0.95
SECOND_NS: Final = 1e9


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """One run in numbers; times in seconds, of waiting for models only."""

    mean_s: float
    p95_s: float
    slowdown: float
    """Mean of time over time alone."""
    slowdown_p95: float
    slowdowns: dict[str, float]
    """Mean by owner."""
    hit: float
    load: float
    makespan_s: float
    lost: int
    limited: float
    """Share of sendings answered 429."""
    preempted: int
    gap: float
    """Weighted tokens; as in `outcomes.Gap`."""
    call_most: float
    in_flight_most: int
    programs: int
    calls: int


def digest(outcome: Outcome, programs: Mapping[Pid, Program], shape: EngineShape) -> Digest:
    """Of one run; lost programs count as lost and in no mean, which is why the loss is always told."""
    ended = [program for program in outcome.programs if not program.lost]
    times = [program.model_ns / SECOND_NS for program in ended]
    slow = [program.model_ns / alone_ns(programs[program.pid], shape) for program in ended]
    owners: dict[str, list[float]] = {}
    for program, factor in zip(ended, slow, strict=True):
        owners.setdefault(programs[program.pid].owner, []).append(factor)
    return Digest(
        mean_s=mean(times),
        p95_s=percentile(times, 0.95),
        slowdown=mean(slow),
        slowdown_p95=percentile(slow, 0.95),
        slowdowns={owner: mean(factors) for owner, factors in sorted(owners.items())},
        hit=outcome.hit,
        load=outcome.load,
        makespan_s=outcome.makespan_ns / SECOND_NS,
        lost=len(outcome.programs) - len(ended),
        limited=outcome.limited / max(outcome.limited + outcome.calls, 1),
        preempted=outcome.preempted,
        gap=outcome.gap.largest,
        call_most=outcome.gap.call_most,
        in_flight_most=outcome.gap.in_flight_most,
        programs=len(outcome.programs),
        calls=outcome.calls,
    )


def mean(values: Sequence[float]) -> float:
    """Arithmetic; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least this share of all does not exceed; 0 of nothing."""
    if not values:
        return 0.0
    rank = -int(-share * len(values) // 1)
    return sorted(values)[max(rank, 1) - 1]


class Estimate(msgspec.Struct, frozen=True):
    """A number and the interval it lies in with `CONFIDENCE`."""

    value: float
    low: float
    high: float

    def shown(self, form: Callable[[float], str]) -> str:
        """Number and interval."""
        return f"{form(self.value)} [{form(self.low)} .. {form(self.high)}]"


def ratio(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """Mean over mean of paired numbers; `below` is > 0."""
    return _bootstrap(above, below, lambda high, low: mean(high) / mean(low))


def difference(left: Sequence[float], right: Sequence[float]) -> Estimate:
    """Mean minus mean of paired numbers."""
    return _bootstrap(left, right, lambda one, other: mean(one) - mean(other))


def average(values: Sequence[float]) -> Estimate:
    """Mean."""
    return _bootstrap(values, values, lambda one, _: mean(one))


def _bootstrap(
    left: Sequence[float], right: Sequence[float], of: Callable[[Sequence[float], Sequence[float]], float]
) -> Estimate:
    assert len(left) == len(right) > 0
    draws, count = Draws(0, "bootstrap"), len(left)
    found: list[float] = []
    for _ in range(RESAMPLES):
        picks = [draws.below(count) for _ in range(count)]
        found.append(of([left[pick] for pick in picks], [right[pick] for pick in picks]))
    tail = (1.0 - CONFIDENCE) / 2.0
    return Estimate(of(left, right), percentile(found, tail), percentile(found, 1.0 - tail))
