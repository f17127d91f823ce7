"""What agents ask of models: programs made of turns, as data.

A program is a row of stages; a stage is one or more chains that run side by side, and ends when all have ended (fan-out
and join); a chain is a row of turns: a model call, then a pause in which a tool works or a person reads.

Rules: plain records; a program does not know who schedules it. What follows from what a call reads is its segments:
(stem, tokens) pieces of text, equal for equal stems, so that equal beginnings are equal block names.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.ids import Pid

INDEX_BITS: Final = 24  # blocks of one stem, more than a context has
OUTLINE_TOKENS: Final = 512  # a gateway hashes blocks of this size: fine enough for shared beginnings, cheap enough

# Weighted tokens of one token read, read from cache, written; as in `wants.Rules`.
READ_WEIGHT: Final = 1.0
CACHED_WEIGHT: Final = 0.1
WRITE_WEIGHT: Final = 6.0


class Turn(msgspec.Struct, frozen=True, gc=False):
    """One model call and the pause after it."""

    segments: tuple[tuple[int, int], ...]
    """(stem, tokens) of the prompt, in order; all but the last are whole blocks long."""
    output_tokens: int
    output_most: int
    """What the caller allowed it to write."""
    fresh_tokens: int
    """Of the prompt, what a cache that never forgets would not hold."""
    pause_ns: int = 0

    @property
    def prompt_tokens(self) -> int:
        """All it reads."""
        return sum(tokens for _, tokens in self.segments)

    def blocks(self, size: int) -> tuple[int, ...]:
        """Names of the full blocks of prompt and output."""
        names: list[int] = []
        for stem, tokens in self.segments[:-1]:
            first = stem << INDEX_BITS
            names += range(first, first + tokens // size)
        stem, tokens = self.segments[-1]
        first = stem << INDEX_BITS
        names += range(first, first + (tokens + self.output_tokens) // size)
        return tuple(names)

    def outline(self) -> tuple[tuple[int, int], ...]:
        """(hash, tokens up to there) at the ends of a gateway's blocks of the prompt, ascending."""
        found: list[tuple[int, int]] = []
        before = 0
        for stem, tokens in self.segments:
            first = (stem << INDEX_BITS) + (1 << (INDEX_BITS - 1))
            count = tokens // OUTLINE_TOKENS
            found += [(first + index, before + (index + 1) * OUTLINE_TOKENS) for index in range(count)]
            before += tokens
        return tuple(found)

    @property
    def work(self) -> float:
        """Weighted tokens of this call when everything that can be cached is."""
        cached = self.prompt_tokens - self.fresh_tokens
        return READ_WEIGHT * self.fresh_tokens + CACHED_WEIGHT * cached + WRITE_WEIGHT * self.output_tokens


Chain = tuple[Turn, ...]
Stage = tuple[Chain, ...]


class Program(msgspec.Struct, frozen=True, gc=False):
    """One run of an agent."""

    pid: Pid
    """Its chains beside the first have the following ones."""
    owner: str
    kind: str
    arrival_ns: int
    stages: tuple[Stage, ...]
    cancelled_after_ns: int = 0
    """The person who started it gives up so long after; 0: never."""

    @property
    def calls(self) -> int:
        """Model calls it makes."""
        return sum(len(chain) for stage in self.stages for chain in stage)

    @property
    def work(self) -> float:
        """Weighted tokens of all its calls."""
        return sum(turn.work for stage in self.stages for chain in stage for turn in chain)

    @property
    def pause_ns(self) -> int:
        """Tools and people, along the longest way."""
        return sum(max(sum(turn.pause_ns for turn in chain) for chain in stage) for stage in self.stages)


class Workload(msgspec.Struct, frozen=True):
    """Programs by arrival, and for how long they keep coming."""

    programs: tuple[Program, ...]
    length_ns: int
