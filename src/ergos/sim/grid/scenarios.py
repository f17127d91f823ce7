"""What a simulation is given besides policy and endpoints: the programs, what callers say, and what goes wrong.

Rules: plain records.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from ergos.sim.grid.programs import Program, Workload

LIE: Final = 0.1  # of what is true, that a liar declares

FaultKind = Literal["slow", "die", "stall", "limit"]
"""An engine takes longer; it dies and comes back empty; one of its calls falls silent; a cloud's limits change."""


class Fault(msgspec.Struct, frozen=True):
    """Something goes wrong with an endpoint."""

    at_ns: int
    endpoint: str
    kind: FaultKind
    permille: int = 1_000
    """Of its usual times, or limits, in thousandths."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """What is simulated besides policy and engines."""

    workload: Workload
    block_tokens: int = 64
    declared: bool = False
    """Whether wants say truly how much their program still needs."""
    liar: str = ""
    """An owner whose wants say a tenth of it."""
    faults: tuple[Fault, ...] = ()
    estimate_permille: int = 1_000
    """What callers think their prompts are long, in thousandths of what they are."""

    def said_left(self, program: Program, left: float) -> int | None:
        """What a want says of the work its program still needs."""
        if not self.declared:
            return None
        return int(left * LIE if program.owner == self.liar else left)
