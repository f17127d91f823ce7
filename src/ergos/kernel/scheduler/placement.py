"""Where a call runs: at its home while that is not much fuller than the others, else where it starts soonest.

The cost of a place is the time to read what is not cached there, behind what is still being read there, and a
little for how full it is, so that newcomers spread. Endpoints that are no replicas of each other are asked in the
caller's order.

Rules: pure; a place is only chosen if the call can start there now. An endpoint whose rate does not cover the best
call is closed to worse ones until it does, or small calls would starve large ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ergos.kernel.scheduler.endpoint import Endpoint
from ergos.kernel.scheduler.programs import Call

STICKY_FACTOR: Final = 1.25
STICKY_EXTRA: Final = 4
"""A home may have this many times the others' mean of running calls, and so many more, before it loses its own."""
FULLNESS: Final = 0.1
"""Tokens read that one token of protected cache counts for."""


def groups(endpoints: Sequence[Endpoint]) -> list[list[Endpoint]]:
    """Neighbours that are replicas of each other stand together."""
    result: list[list[Endpoint]] = []
    for endpoint in endpoints:
        same = endpoint.spec.replica_of
        if result and same and result[-1][0].spec.replica_of == same:
            result[-1].append(endpoint)
        else:
            result.append([endpoint])
    return result


def overfull(home: Endpoint, group: Sequence[Endpoint]) -> bool:
    """Whether a home has so much more to do than its group that a program should move."""
    own = len(home.running)
    if own <= STICKY_EXTRA:
        return False
    total = 0
    for each in group:
        total += len(each.running)
    return own > STICKY_FACTOR * total / len(group) + STICKY_EXTRA


def cost(endpoint: Endpoint, cached: int, call: Call, protected: float) -> float:
    """Nanoseconds until the first token, about."""
    tokens = call.want.input_tokens - cached + endpoint.unread + FULLNESS * protected
    return tokens * endpoint.service.per_input_ns


class Spot:
    """A place where a call can start now."""

    __slots__ = ("cached", "endpoint")

    def __init__(self, endpoint: Endpoint, cached: int) -> None:
        self.endpoint = endpoint
        self.cached = cached
