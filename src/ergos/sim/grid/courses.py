"""How far a program has come: its present stage, its chains, what is left of it; and how long it would take alone.

Rules: pure; a course is moved on by answers and says which turns come next.
"""

from __future__ import annotations

from typing import Literal

from ergos.base.ids import Pid
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.grid.programs import Program, Turn

Step = Literal["turn", "chain", "stage", "program"]
"""After an answer: its chain goes on; its chain is over; with it the stage; with it the program."""


class Course:
    """One program under way."""

    __slots__ = ("ended_ns", "left", "open", "places", "program", "stage")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.stage = 0
        self.places = [0] * len(program.stages[0])
        self.open = len(self.places)
        self.left = program.work
        """Weighted tokens of all turns not yet answered."""
        self.ended_ns = -1

    @property
    def over(self) -> bool:
        """Answered in full, given up or lost."""
        return self.ended_ns >= 0

    def turn(self, chain: int) -> Turn:
        """The turn at which a chain of the present stage is."""
        return self.program.stages[self.stage][chain][self.places[chain]]

    def pid(self, chain: int) -> Pid:
        """The process that makes a chain's calls: beside others, a child."""
        alone = len(self.places) == 1
        return self.program.pid if alone else Pid(self.program.pid + 1 + chain)

    def answered(self, chain: int) -> Step:
        """The turn of a chain has its answer."""
        stage = self.program.stages[self.stage]
        self.left = max(0.0, self.left - stage[chain][self.places[chain]].work)
        self.places[chain] += 1
        if self.places[chain] < len(stage[chain]):
            return "turn"
        self.open -= 1
        if self.open:
            return "chain"
        if self.stage + 1 == len(self.program.stages):
            return "program"
        self.stage += 1
        self.places = [0] * len(self.program.stages[self.stage])
        self.open = len(self.places)
        return "stage"


def alone_ns(program: Program, shape: EngineShape) -> int:
    """Model time of a program that has an engine for itself, remembers everything, and fans out for nothing."""
    return sum(max(sum(turn_alone_ns(turn, shape) for turn in chain) for chain in stage) for stage in program.stages)


def turn_alone_ns(turn: Turn, shape: EngineShape) -> int:
    """Of one call: its fresh tokens read in pieces, then one iteration for each token after the first."""
    pieces = -(-turn.fresh_tokens // shape.iteration_tokens_max)
    reading = pieces * shape.base_ns + shape.read_ns * turn.fresh_tokens
    cached, piece = turn.prompt_tokens - turn.fresh_tokens, shape.iteration_tokens_max
    reading += shape.context_ns * (pieces * cached + piece * (pieces * (pieces - 1) // 2))
    steps = turn.output_tokens - 1
    context = 2 * turn.prompt_tokens + turn.output_tokens
    return reading + steps * (shape.base_ns + shape.write_ns) + shape.context_ns * steps * context // 2
