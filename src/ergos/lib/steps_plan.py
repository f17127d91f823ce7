"""Steps that the agent sets itself, and a goal that it proposes: drafted by a task, checked like an owner's own.

    plan_by: agent     the task `plan` drafts steps; they pass the parse of AGENT.md, or go back with what is wrong
    goal_by: agent     the task `propose_goal` drafts a goal; its owner says yes, no, or another one

Rules: a draft is a stranger's text: it uses tools and tasks that are granted, or it is no plan; it adds no grant, no
trigger and no budget. Deterministic apart from its calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import AgentFileError
from ergos.kernel.permission.grants import Grant
from ergos.lib.acceptance import PLAN, PROPOSE_GOAL
from ergos.lib.agent import Context
from ergos.lib.frontmatter import Field, Matter
from ergos.lib.steps_memory import Past
from ergos.lib.steps_run import is_no
from ergos.lib.steps_think import think_all
from ergos.lib.work import STEPS_MAX, Step
from ergos.lib.work_file import steps_of

GOAL_CHARS_MAX: Final = 2_000  # characters of a goal
ROUNDS_MAX: Final = 3  # proposals an owner is asked about; then the agent waits for theirs

_YES: Final = frozenset(("yes", "y", "ok", "okay", "sure", "go", "是", "好", "好的", "可以", "同意", "行", "ja", "oui"))


async def planned(ctx: Context, past: Past, goal: str, asked: str = "") -> Past:
    """With a plan for this goal; the one there is where it is for this goal and nothing is asked for.

    Raises: UnacceptedError, NoModelError, … of the task.
    """
    if past.plan and past.planned_for == goal and not asked:
        return past
    allowed = allowed_names(ctx)
    inputs: dict[str, Plain] = {
        "goal": goal,
        "asked": asked,
        "before": list(past.plan),
        "tools": [
            {"name": tool.name, "summary": tool.summary, "parameters": cast("Plain", tool.parameters)}
            for tool in ctx.beginning.tools
        ],
        "tasks": [grant.name for grant in ctx.beginning.definition.grants if grant.verb == "think"],
        "triggers": [trigger.name for trigger in ctx.beginning.definition.triggers],
    }

    async def judge(answers: Sequence[tuple[int, Plain]]) -> list[tuple[str, ...]]:
        return [faults_of(_drafted(answer), allowed) for _, answer in answers]

    (answer,) = await think_all(ctx, PLAN, [inputs], judge=judge)
    return msgspec.structs.replace(past, plan=_drafted(answer), planned_for=goal)


async def agreed(ctx: Context, past: Past, wanted: str = "") -> Past:
    """With a goal that its owner agreed to; without one where they did not. `wanted`: the owner's own."""
    if wanted:
        return msgspec.structs.replace(past, goal=wanted[:GOAL_CHARS_MAX], plan=[], planned_for="")
    zh = ctx.beginning.definition.language == "zh"
    rejected: list[Plain] = []
    for _ in range(ROUNDS_MAX):
        inputs: dict[str, Plain] = {"instructions": ctx.beginning.definition.instructions, "rejected": list(rejected)}
        (answer,) = await think_all(ctx, PROPOSE_GOAL, [inputs])
        goal = str(answer if not isinstance(answer, dict) else answer.get("goal", ""))[:GOAL_CHARS_MAX].strip()
        question = f"我提议这个目标：{goal}。可以吗？" if zh else f"I propose this goal: {goal}. Shall I pursue it?"
        said = await ctx.ask(question, ("可以", "不行") if zh else ("yes", "no"))
        if said.strip().casefold() in _YES:
            return msgspec.structs.replace(past, goal=goal)
        if not is_no(said):  # their own words
            return msgspec.structs.replace(past, goal=said.strip()[:GOAL_CHARS_MAX])
        rejected.append(goal)
    return past


def faults_of(draft: Sequence[Plain], allowed: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """What is wrong with drafted steps, one sentence each."""
    if not draft:
        return ("the plan has no steps",)
    if len(draft) > STEPS_MAX:
        return (f"the plan has {len(draft)} steps; at most {STEPS_MAX}",)
    try:
        steps = steps_from(draft)
    except AgentFileError as wrong:
        return (f"{wrong.what}; {wrong.what_to_do}",)
    return tuple(
        f"step {step.id}: {step.verb} {step.name} is not granted"
        for step in steps
        if step.verb != "ask" and not _granted(step, allowed)
    )


def steps_from(draft: Sequence[Plain]) -> tuple[Step, ...]:
    """Steps in the form of AGENT.md, as plain data. Raises: AgentFileError."""
    fields = [_field(item, place) for place, item in enumerate(draft, 1)]
    return steps_of(fields, Matter({}, "", "the plan"))


def allowed_names(ctx: Context) -> frozenset[tuple[str, str]]:
    """What may be done, by verb and name; names may be prefixes that end in '.*'."""
    return granted_names(ctx.beginning.definition.grants)


def granted_names(grants: Iterable[Grant]) -> frozenset[tuple[str, str]]:
    """Verbs with names that grants allow."""
    return frozenset((grant.verb, grant.name) for grant in grants)


def _granted(step: Step, allowed: frozenset[tuple[str, str]]) -> bool:
    return any(
        verb == step.verb and (name == step.name or (name.endswith(".*") and step.name.startswith(name[:-1])))
        for verb, name in allowed
    )


def _drafted(answer: Plain) -> list[Plain]:
    steps = answer.get("steps") if isinstance(answer, dict) else answer
    return list(steps) if isinstance(steps, list) else []


def _field(value: Plain, line: int, depth: int = 0) -> Field:
    """Plain data as a file would hold it; the line is the number of the step. What is too deep is cut off as text."""
    if depth > _DEPTH_MAX:
        return Field("…", line, 1, (line, 1))
    if isinstance(value, dict):
        return Field({key: _field(item, line, depth + 1) for key, item in value.items()}, line, 1, (line, 1))
    if isinstance(value, list):
        return Field([_field(item, line, depth + 1) for item in value], line, 1, (line, 1))
    return Field(value, line, 1, (line, 1))


_DEPTH_MAX: Final = 12  # levels of nesting, as in AGENT.md
