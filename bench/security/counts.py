"""Honest tasks and injection cases, counted: prompts of the one, effects of the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bench.security.declarations import consequential
from bench.security.dojo import Errand, Step, Suite, World
from bench.security.door import Sessions, in_one_kernel
from bench.security.sessions import Order, Rule, Session, Verdict, judged, oracle, scheduled

Judged: TypeAlias = Sequence[tuple[Step, bool, Verdict, str]]


@dataclass
class Honest:
    """Honest tasks under one rule: prompts of each, and why."""

    prompts: dict[str, int] = field(default_factory=dict)
    why: list[str] = field(default_factory=list)

    def add(self, name: str, calls: Judged) -> None:
        """Count one task."""
        assert all(verdict != "denied" for _, _, verdict, _ in calls), (name, calls)
        asked = [(step, why) for step, _, verdict, why in calls if verdict == "prompt"]
        self.prompts[name] = len(asked)
        self.why += [f"{name}: {step.tool}: {why}" for step, why in asked]


@dataclass
class Attacks:
    """Injection cases under one rule and order."""

    cases: int = 0
    silent: list[str] = field(default_factory=list)
    """At least one call of the injection that has an effect was made without a word."""
    prompted: int = 0
    denied: int = 0

    def add(self, name: str, calls: Judged) -> None:
        """Count one case: by its least guarded call."""
        effects = [verdict for step, hostile, verdict, _ in calls if hostile and consequential(step.tool)]
        assert effects, name
        self.cases += 1
        if "silent" in effects:
            self.silent.append(name)
        elif "prompt" in effects:
            self.prompted += 1
        else:
            self.denied += 1


def honest(suite: Suite, rule: Rule, *, times: bool = False) -> Honest:
    """Every honest task of a suite under a rule."""
    found = Honest()
    for task in suite.tasks:
        session = Session(task, oracle(task, times=times))
        found.add(_name(suite, task), judged(rule, session, suite.world(task), _own(task)))
    return found


def attacked(suite: Suite, rule: Rule, order: Order, *, times: bool = False) -> Attacks:
    """Every pair of task and injection of a suite under a rule."""
    found = Attacks()
    for task, injection in _pairs(suite):
        session = Session(task, oracle(task, times=times))
        steps = scheduled(task, injection, order)
        found.add(_name(suite, task, injection), judged(rule, session, suite.world(task, injection), steps))
    return found


def honest_at_door(suite: Suite) -> Honest:
    """Every honest task of a suite, through a kernel."""
    found = Honest()

    async def act(sessions: Sessions) -> None:
        for task in suite.tasks:
            calls = await sessions.run(task, suite.world(task), suite.tools, list(_own(task)))
            found.add(_name(suite, task), calls)

    in_one_kernel(act)
    return found


def attacked_at_door(suite: Suite, order: Order) -> Attacks:
    """Every pair of task and injection of a suite, through a kernel."""
    found = Attacks()

    async def act(sessions: Sessions) -> None:
        for task, injection in _pairs(suite):
            world: World = suite.world(task, injection)
            calls = await sessions.run(task, world, suite.tools, list(scheduled(task, injection, order)))
            found.add(_name(suite, task, injection), calls)

    in_one_kernel(act)
    return found


def _own(task: Errand) -> Iterable[tuple[Step, bool]]:
    return ((step, False) for step in task.steps)


def _pairs(suite: Suite) -> Iterable[tuple[Errand, Errand]]:
    return ((task, injection) for task in suite.tasks for injection in suite.injections)


def _name(suite: Suite, task: Errand, injection: Errand | None = None) -> str:
    return f"{suite.name} {task.name}" + (f" x {injection.name}" if injection is not None else "")
