"""The fields of AGENT.md that say what an agent does and when: triggers, sources, steps, checks, escalation, …

The form is that of `work`, and for triggers that of `kernel.triggers`; a step's verb is a name of its own:

    triggers:
      - on: schedule
        name: morning
        rule: FREQ=DAILY;BYHOUR=8;BYMINUTE=0
    steps:
      - think: extract
        with: {text: "{read.text}", fields: [supplier, total]}

A trigger without a name is called after its kind, a step without an id after what it does and its place ('extract_2').
Where a list is wanted, a single text will do.

Rules: every error says where and what was expected; what a step refers to must come before it, so that nothing is found
missing in the middle of a run. Must not know: what tools and tasks there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, cast, get_args

import msgspec

from ergos.base.canonical import Plain
from ergos.kernel.solvers import SolverKind
from ergos.kernel.triggers import AnyTrigger, Schedule, Trigger
from ergos.lib import conditions
from ergos.lib.acceptance import CHECKS, misfit
from ergos.lib.frontmatter import Field, Matter, error, plain
from ergos.lib.records import either, items, near, record, several
from ergos.lib.references import ROOTS, paths_of
from ergos.lib.shapes import atom, called, checked, choice, known, listed, mapping, optional_text, short, text_of
from ergos.lib.work import (
    SOURCES_MAX,
    STEPS_MAX,
    TRIGGERS_MAX,
    Acceptance,
    Decider,
    Escalation,
    Milestone,
    QuietHours,
    Source,
    Step,
    StepVerb,
    Work,
)

FIELDS: Final = (
    "timezone",
    "triggers",
    "sources",
    "steps",
    "acceptance",
    "escalation",
    "quiet_hours",
    "milestones",
    "report",
    "reserved",
    "goal_by",
    "plan_by",
)
KINDS: Final[dict[str, type[Trigger]]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyTrigger)}
"""Every kind of trigger by what stands behind `on`."""
VERBS: Final[tuple[str, ...]] = get_args(StepVerb)
ACCEPTANCES_MAX: Final = 100  # checks of one agent
MILESTONES_MAX: Final = 100  # milestones of one agent; more are a plan, not milestones
CONDITIONS_MAX: Final = 20  # conditions of one step
_CONDITION: Final = "a condition such as `invoice.total > 1000 EUR`"
_ID: Final = re.compile(r"[^\W\d_][\w-]{0,59}")
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,2}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_work(matter: Matter) -> Work:
    """What the fields say; those that are missing are as in `NO_WORK`. Raises: AgentFileError."""
    steps = _steps(matter)
    return Work(
        timezone=_zone(matter),
        triggers=_triggers(matter),
        sources=tuple(
            record(item, Source, matter, "source", bare="at") for item in items(matter, "sources", SOURCES_MAX)
        ),
        steps=steps,
        acceptance=_acceptance(matter, steps),
        escalation=_escalation(matter),
        quiet_hours=_quiet(matter),
        milestones=_milestones(matter),
        report=optional_text(matter, "report", ""),
        reserved=tuple(
            called(item, matter, "a tool", prefix=True) for item in listed(matter.fields.get("reserved"), matter)
        ),
        goal_by=cast("Decider", choice(matter, "goal_by", get_args(Decider), "owner")),
        plan_by=cast("Decider", choice(matter, "plan_by", get_args(Decider), "owner")),
    )


def steps_of(items: Sequence[Field], matter: Matter, more: Iterable[str] = ()) -> tuple[Step, ...]:
    """Steps that are written elsewhere than in AGENT.md, by the same rules. `more`: what they may refer to besides.

    Raises: AgentFileError.
    """
    found: list[Step] = []
    seen = set(more)
    for place, item in enumerate(items, 1):
        step = _step(item, place, matter, seen)
        seen.add(step.id)
        found.append(step)
    return tuple(found)


# Triggers


def _triggers(matter: Matter) -> tuple[AnyTrigger, ...]:
    found: list[AnyTrigger] = []
    for item in items(matter, "triggers", TRIGGERS_MAX):
        trigger = _trigger(item, matter)
        if any(one.name == trigger.name for one in found):
            where = item.value["name"] if isinstance(item.value, dict) and "name" in item.value else item
            raise error(
                matter.path, where.line, where.column, f"there is another trigger {trigger.name!r}", "a name of its own"
            )
        found.append(trigger)
    return tuple(found)


def _trigger(field: Field, matter: Matter) -> AnyTrigger:
    fields = mapping(field, matter, "`on: schedule` with what belongs to it")
    on = fields.get("on")
    if on is None:
        raise error(matter.path, field.line, field.column, "a trigger says what it is on", either(KINDS))
    kind = KINDS.get(text_of(on, matter, either(KINDS)))
    if kind is None:
        raise error(matter.path, on.line, on.column, f"{short(on)} is no kind of trigger", near(str(on.value), KINDS))
    given = {key: item for key, item in fields.items() if key != "on"}
    if "name" in given:
        called(given["name"], matter, "a trigger")
    preset: dict[str, Plain] = {} if "name" in given else {"name": str(on.value)}
    found = record(msgspec.structs.replace(field, value=given), kind, matter, f"part of a {on.value} trigger", preset)
    if isinstance(found, Schedule):
        _one_time(found, field, given, matter)
    if found.per_hour < 1:
        raise error(matter.path, given["per_hour"].line, given["per_hour"].column, "it never fires", "at least 1")
    return cast("AnyTrigger", found)


def _one_time(schedule: Schedule, field: Field, given: dict[str, Field], matter: Matter) -> None:
    said = [name for name in ("rule", "cron", "at") if getattr(schedule, name)]
    if len(said) != 1:
        where = given[said[1]] if said else field
        what = "a schedule says when" if not said else f"a schedule has one of {' and '.join(said)}, not several"
        raise error(matter.path, where.line, where.column, what, "one of rule, cron, at")


# Steps


def _steps(matter: Matter) -> tuple[Step, ...]:
    return steps_of(items(matter, "steps", STEPS_MAX), matter)


def _step(field: Field, place: int, matter: Matter, seen: set[str]) -> Step:
    fields = mapping(field, matter, "`act: TOOL`, `think: TASK` or `ask: QUESTION`, with what belongs to it")
    known(fields, (*VERBS, "id", "with", "if", "each", "solvers", "words"), matter, "part of a step")
    verbs = [verb for verb in VERBS if verb in fields]
    if len(verbs) != 1:
        raise error(matter.path, field.line, field.column, "a step has exactly one verb", either(VERBS))
    verb = cast("StepVerb", verbs[0])
    name, given = _subject(verb, fields, matter)
    each = text_of(fields["each"], matter, "a reference such as `{read.documents}`") if "each" in fields else ""
    step = Step(
        id=_id(fields, verb, name, place, matter, seen),
        verb=verb,
        name=name,
        given=given,
        when=_conditions(fields.get("if"), matter),
        each=each,
        solvers=_solvers(fields.get("solvers"), verb, matter),
        words=text_of(fields["words"], matter, "the owner's words") if "words" in fields else "",
    )
    _referring(step, fields, matter, seen)
    return step


def _subject(verb: str, fields: dict[str, Field], matter: Matter) -> tuple[str, dict[str, Plain]]:
    """Tool or task with its arguments; of ask the question among them."""
    given = (
        {key: plain(item) for key, item in mapping(fields["with"], matter, "`argument: value` lines").items()}
        if ("with" in fields)
        else {}
    )
    if verb != "ask":
        return called(fields[verb], matter, "a tool or task"), given
    known(fields["with"].value if "with" in fields else {}, ("choices",), matter, "part of a question")  # type: ignore[arg-type]
    return "", {"question": text_of(fields[verb], matter, "a question"), **given}


def _id(fields: dict[str, Field], verb: str, name: str, place: int, matter: Matter, seen: set[str]) -> str:
    if "id" not in fields:
        return step_id(verb, name, place)
    field = fields["id"]
    text = str(atom(field, matter))
    if _ID.fullmatch(text) is None or text in ROOTS:
        expected = f"a letter, then letters, digits, '_' and '-', and none of {', '.join(ROOTS)}"
        raise error(matter.path, field.line, field.column, f"{text[:60]!r} is no id of a step", expected)
    if text in seen:
        raise error(matter.path, field.line, field.column, f"there is another step {text!r}", "an id of its own")
    return text


def step_id(verb: str, name: str, place: int) -> str:
    """The id of a step that has none of its own, by its place from 1: 'read_1', 'extract_2', 'ask_3'."""
    last = re.sub(r"[^\w-]", "_", name.rpartition(".")[2] or verb)
    return f"{last if _ID.fullmatch(last) else verb}_{place}"


def _conditions(field: Field | None, matter: Matter) -> tuple[str, ...]:
    found: list[str] = []
    for item in several(field):
        text = text_of(item, matter, "a condition such as `invoice.total > 1000 EUR`")
        checked(
            lambda text=text: conditions.parse(text), item, matter, "a condition such as `invoice.total > 1000 EUR`"
        )
        found.append(text)
    if field is not None and len(found) > CONDITIONS_MAX:
        raise error(
            matter.path, field.line, field.column, f"it has {len(found)} conditions", f"at most {CONDITIONS_MAX}"
        )
    return tuple(found)


def _solvers(field: Field | None, verb: str, matter: Matter) -> tuple[str, ...]:
    allowed = get_args(SolverKind)
    if field is not None and verb != "think":
        raise error(matter.path, *field.key, f"{verb} has no solvers", "solvers with a `think`")
    for item in several(field):
        if item.value not in allowed:
            raise error(
                matter.path,
                item.line,
                item.column,
                f"{short(item)} is no kind of solver",
                near(str(item.value), allowed),
            )
    return tuple(str(item.value) for item in several(field))


def _referring(step: Step, fields: dict[str, Field], matter: Matter, seen: set[str]) -> None:
    """Every reference must name what there is when the step begins."""
    allowed = {*seen, *ROOTS} - (set() if step.each else {"item"})
    places = [*_leaves(fields["with"])] if "with" in fields else []
    places += [fields[name] for name in ("each", "ask") if name in fields]
    for item in places:
        for path in paths_of(item.value):
            _there(path, item, allowed, matter)
    if step.each and len(paths_of(step.each)) != 1:
        raise error(matter.path, fields["each"].line, fields["each"].column, "each has one list", "`{read.documents}`")
    for item in several(fields.get("if")):
        condition = conditions.parse(str(item.value))
        for path in (condition.left, *paths_of(condition.right)):
            _there(path, item, allowed, matter)


def _there(path: str, field: Field, allowed: Iterable[str], matter: Matter) -> None:
    root = path.partition(".")[0]
    if root not in allowed:
        hint = near(root, sorted(allowed))
        raise error(matter.path, field.line, field.column, f"nothing before this step is called {root[:60]!r}", hint)


def _leaves(field: Field) -> Iterator[Field]:
    if isinstance(field.value, dict | list):
        for item in field.value.values() if isinstance(field.value, dict) else field.value:
            yield from _leaves(item)
    else:
        yield field


# Checks and what else


def _acceptance(matter: Matter, steps: tuple[Step, ...]) -> tuple[Acceptance, ...]:
    ids = [step.id for step in steps]
    found: list[Acceptance] = []
    for item in items(matter, "acceptance", ACCEPTANCES_MAX):
        one = record(item, Acceptance, matter, "part of a check")
        assert isinstance(item.value, dict)
        _check(item.value, one, matter)
        if one.of not in ids:
            of = item.value["of"]
            raise error(matter.path, of.line, of.column, f"there is no step {one.of[:60]!r}", near(one.of, ids))
        found.append(one)
    return tuple(found)


def _check(fields: dict[str, Field], one: Acceptance, matter: Matter) -> None:
    """A check that nobody knows would check nothing."""
    check = fields["check"]
    if one.check not in CHECKS:
        raise error(matter.path, check.line, check.column, f"{one.check[:60]!r} is no check", near(one.check, CHECKS))
    if wrong := misfit(one.check, one.value):
        where = fields.get("value", check)
        expected = wrong.removeprefix("takes ").replace("no value", "no `value`")
        raise error(matter.path, where.line, where.column, f"{one.check} {wrong}", expected)


def _escalation(matter: Matter) -> Escalation | None:
    field = matter.fields.get("escalation")
    if field is None:
        return None
    found = record(field, Escalation, matter, "part of escalation")
    if found.after < 1:
        raise error(matter.path, field.line, field.column, "it escalates before anything failed", "after: 1 or more")
    return found


def _quiet(matter: Matter) -> QuietHours | None:
    field = matter.fields.get("quiet_hours")
    if field is None:
        return None
    found = record(field, QuietHours, matter, "part of quiet hours")
    assert isinstance(field.value, dict)
    for name in ("start", "end"):
        if _TIME.fullmatch(getattr(found, name)) is None:
            where = field.value[name]
            raise error(matter.path, where.line, where.column, f"{short(where)} is no time", "a time such as `22:00`")
    if found.start == found.end:
        raise error(matter.path, field.line, field.column, "they end when they begin", "two different times")
    return found


def _milestones(matter: Matter) -> tuple[Milestone, ...]:
    found: list[Milestone] = []
    for item in items(matter, "milestones", MILESTONES_MAX):
        one = record(item, Milestone, matter, "part of a milestone", bare="name")
        fields = item.value if isinstance(item.value, dict) else {}
        _conditions(fields.get("accept"), matter)
        if one.due and _DATE.fullmatch(one.due) is None:
            due = fields["due"]
            raise error(matter.path, due.line, due.column, f"{short(due)} is no date", "a date such as 2027-01-31")
        if any(one.name == other.name for other in found):
            raise error(
                matter.path,
                item.line,
                item.column,
                f"there is another milestone {one.name[:60]!r}",
                "a name of its own",
            )
        found.append(one)
    return tuple(found)


def _zone(matter: Matter) -> str:
    zone = optional_text(matter, "timezone", "")
    if zone and _ZONE.fullmatch(zone) is None:
        field = matter.fields["timezone"]
        raise error(
            matter.path, field.line, field.column, f"{zone[:60]!r} is no time zone", "a name such as `Europe/Berlin`"
        )
    return zone
