"""Tasks and solvers: who does a piece of work, and when it counts as done.

A task is a typed signature with acceptance checks. A solver is anything that can do it: code, System 1, a
model; later an agent, a peer, a person. The kernel picks the solver by price per verified success and runs
the checks; an answer that fails them is handed to the next solver, or back with its faults.

Rules: pure; no solver is preferred by kind unless the agent's definition says so, only by price and record. A
checked task is never accepted because its solver says so. This file performs nothing.
Source: research on cascades, "verify, else vote, else escalate"; Beta(1, 1) prior on success.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from ergos.base.money import Price

SolverKind = Literal["code", "system1", "model", "agent", "peer", "person"]


class TaskSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked for; everything about a task but its code."""

    name: str
    version: int = 1
    input_schema: dict[str, object] = {}
    output_schema: dict[str, object] = {}
    checks: tuple[str, ...] = ()
    """Names of the acceptance checks, run in this order."""
    tokens_max: int = 0
    """Worst case of one attempt, input and output together; 0 where tokens do not apply."""
    deadline_s: float = 60.0


class SolverSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to do tasks."""

    name: str
    kind: SolverKind
    tasks: tuple[str, ...]
    """Names of the tasks it can do."""
    price: Price | None
    """None: unknown, and therefore never called."""


class Record(msgspec.Struct, array_like=True):
    """What a solver achieved at a task."""

    accepted: int = 0
    rejected: int = 0

    @property
    def success(self) -> float:
        """Posterior mean of the chance that an answer is accepted, 0..1."""
        return (self.accepted + 1) / (self.accepted + self.rejected + 2)


class Verdict(msgspec.Struct, frozen=True):
    """Outcome of the acceptance checks."""

    faults: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether no check found a fault."""
        return not self.faults


def order(
    task: TaskSpec,
    solvers: Iterable[SolverSpec],
    records: dict[tuple[str, str], Record],
    preference: Sequence[str] = (),
) -> tuple[SolverSpec, ...]:
    """The solvers that can do the task, cheapest expected price per verified success first.

    `records` is keyed by (task, solver). Where the owner prefers kinds, theirs come first in the order listed, the
    others after them, and price decides within a kind. Equal prices go by success, then by name, so the order is
    total and reproducible. Solvers of unknown price are left out: fail closed.
    """

    def rank(solver: SolverSpec) -> tuple[int, float, float, str]:
        place = preference.index(solver.kind) if solver.kind in preference else len(preference)
        success = records.get((task.name, solver.name), Record()).success
        price = solver.price.of(task.tokens_max) if solver.price else 0
        return (place, price / success, -success, solver.name)

    able = [solver for solver in solvers if task.name in solver.tasks and solver.price is not None]
    return tuple(sorted(able, key=rank))
