"""One run of an agent's steps: from a happening to what came of it.

Steps go in order. A step whose conditions do not hold is left out and gives nothing; one with `each` runs for every
element, a few at once, and gives the list of what each gave. An `ask` that is answered with a no ends the run there,
unless a later step has a condition on the answer: then the answer decides nothing by itself.

Rules: every effect is a call of the context, so that grants, budgets, approvals and the journal hold; deterministic
apart from its calls; everything is bounded. What a step gave counts only once its checks have passed. Must not know:
triggers, turns, what becomes of a failure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.errors import BoundError, ProgramError, UnacceptedError
from ergos.kernel.syscalls import Request
from ergos.lib import conditions
from ergos.lib.acceptance import ACCEPT, CHECKS
from ergos.lib.agent import Context
from ergos.lib.references import REFERENCE, filled, found, paths_of, written
from ergos.lib.steps_owner import about
from ergos.lib.steps_think import WIDTH, Judge, groups, think_all
from ergos.lib.surroundings import Several, error_of
from ergos.lib.work import Acceptance, Step, Work

ITEMS_MAX: Final = 1_000  # elements of one `each`; more are several agents, or a tool
QUESTION_CHARS_MAX: Final = 4_000  # characters of a question; longer ones are not read by people
FILTER: Final = "filter"
_OF_NOTHING_TOO: Final = frozenset(("compute", "compare", FILTER))
_QUESTION: Final = frozenset(("question",))
LAST: Final = "last"
"""Root of references to what was compared the last time."""

NO: Final = frozenset(
    ("no", "n", "nope", "deny", "denied", "reject", "stop", "skip", "never", "don't", "cancel", "不", "不要", "不行",
     "不用", "不可以", "不同意", "否", "拒绝", "取消", "算了", "别", "nein", "non")
)  # fmt: skip
"""Answers that mean no."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run."""

    value: Plain
    """What the last step gave that was not left out."""
    scope: dict[str, Plain]
    """What every step gave, by its id; and what the run began with."""
    declined: str = ""
    """Id of the ask that was answered with a no, and ended the run."""
    changed: bool = False
    """Something was done that is not undone by doing nothing: a retry would do it again."""


