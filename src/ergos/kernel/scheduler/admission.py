"""Which programs an engine's cache is for: the working set of an endpoint, who fits in, who must make room.

The cache of a program that is away for a short while is worth keeping; a cache that all programs share at once
serves none. So a program is admitted to an endpoint as a whole. One that is in needs only a slot for its calls; one
that is not must fit beside the running calls and the caches that are kept, whatever its rank: driving programs out
for better ranked ones costs more in reading again than their order gains. Only urgent calls, the oldest family in
its turn, and owners who are behind their share take the place of others, the worst ranked first.

Rules: pure; only endpoints that say how much they cache have a working set.
Source: ThunderAgent (2602.13692), CONCUR (2601.22705), Continuum (2511.02230).
"""

from __future__ import annotations

import math
from typing import Final

from ergos.base.clock import MILLISECOND
from ergos.kernel.scheduler.endpoint import Endpoint
from ergos.kernel.scheduler.programs import URGENT, Call, Program, Rank
from ergos.kernel.scheduler.wants import Rules

PROTECT_SHARE: Final = 0.2
"""Chance to be back soon below which a program that is away loses its protection."""
BUSY_CALLS: Final = 2
"""Calls at once that keep an engine busy; below, caches of idle programs keep the less room, at none they keep none."""
FRESH_NS: Final = 250 * MILLISECOND
"""Time for which a picture of the idle programs' weights is good enough."""


def weight(program: Program, now_ns: int) -> float:
    """Tokens of cache kept for a program that has no call running: its context, as likely as it is back soon."""
    if program.waiting or program.idle_ns < 0:
        return float(program.context)
    return program.context * program.habits.back_soon(now_ns - program.idle_ns)


class Picture:
    """The idle programs of a working set, the most worth keeping first, with what their caches add up to."""

    __slots__ = ("at_ns", "joined", "programs", "rightful", "tokens", "total", "urgent", "version")

    def __init__(self, endpoint: Endpoint, limit: float, now_ns: int) -> None:
        kept: list[tuple[bool, Rank, int, float, Program]] = []
        gone: list[Program] = []
        self.rightful = self.urgent = self.total = 0.0
        """Tokens of the caches of owners that did not run too far ahead; of these, of urgent programs; of all."""
        for program in endpoint.members.values():
            if program.running:
                continue
            tokens = weight(program, now_ns)
            if tokens < PROTECT_SHARE * program.context:
                gone.append(program)
                continue
            ahead = program.account.virtual > limit
            self.total += tokens
            if not ahead:
                self.rightful += tokens
                if program.rank.tier <= URGENT:
                    self.urgent += tokens
            kept.append((ahead, program.rank, program.pid, tokens, program))
        for program in gone:
            release(endpoint, program)
        kept.sort(key=lambda each: each[:3])
        self.programs = [each[4] for each in kept]
        self.tokens = [each[3] for each in kept]
        self.at_ns = now_ns
        self.version = endpoint.version
        self.joined = endpoint.joined

    def better(self, tier: int, running: int) -> float:
        """Tokens of the caches that a call of this tier may not take the place of, where so many calls run."""
        if tier < URGENT:
            return 0.0
        tokens = self.urgent if tier == URGENT else self.rightful
        return tokens if running >= BUSY_CALLS else tokens * running / BUSY_CALLS


def release(endpoint: Endpoint, program: Program) -> None:
    """A program's cache is no longer protected."""
    endpoint.members.pop(program.pid, None)
    program.protected = ""
    endpoint.version += 1


class Admission:
    """The working sets of all endpoints."""

    def __init__(self, rules: Rules) -> None:
        self._rules: Final = rules
        self._pictures: Final[dict[str, Picture]] = {}

    def picture(self, endpoint: Endpoint, limit: float, now_ns: int) -> Picture:
        """How the idle programs of an endpoint stand now. Cost: O(1), or O(n log n) when something changed."""
        name = endpoint.spec.name
        found = self._pictures.get(name)
        if found is None or found.version != endpoint.version or now_ns - found.at_ns > FRESH_NS:
            found = self._pictures[name] = Picture(endpoint, limit, now_ns)
        return found

    def free(self, endpoint: Endpoint, tier: int, limit: float, now_ns: int) -> float:
        """Tokens of room for a newcomer of this tier."""
        return (
            endpoint.room_max
            - endpoint.in_flight
            - self.picture(endpoint, limit, now_ns).better(tier, len(endpoint.running))
        )

    def kept(self, endpoint: Endpoint, limit: float, now_ns: int) -> float:
        """Tokens of room that are taken, by running calls and for idle programs; 0 where nothing is known of it."""
        if math.isinf(endpoint.room_max):
            return 0.0
        return endpoint.in_flight + self.picture(endpoint, limit, now_ns).total

    def fits(self, endpoint: Endpoint, call: Call, rank: Rank, limit: float, now_ns: int) -> bool:
        """Whether there is room for the call's program beside those that have a better right to it.

        `limit`: the counter above which an owner has none.
        """
        room = endpoint.room_max - endpoint.in_flight - call.room
        if room < 0.0:
            if endpoint.running:
                return False
            room = 0.0  # larger than what there is: alone, or never
        if math.isinf(room) or call.program.protected == endpoint.spec.name:
            return True
        return self.picture(endpoint, limit, now_ns).better(rank.tier, len(endpoint.running)) <= room

    def admit(self, endpoint: Endpoint, program: Program, rank: Rank, limit: float, now_ns: int) -> list[Program]:
        """A program's call was sent there: it is in now. Returns those that had to make room."""
        if program.protected != endpoint.spec.name:
            attained = program.family.attained
            program.lease_rank = rank
            program.lease_until = attained + max(self._rules.lease_tokens, attained)
            program.protected = endpoint.spec.name
        endpoint.members[program.pid] = program
        endpoint.version += 1
        stale = self._pictures.get(endpoint.spec.name)
        if (
            stale is not None
            and stale.joined == endpoint.joined  # nobody came in since: it shows at least what is kept now
            and now_ns - stale.at_ns <= FRESH_NS
            and endpoint.in_flight + stale.total <= endpoint.room_max
        ):
            return []
        displaced: list[Program] = []
        picture = self.picture(endpoint, limit, now_ns)
        over = endpoint.in_flight + picture.total - endpoint.room_max
        for index in range(len(picture.programs) - 1, -1, -1):
            if over <= 0:
                break
            other = picture.programs[index]
            over -= picture.tokens[index]
            displaced.append(other)
        for other in displaced:
            release(endpoint, other)
        return displaced

    def forget(self, name: str) -> None:
        """An endpoint is gone."""
        self._pictures.pop(name, None)
