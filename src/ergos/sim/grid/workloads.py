"""Workloads with the shapes that were measured on real agents, from a seed.

    support      a customer's conversation: calls, contexts and outputs as in the tau-bench airline trajectories;
                 tools and people between the calls
    coding       a coding session: steps, appends, outputs and tool times as in TraceLab, contexts a sixth of it so
                 that they fit engines of a sixth the memory; the context is compacted when it grows too long
    map-reduce   a call that splits the work, a fan-out, and a call that joins it
    single       one question: contexts and outputs of the Azure 2023 conversation trace

Agents of one owner and kind share a system prompt. One owner of four brings half of the load; programs come three
times as fast for 60 of every 400 seconds; some are given up by the person who started them.

Rules: what a program is depends on the seed and its number alone, not on rate or length.
"""

from __future__ import annotations

from math import inf
from typing import Final

import msgspec

from ergos.base.ids import Pid
from ergos.sim.grid.chance import Draws
from ergos.sim.grid.programs import Chain, Program, Stage, Turn, Workload

SECOND_NS: Final = 1_000_000_000
STEMS_A_PROGRAM: Final = 4_096  # pids and stems of one program: its chains and its compactions
BLOCK_TOKENS: Final = 512  # shared beginnings are whole blocks of every engine whose block divides it

KINDS: Final = ("support", "coding", "map-reduce", "single")
OWNERS: Final = ("hog", "ann", "bob", "cyd")
OWNER_SHARES: Final = (3.0, 1.0, 1.0, 1.0)  # of programs: half of the load is one owner's

SUPPORT_STEPS_MAX: Final = 60
CODING_STEPS_MAX: Final = 400  # a session of the top percent has 1,200; it would outlast every run
CODING_CONTEXT_TOKENS: Final = 36_000  # then the context is compacted
CODING_COMPACT_TOKENS: Final = 5_000
TOOL_PAUSE_MAX_S: Final = 300.0
PROMPT_TOKENS_MAX: Final = 60_000


class Mix(msgspec.Struct, frozen=True, kw_only=True):
    """What comes how often."""

    programs_per_s: float = 1.35
    """Mean, bursts included."""
    length_s: float = 1_600.0
    shares: tuple[float, ...] = (0.42, 0.12, 0.13, 0.33)
    """Of programs, in order of KINDS."""
    owners: tuple[float, ...] = OWNER_SHARES
    burst_factor: float = 3.0
    burst_s: float = 60.0
    burst_period_s: float = 400.0
    cancelled: float = 0.02
    """Share of programs that somebody gives up."""


def mixed(seed: int | str, mix: Mix | None = None) -> Workload:
    """All programs of a run."""
    mix = mix or Mix()
    arrivals = _arrivals(Draws(seed, "arrivals"), mix)
    programs = tuple(_program(seed, number, at_ns, mix) for number, at_ns in enumerate(arrivals, 1))
    return Workload(programs, int(mix.length_s * SECOND_NS))


def _arrivals(draws: Draws, mix: Mix) -> list[int]:
    """Poisson, with the rate multiplied in bursts: time runs faster there."""
    quiet_s = mix.burst_period_s - mix.burst_s
    mean = (quiet_s + mix.burst_factor * mix.burst_s) / mix.burst_period_s
    found: list[int] = []
    at_s, rate = 0.0, mix.programs_per_s / mean
    while True:
        left = draws.exponential(1.0)
        while left > 0:
            phase = at_s % mix.burst_period_s
            speed, until_s = (rate, quiet_s) if phase < quiet_s else (rate * mix.burst_factor, mix.burst_period_s)
            span_s = until_s - phase
            if left <= span_s * speed:
                at_s += left / speed
                break
            left -= span_s * speed
            at_s += span_s + 1e-9
        if at_s >= mix.length_s:
            return found
        found.append(int(at_s * SECOND_NS))


def _program(seed: int | str, number: int, at_ns: int, mix: Mix) -> Program:
    draws = Draws(seed, f"program {number}")
    kind = draws.choice(KINDS, mix.shares)
    owner = draws.choice(OWNERS, mix.owners)
    gives_up = draws.chance(mix.cancelled)
    after_ns = int(draws.exponential(60.0) * SECOND_NS) + SECOND_NS if gives_up else 0
    pid = number * STEMS_A_PROGRAM
    shared = 1 + KINDS.index(kind) * len(OWNERS) + OWNERS.index(owner)
    stages = _MAKERS[kind](draws, pid, shared)
    return Program(Pid(pid), owner, kind, at_ns, stages, after_ns)