class Run:
    """One of them."""

    def __init__(self, ctx: Context, work: Work, steps: Sequence[Step], scope: Mapping[str, Plain]) -> None:
        self._ctx: Final = ctx
        self._work: Final = work
        self._steps: Final = steps
        self.scope: Final[dict[str, Plain]] = dict(scope)
        self._asked_later: Final = _referred(steps)
        self._pure: Final = {tool.name for tool in ctx.beginning.tools if tool.effect == "pure"}
        self._filters: Final = {step.id for step in steps if step.verb == "think" and step.name == FILTER}
        self._empty: Final[set[str]] = set()
        self._texts: Final = {tool.name: _texts(tool.parameters) for tool in ctx.beginning.tools}
        self.changed = False

    async def to_end(self) -> Ended:
        """All steps. Raises: ErgosErrors of the step that failed; `changed` says what was done until then."""
        value: Plain = None
        for step in self._steps:
            came = await self._step(step)
            self.scope[step.id] = came.value
            if step.id in self._filters and came.value == []:
                self._empty.add(step.id)
            if came.left_out:
                continue
            value = came.value
            if step.verb == "ask" and not step.each and step.id not in self._asked_later and is_no(value):
                return Ended(value=value, scope=self.scope, declined=step.id, changed=self.changed)
        return Ended(value=value, scope=self.scope, changed=self.changed)

    async def _step(self, step: Step) -> _Came:
        """What a step gives. Raises: ErgosErrors."""
        if self._of_nothing(step):
            self._empty.add(step.id)
            return _Came([] if step.each else None, left_out=True)
        if not step.each:
            if not self._holds(step, self.scope):
                return _Came(None, left_out=True)
            (value,) = await self._perform(step, [self.scope])
            return _Came(value)
        items = _listed(filled(step.each, self.scope), step)
        scopes = [{**self.scope, "item": item} for item in items]
        chosen = [place for place, scope in enumerate(scopes) if self._holds(step, scope)]
        values: list[Plain] = [None] * len(items)
        for place, value in zip(chosen, await self._perform(step, [scopes[place] for place in chosen]), strict=True):
            values[place] = value
        return _Came(values, left_out=bool(items) and not chosen)

    def _holds(self, step: Step, scope: Mapping[str, Plain]) -> bool:
        return holds(step.when, scope, otherwise=step.verb == "ask")

    def _of_nothing(self, step: Step) -> bool:
        """Whether a step would work on what a filter kept, and it kept nothing: then there is nothing to do.

        Figures and comparisons are made of nothing, too: there are 0 of them.
        """
        if step.verb == "ask" or step.name in _OF_NOTHING_TOO:
            return False
        whole = (REFERENCE.fullmatch(value) for value in (*step.given.values(), step.each) if isinstance(value, str))
        roots = {one["path"].split(".")[0] for one in whole if one is not None and one["path"]}
        return bool(roots & self._empty)

    async def _perform(self, step: Step, scopes: Sequence[Mapping[str, Plain]]) -> list[Plain]:
        """What the step gives in each scope, accepted. Raises: ErgosErrors."""
        if self.scope.get("sources") == [] and "{sources}" in step.given.values():
            raise ProgramError(
                "no source is named", remedy="list them under `sources` in AGENT.md, or start it with `--source WHERE`"
            )
        given = [self._arguments(step, scope) for scope in scopes]
        checks = [one for one in self._work.acceptance if one.of == step.id]
        if step.id in self._filters:  # that nothing is left is an answer
            checks = [one for one in checks if one.check != "not_empty"]
        judge = self._judging(checks, given) if checks else None
        if step.verb == "think":
            return await think_all(self._ctx, step.name, list[Plain](given), solvers=step.solvers, judge=judge)
        values = await (self._asks(given) if step.verb == "ask" else self._acts(step.name, given))
        if judge is not None:
            for faults in await judge(list(enumerate(values))):
                if faults:
                    raise UnacceptedError(f"what {step.id} gave was not accepted: {'; '.join(faults[:5])}")
        return values

    def _arguments(self, step: Step, scope: Mapping[str, Plain]) -> dict[str, Plain]:
        """What a step is given; where a tool wants text and there is something else, as people write it."""
        made = filled(dict(step.given), scope)
        assert isinstance(made, dict)
        texts = self._texts.get(step.name, frozenset()) if step.verb == "act" else _QUESTION
        return {
            key: written(value) if key in texts and not isinstance(value, str) and value is not None else value
            for key, value in made.items()
        }

    async def _acts(self, tool: str, given: Sequence[dict[str, Plain]]) -> list[Plain]:
        """Those that change nothing a few at once, the others one after the other: rows and letters keep their order.

        All that were begun have ended before the first failure is raised.
        """
        values: list[Plain] = []
        for group in groups(given, WIDTH if tool in self._pure else 1):
            answers = await Several(tuple(Request(kind="act", name=tool, args=args) for args in group))
            for answer in answers:
                self._ctx.note(answer)
            if tool not in self._pure and any(answer.failure is None for answer in answers):
                self.changed = True
            failed = next((answer.failure for answer in answers if answer.failure is not None), None)
            if failed is not None:
                raise error_of(failed)
            values += [answer.value for answer in answers]
        return values

    async def _asks(self, given: Sequence[dict[str, Plain]]) -> list[Plain]:
        """One after the other: a person reads one question at a time, and which happening it is about."""
        of = about(self.scope.get("event"))
        values: list[Plain] = []
        for args in given:
            choices = args.get("choices")
            listed = [str(one) for one in choices] if isinstance(choices, list) else []
            question = str(args.get("question") or "?")[:QUESTION_CHARS_MAX]
            values.append(await self._ctx.ask(question if not of or of in question else f"{question}\n({of})", listed))
        return values

    def _judging(self, checks: Sequence[Acceptance], given: Sequence[dict[str, Plain]]) -> Judge:
        """What the agent's own checks find, as a task, so that it is journaled what was accepted and why not."""
        named: list[Plain] = [{"check": one.check, "value": one.value} for one in checks]
        source = any(CHECKS[one.check].source for one in checks if one.check in CHECKS)

        async def judge(answers: Sequence[tuple[int, Plain]]) -> list[tuple[str, ...]]:
            inputs: list[Plain] = []
            for place, value in answers:
                one: dict[str, Plain] = {"checks": named, "value": value}
                if source:
                    one["source"] = given[place]
                inputs.append(one)
            verdicts = await think_all(self._ctx, ACCEPT, inputs)
            return [tuple(str(fault) for fault in verdict) if isinstance(verdict, list) else () for verdict in verdicts]

        return judge


