"""How far a long goal is: what its milestones, its runs and its spending say, and what follows for the rest.

A forecast takes the milestones as arrivals at one unknown rate: with k of n reached after a time t, the time for the
others divided by their number, over t divided by k, has an F distribution with 2(n-k) and 2k degrees of freedom. Its
bounds hold four times in five where that is so; with fewer than two reached it is too early to tell.

Rules: pure, total, O(milestones); no model is asked; what a program of steps remembers (`steps_memory.Past`) is all
that is looked at.
Source: F distribution of the ratio of two gamma variables; Paulson (1942) for its quantiles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from ergos.base.clock import DAY, SECOND
from ergos.lib.steps_memory import Past
from ergos.lib.work import Milestone

REACHED_MIN: Final = 2  # milestones reached before anything is said of the others
RUNS_MIN: Final = 3  # runs before anything is said of their rhythm or cost
STALL_FACTOR: Final = 4  # usual times between two runs after which one that has no schedule counts as stalled
STALL_S_MIN: Final = 3_600  # seconds; sooner than that nothing has stalled
LATE_S: Final = 900  # seconds after a time at which it should have run
NS_MAX: Final = 2**62  # nanoseconds; a later instant is no instant
MARGIN_Z: Final = 1.2816  # of a normal distribution: one in ten lies above it


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """When all milestones will be reached at the present rate, and what all of it will have cost."""

    done_ns: int
    early_ns: int
    late_ns: int
    """Four times in five it lies between the two; NS_MAX: nothing speaks for an end."""
    cost_microusd: int
    low_microusd: int
    high_microusd: int


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What goes on without an end costs so much."""

    per_run_microusd: int
    per_day_microusd: int


def reached_of(milestones: Sequence[Milestone], past: Past) -> tuple[Milestone, ...]:
    """Those that are reached, in the order in which they are listed."""
    return tuple(one for one in milestones if one.name in past.milestones)


def forecast(
    milestones: Sequence[Milestone], past: Past, *, began_ns: int, now_ns: int, spent_microusd: int
) -> Forecast | None:
    """What follows from what was reached so far; None: too early to tell, or nothing is left."""
    reached, whole = len(reached_of(milestones, past)), len(milestones)
    left, passed = whole - reached, now_ns - began_ns
    if reached < REACHED_MIN or left <= 0 or passed <= 0:
        return None
    each = passed / reached
    low, high = f_bounds(2 * left, 2 * reached)
    spread = [_bounded(now_ns + left * each * factor) for factor in (1.0, low, high)]
    # Money goes on with time: what is left costs what the same time has cost so far.
    costs = [_bounded(spent_microusd + spent_microusd * left * factor / reached) for factor in (1.0, low, high)]
    return Forecast(
        done_ns=spread[0],
        early_ns=spread[1],
        late_ns=spread[2],
        cost_microusd=costs[0],
        low_microusd=costs[1],
        high_microusd=costs[2],
    )


def rate(past: Past, *, began_ns: int, now_ns: int, spent_microusd: int) -> Rate | None:
    """What its runs cost; None: too early to tell."""
    passed = now_ns - began_ns
    ended = past.runs + past.failures
    if ended < RUNS_MIN or passed < DAY:
        return None
    return Rate(per_run_microusd=spent_microusd // ended, per_day_microusd=spent_microusd * DAY // passed)


def overdue(milestones: Sequence[Milestone], past: Past, today: str) -> tuple[Milestone, ...]:
    """Those whose date is past and that are not reached. `today`: local date."""
    return tuple(one for one in milestones if one.due and one.due < today and one.name not in past.milestones)


def stalls_at_ns(past: Past, *, due_ns: int | None, began_ns: int) -> int | None:
    """From when on no progress means that it has stalled; None: nothing is expected.

    `due_ns`: when its schedule wakes it next, as armed; it has stalled when that passes without a run.
    """
    if due_ns is not None:
        return due_ns + LATE_S * SECOND
    ended = past.runs + past.failures
    if ended < RUNS_MIN or past.last_ns <= began_ns:
        return None
    usual_ns = (past.last_ns - began_ns) // ended
    return past.last_ns + max(STALL_FACTOR * usual_ns, STALL_S_MIN * SECOND)


def f_bounds(above: int, below: int) -> tuple[float, float]:
    """The tenth and ninetieth percentile of an F distribution with these degrees of freedom, to a few per cent.

    The upper one is infinite where the approximation has none (fewer than four degrees of freedom below).
    """
    return 1.0 / _upper(below, above), _upper(above, below)


def _upper(above: int, below: int) -> float:
    """The ninetieth percentile, by the cube roots of both chi squares being nearly normal."""
    a, b = 2.0 / (9.0 * above), 2.0 / (9.0 * below)
    square = MARGIN_Z * MARGIN_Z
    divisor = (1.0 - b) ** 2 - square * b
    if divisor <= 0.0:
        return math.inf
    spread = a * (1.0 - b) ** 2 + b * (1.0 - a) ** 2 - square * a * b
    return (((1.0 - a) * (1.0 - b) + MARGIN_Z * math.sqrt(max(0.0, spread))) / divisor) ** 3


def _bounded(value: float) -> int:
    return NS_MAX if not value < NS_MAX else int(value)