def _tokens(draws: Draws, median: float, sigma: float, least: int, most: float = inf) -> int:
    return max(least, int(min(draws.lognormal(median, sigma), most)))


def _pause(draws: Draws, median_s: float, sigma: float) -> int:
    return int(min(draws.lognormal(median_s, sigma), TOOL_PAUSE_MAX_S) * SECOND_NS)


def _support(draws: Draws, pid: int, shared: int) -> tuple[Stage, ...]:
    steps = _tokens(draws, 11, 0.466, 2, SUPPORT_STEPS_MAX)
    system, own = 3 * BLOCK_TOKENS, _tokens(draws, 120, 0.6, 10)
    turns: list[Turn] = []
    fresh = own
    for _ in range(steps):
        output = _tokens(draws, 54, 0.683, 4, 1_000)
        person = draws.chance(0.4)
        pause = _pause(draws, 12.0, 0.9) if person else _pause(draws, 0.3, 1.2)
        turns.append(Turn(((shared, system), (pid, own)), output, 1_024, fresh, pause))
        added = _tokens(draws, 85, 0.9, 8, 3_000)
        fresh, own = added, own + output + added
    return ((_without_last_pause(turns),),)


def _coding(draws: Draws, pid: int, shared: int) -> tuple[Stage, ...]:
    steps = _tokens(draws, 16, 1.75, 1, CODING_STEPS_MAX)
    system, own = 4 * BLOCK_TOKENS, _tokens(draws, 1_500, 0.8, 50, 20_000)
    turns: list[Turn] = []
    stem, fresh = pid, own
    for _ in range(steps):
        output = _tokens(draws, 214, 0.9, 8, 4_000)
        turns.append(Turn(((shared, system), (stem, own)), output, 4_096, fresh, _pause(draws, 0.3, 2.6)))
        added = _tokens(draws, 146, 1.3, 8, 8_000)
        fresh, own = added, own + output + added
        if system + own > CODING_CONTEXT_TOKENS:
            stem, own = stem + 1, CODING_COMPACT_TOKENS
            fresh = own
    return ((_without_last_pause(turns),),)


def _map_reduce(draws: Draws, pid: int, shared: int) -> tuple[Stage, ...]:
    system = 2 * BLOCK_TOKENS
    width = 4 + draws.below(9)
    task = _tokens(draws, 600, 0.6, 50, 4_000)
    split = Turn(((shared, system), (pid, task)), _tokens(draws, 200, 0.5, 10, 1_000), 1_024, task)
    chains: list[Chain] = []
    for number in range(1, width + 1):
        own = _tokens(draws, 3_000, 0.5, 200, 12_000)
        turns: list[Turn] = []
        fresh = own
        for _ in range(1 + draws.below(2)):
            output = _tokens(draws, 220, 0.6, 10, 1_000)
            turns.append(Turn(((shared, system), (pid + number, own)), output, 1_024, fresh))
            fresh = 120
            own += output + fresh
        chains.append(tuple(turns))
    gathered = task + split.output_tokens + sum(chain[-1].output_tokens for chain in chains)
    fresh = gathered - task - split.output_tokens
    join = Turn(((shared, system), (pid, gathered)), _tokens(draws, 400, 0.6, 20, 2_000), 2_048, fresh)
    return (((split,),), tuple(chains), ((join,),))


def _single(draws: Draws, pid: int, shared: int) -> tuple[Stage, ...]:
    del shared  # strangers' questions: nothing in common
    prompt = _tokens(draws, 549, 1.22, 8, 14_000)
    output = _tokens(draws, 181, 0.556, 1, 1_000)
    return (((Turn(((pid, prompt),), output, 1_024, prompt),),),)


def _without_last_pause(turns: list[Turn]) -> Chain:
    return (*turns[:-1], msgspec.structs.replace(turns[-1], pause_ns=0))


_MAKERS: Final = {"support": _support, "coding": _coding, "map-reduce": _map_reduce, "single": _single}