class _Came(msgspec.Struct, frozen=True):
    value: Plain
    left_out: bool = False


def holds(when: Sequence[str], scope: Mapping[str, Plain], *, otherwise: bool) -> bool:
    """Whether all conditions hold; one that cannot be compared counts as `otherwise`."""
    for text in when:
        condition = conditions.parse(text)
        verdict = conditions.holds(condition, found(condition.left, scope), filled(condition.right, scope))
        if not (otherwise if verdict is None else verdict):
            return False
    return True


def is_no(answer: Plain) -> bool:
    """Whether a person's answer to a question is a no."""
    if answer is False:
        return True
    return isinstance(answer, str) and answer.strip().strip(".!。！").casefold() in NO


def compared(steps: Sequence[Step], scope: Mapping[str, Plain]) -> dict[str, str]:
    """What the steps that look back compared this time, for the next: the text that they call `after`."""
    kept: dict[str, str] = {}
    for step in steps:
        if step.verb != "think" or not any(path.split(".")[0] == LAST for path in _paths(step.given)):
            continue
        after = filled(step.given.get("after"), scope)
        if isinstance(after, str):
            kept[step.id] = kept["text"] = after
    return kept


def refers(steps: Sequence[Step], root: str) -> bool:
    """Whether any step is given something of this root: 'event', say."""
    return any(path.split(".")[0] == root for step in steps for path in (*_paths(step.given), *_paths(step.each)))


def digest(value: Plain) -> str:
    """What tells one outcome from another, short."""
    return digest_of(value)[:16]


def _texts(parameters: Mapping[str, object]) -> frozenset[str]:
    """Names of the parameters that take text alone."""
    properties = parameters.get("properties")
    if not isinstance(properties, dict):
        return frozenset()
    named = cast("dict[str, object]", properties)
    return frozenset(
        name
        for name, schema in named.items()
        if isinstance(schema, dict) and cast("dict[str, object]", schema).get("type") == "string"
    )


def _listed(value: Plain, step: Step) -> list[Plain]:
    """The elements of an `each`. Raises: ProgramError, BoundError."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ProgramError(f"the step {step.id} runs for each of {step.each}, which is no list")
    if len(value) > ITEMS_MAX:
        raise BoundError(f"the step {step.id} would run {len(value):,} times; at most {ITEMS_MAX:,}")
    return value


def _referred(steps: Sequence[Step]) -> frozenset[str]:
    """Ids of steps whose answer a condition looks at."""
    roots: set[str] = set()
    for step in steps:
        for text in step.when:
            condition = conditions.parse(text)
            roots |= {path.split(".")[0] for path in (condition.left, *paths_of(condition.right))}
    return frozenset(roots)


def _paths(value: Plain) -> list[str]:
    match value:
        case str():
            return [one["path"] for one in REFERENCE.finditer(value) if one["path"]]
        case list():
            return [path for item in value for path in _paths(item)]
        case dict():
            return [path for item in value.values() for path in _paths(item)]
        case _:
            return []
