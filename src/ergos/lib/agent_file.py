"""AGENT.md as a typed definition: what each field means and what is allowed in it.

Rules: an unknown field is an error that names its nearest relatives; every error says where, what is wrong and
what was expected; nothing is guessed, least of all a permission.
"""

from __future__ import annotations

import datetime
import difflib
import re
from typing import Final, get_args

import msgspec

from ergos.base.canonical import encode
from ergos.base.ids import name as checked_name
from ergos.base.limits import WINDOW_TOKENS_DEFAULT
from ergos.base.money import Amount, parse_money
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.solvers import SolverKind
from ergos.kernel.supervisor import Supervision
from ergos.kernel.values import NULL, Packed
from ergos.lib import work_file
from ergos.lib.acceptance import ACCEPT, PLAN, PROPOSE_GOAL
from ergos.lib.frontmatter import Field, Matter, error, parse, plain
from ergos.lib.shapes import atom, called, checked, choice, count, known, listed, mapping, optional_text, short, text_of
from ergos.lib.watch import misfit
from ergos.lib.work import NO_WORK, Work

FIELDS: Final = (
    "name",
    "goal",
    "language",
    "program",
    "team",
    "grants",
    "budget",
    "supervision",
    "solvers",
    "window_tokens",
    "settings",
    *work_file.FIELDS,
)
SOLVERS: Final[tuple[str, ...]] = get_args(SolverKind)
VERBS: Final = ("act", "think", "send", "spawn")
MATCHERS: Final = ("equals", "one_of", "range", "under", "domain", "grounded", "any")
_WORDS: Final = ("grounded", "any")
"""Matchers that are a word by themselves."""
_PROGRAM: Final = re.compile(r"(?:[^\W.][\w-]*/)*[^\W.][\w-]*\.py(?::[^\W\d]\w*)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS: Final = (1971, 2200)  # what fits in 64 bits of nanoseconds, in every time zone
BUDGETS: Final = ("per_call", "per_process", "per_agent", "per_owner", "per_day", "per_week", "per_month")
"""Each in money; with `tokens_` in front (`tokens_per_day`), in tokens."""


class AgentFile(msgspec.Struct, frozen=True, kw_only=True):
    """What AGENT.md says."""

    name: str
    goal: str
    language: str
    program: str
    """'file.py:function', relative to the folder; '': the program of its steps."""
    team: tuple[str, ...]
    grants: tuple[Grant, ...]
    caps: Caps
    supervision: Supervision
    solvers: tuple[str, ...]
    """Kinds, in order of preference."""
    window_tokens: int
    settings: Packed
    instructions: str
    work: Work = NO_WORK
    """Triggers, sources, steps, checks and what else it says of its work."""


def read(text: str, path: str) -> AgentFile:
    """The definition. Raises: AgentFileError."""
    matter = parse(text, path)
    known(matter.fields, FIELDS, matter, "field")
    own = _name(matter)
    team = _team(matter)
    grants = tuple(_grant(item, own, matter) for item in listed(matter.fields.get("grants"), matter))
    spawns = tuple(Grant(agent=own, verb="spawn", name=member, words=f"team: {member}") for member in team)
    return AgentFile(
        name=own,
        goal=optional_text(matter, "goal", ""),
        language=choice(matter, "language", ("en", "zh"), "en"),
        program=_program(matter),
        team=team,
        grants=grants + spawns,
        caps=_caps(matter),
        supervision=_supervision(matter),
        solvers=_solvers(matter),
        window_tokens=_window(matter),
        settings=_settings(matter),
        instructions=matter.body,
        work=work_file.read_work(matter),
    )


def granted(file: AgentFile) -> tuple[Grant, ...]:
    """The grants in force of a file: what is reserved is asked for, and what its work implies is granted.

    Carrying out the checks of `acceptance`, or drafting what `plan_by` and `goal_by` leave to it, reaches nothing.
    """
    implied = {
        ACCEPT: "acceptance" if file.work.acceptance else "",
        PLAN: "plan_by: agent" if file.work.plan_by == "agent" else "",
        PROPOSE_GOAL: "goal_by: agent" if file.work.goal_by == "agent" else "",
    }
    more = (Grant(agent=file.name, verb="think", name=task, words=words) for task, words in implied.items() if words)
    return (*(_reserved(grant, file.work.reserved) for grant in file.grants), *more)


def _reserved(grant: Grant, reserved: tuple[str, ...]) -> Grant:
    """The grant; one that covers a reserved tool, among others even, asks for every call."""
    asks = grant.verb == "act" and any(_overlap(grant.name, name) for name in reserved)
    return msgspec.structs.replace(grant, ask=True) if asks else grant


def _overlap(one: str, other: str) -> bool:
    """Whether two names, or prefixes that end in '.*', have a tool in common."""
    stems = [name.removesuffix("*") for name in (one, other)]
    if one.endswith(".*") and other.endswith(".*"):
        return stems[0].startswith(stems[1]) or stems[1].startswith(stems[0])
    if one.endswith(".*"):
        return other.startswith(stems[0])
    return one.startswith(stems[1]) if other.endswith(".*") else one == other


def _name(matter: Matter) -> str:
    field = matter.fields.get("name")
    if field is None:
        raise error(matter.path, 2, 1, "the field 'name' is missing", "`name: my-agent`")
    text = text_of(field, matter, "the name of the agent")
    return checked(lambda: checked_name(text, what="an agent"), field, matter, "letters, digits, '.', '-' and '_'")


def _team(matter: Matter) -> tuple[str, ...]:
    """Names are parts of paths, so they are checked before any file is looked for."""
    found: list[str] = []
    for item in listed(matter.fields.get("team"), matter):
        member = called(item, matter, "an agent")
        if member in found:
            raise error(matter.path, item.line, item.column, f"{member!r} stands here a second time", "each name once")
        found.append(member)
    return tuple(found)


def _program(matter: Matter) -> str:
    """Inside the agent's folder: what a definition runs is what its folder shows."""
    field = matter.fields.get("program")
    if field is None:
        planned = matter.fields.get("plan_by")
        return "" if "steps" in matter.fields or (planned and planned.value == "agent") else "agent.py:agent"
    text = text_of(field, matter, "`FILE.py:FUNCTION`")
    if _PROGRAM.fullmatch(text) is None:
        what = f"{text[:60]!r} is no program of this folder"
        raise error(matter.path, field.line, field.column, what, "`FILE.py:FUNCTION`")
    return text


def _grant(field: Field, agent: str, matter: Matter) -> Grant:
    fields = mapping(field, matter, "`act: TOOL` with optional args, ask, expires, words")
    known(fields, (*VERBS, "args", "ask", "expires", "times", "words"), matter, "part of a grant")
    verbs = [verb for verb in VERBS if verb in fields]
    if len(verbs) != 1:
        raise error(matter.path, field.line, field.column, "a grant has exactly one verb", "one of " + ", ".join(VERBS))
    verb = verbs[0]
    args = fields.get("args")
    ask = fields.get("ask")
    words = fields.get("words")
    if ask is not None and not isinstance(ask.value, bool):
        raise error(matter.path, ask.line, ask.column, f"ask is {ask.value!r}", "true or false")
    return Grant(
        agent=agent,
        verb=verb,  # type: ignore[arg-type]
        name=called(fields[verb], matter, "a tool, task or agent", prefix=True),
        args=None if args is None else _matchers(args, matter),
        ask=ask is not None and ask.value is True,
        expires_ns=_expiry(fields.get("expires"), matter),
        times=_times(fields.get("times"), matter),
        words=text_of(words, matter, "the owner's words") if words is not None else "",
    )


def _times(field: Field | None, matter: Matter) -> int | None:
    if field is None:
        return None
    times = count(field, matter)
    if times == 0:
        raise error(matter.path, field.line, field.column, "a grant for 0 calls allows nothing", "a whole number >= 1")
    return times


def _matchers(field: Field, matter: Matter) -> dict[str, Matcher]:
    """`amount: {range: [0, 100]}`; a bare value means `equals`."""
    found: dict[str, Matcher] = {}
    for key, item in mapping(field, matter, "`argument: {matcher: value}`").items():
        if not isinstance(item.value, dict):
            found[key] = Matcher(item.value) if item.value in _WORDS else Matcher("equals", (atom(item, matter),))
            continue
        found[key] = _matcher(item, item.value, matter)
    return found


def _matcher(item: Field, fields: dict[str, Field], matter: Matter) -> Matcher:
    known(fields, MATCHERS, matter, "matcher")
    if len(fields) != 1:
        raise error(matter.path, item.line, item.column, "an argument has exactly one matcher", ", ".join(MATCHERS))
    kind, value = next(iter(fields.items()))
    if kind in _WORDS:
        return Matcher(kind)  # type: ignore[arg-type]
    several = value.value if isinstance(value.value, list) else [value]
    values = tuple(atom(one, matter) for one in several)
    what, expected = _mismatch(kind, values)
    if what:
        raise error(matter.path, value.line, value.column, what, expected)
    return Matcher(kind, values)  # type: ignore[arg-type]


def _mismatch(kind: str, values: tuple[str | int | float | bool, ...]) -> tuple[str, str]:
    """What is wrong with a matcher's values, and what was expected; two empty texts if nothing is."""
    if not values:
        return f"{kind} has no value", "at least one"
    if kind == "equals" and len(values) > 1:
        return "equals has several values", "one value, or `one_of: [...]`"
    if kind in ("under", "domain") and not all(isinstance(one, str) and one.strip() for one in values):
        return f"{kind} has a value that is no text", "`under: FOLDER`" if kind == "under" else "`domain: HOST`"
    if kind == "range":
        numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(values) != 2 or len(numbers) != 2:
            return "a range has two numbers", "`range: [0, 100]`"
        if numbers[0] > numbers[1]:
            return f"nothing lies between {numbers[0]} and {numbers[1]}", "the smaller number first"
    return "", ""


def _caps(matter: Matter) -> Caps:
    budget = matter.fields.get("budget")
    if budget is None:
        return Caps()
    fields = mapping(budget, matter, "`per_day: 1usd`")
    allowed = (*BUDGETS, *(f"tokens_{scope}" for scope in BUDGETS))
    known(fields, allowed, matter, "budget")
    caps: dict[str, Amount | None] = {}
    for scope in BUDGETS:
        money, tokens = fields.get(scope), fields.get(f"tokens_{scope}")
        if money is None and tokens is None:
            caps[scope] = None
            continue
        caps[scope] = Amount(
            UNCAPPED if money is None else _money(money, matter), UNCAPPED if tokens is None else count(tokens, matter)
        )
    return Caps(
        call=caps["per_call"],
        process=caps["per_process"],
        agent=caps["per_agent"],
        owner=caps["per_owner"],
        day=caps["per_day"],
        week=caps["per_week"],
        month=caps["per_month"],
    )


def _money(field: Field, matter: Matter) -> int:
    if isinstance(field.value, bool | list | dict) or field.value is None:
        raise error(matter.path, field.line, field.column, f"{plain(field)!r} is no amount", "US dollars: `2.50usd`")
    return checked(lambda: parse_money(str(field.value)), field, matter, "US dollars: `2.50usd`")


def _supervision(matter: Matter) -> Supervision:
    field = matter.fields.get("supervision")
    if field is None:
        return Supervision()
    fields = mapping(field, matter, "`restarts: 3`")
    known(fields, Supervision.__struct_fields__, matter, "part of supervision")
    found = Supervision()
    for key, item in fields.items():  # one by one, so that a fault is shown where it stands
        try:
            found = msgspec.convert({**msgspec.to_builtins(found), key: plain(item)}, Supervision, strict=True)
        except msgspec.ValidationError as wrong:
            what = str(wrong).split(" - at ")[0]
            raise error(matter.path, item.line, item.column, f"{key}: {what}", _expected(key)) from wrong
        if misfit(found):
            raise error(matter.path, item.line, item.column, misfit(found), _expected(key))
    return found


def _expected(key: str) -> str:
    if key == "restart":
        return "never or on_crash"
    return "a whole number" if key in ("restarts", "loop_calls") else "a number of seconds"


def _solvers(matter: Matter) -> tuple[str, ...]:
    """Kinds of solvers; where price shall decide, the field is left out."""
    field = matter.fields.get("solvers")
    if field is None:
        return ()
    found: list[str] = []
    for item in listed(field, matter):
        kind = text_of(item, matter, "a kind of solver")
        near = difflib.get_close_matches(kind, SOLVERS, 1)
        if kind not in SOLVERS:
            expected = repr(near[0]) if near else "one of " + ", ".join(SOLVERS)
            raise error(matter.path, item.line, item.column, f"{kind[:60]!r} is no kind of solver", expected)
        if kind in found:
            raise error(matter.path, item.line, item.column, f"{kind!r} stands here a second time", "each kind once")
        found.append(kind)
    if not found:
        raise error(matter.path, field.line, field.column, "solvers names no kind", "one of " + ", ".join(SOLVERS))
    return tuple(found)


def _window(matter: Matter) -> int:
    field = matter.fields.get("window_tokens")
    if field is None:
        return WINDOW_TOKENS_DEFAULT
    if field.value == 0:
        raise error(matter.path, field.line, field.column, "a window of 0 tokens holds nothing", "a whole number >= 1")
    return count(field, matter)


def _settings(matter: Matter) -> Packed:
    field = matter.fields.get("settings")
    if field is None:
        return NULL
    if field.value is None:
        return NULL
    mapping(field, matter, "`name: value` lines")
    return msgspec.Raw(encode(plain(field), what="settings"))


def _expiry(field: Field | None, matter: Matter) -> int | None:
    if field is None:
        return None

    if not isinstance(field.value, str) or _DATE.match(field.value) is None:
        what = f"{short(field)} is no date"
        raise error(matter.path, field.line, field.column, what, "a date or time such as 2027-01-31")
    text = field.value

    return checked(lambda: instant(text), field, matter, "a date or time such as 2027-01-31")


def instant(text: str) -> int:
    """A date or time in ISO 8601 as nanoseconds since 1970; UTC unless it says otherwise. Raises: ValueError."""
    found = datetime.datetime.fromisoformat(text)
    aware = found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
    if not _YEARS[0] <= aware.year <= _YEARS[1]:
        raise ValueError(f"the year is {aware.year}, not between {_YEARS[0]} and {_YEARS[1]}")
    return int(aware.timestamp()) * 1_000_000_000
