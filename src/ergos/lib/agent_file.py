"""AGENT.md as a typed definition: what each field means and what is allowed in it.

Rules: an unknown field is an error that names its nearest relatives; every error says where, what is wrong and
what was expected; nothing is guessed, least of all a permission.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable
from typing import Final, TypeVar, get_args

import msgspec

from ergos.base.canonical import encode
from ergos.base.errors import ErgosError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.base.limits import WINDOW_TOKENS_DEFAULT
from ergos.base.money import Amount, parse_money
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.solvers import SolverKind
from ergos.kernel.supervisor import Supervision
from ergos.kernel.values import NULL, Packed
from ergos.lib.frontmatter import Field, Matter, error, parse, plain
from ergos.lib.watch import misfit

T = TypeVar("T")

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
)
SOLVERS: Final[tuple[str, ...]] = get_args(SolverKind)
VERBS: Final = ("act", "think", "send", "spawn")
MATCHERS: Final = ("equals", "one_of", "range", "under", "domain", "grounded", "any")
_WORDS: Final = ("grounded", "any")
"""Matchers that are a word by themselves."""
_PROGRAM: Final = re.compile(r"(?:[^\W.][\w-]*/)*[^\W.][\w-]*\.py(?::[^\W\d]\w*)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS: Final = (1971, 2200)  # what fits in 64 bits of nanoseconds, in every time zone
BUDGETS: Final = ("per_call", "per_process", "per_agent", "per_owner", "per_day")
"""Each in money; with `tokens_` in front (`tokens_per_day`), in tokens."""


class AgentFile(msgspec.Struct, frozen=True, kw_only=True):
    """What AGENT.md says."""

    name: str
    goal: str
    language: str
    program: str
    """'file.py:function', relative to the folder."""
    team: tuple[str, ...]
    grants: tuple[Grant, ...]
    caps: Caps
    supervision: Supervision
    solvers: tuple[str, ...]
    """Kinds, in order of preference."""
    window_tokens: int
    settings: Packed
    instructions: str


def read(text: str, path: str) -> AgentFile:
    """The definition. Raises: AgentFileError."""
    matter = parse(text, path)
    _known(matter.fields, FIELDS, matter, "field")
    own = _name(matter)
    team = _team(matter)
    grants = tuple(_grant(item, own, matter) for item in _list(matter.fields.get("grants"), matter))
    spawns = tuple(Grant(agent=own, verb="spawn", name=member, words=f"team: {member}") for member in team)
    return AgentFile(
        name=own,
        goal=_optional_text(matter, "goal", ""),
        language=_choice(matter, "language", ("en", "zh"), "en"),
        program=_program(matter),
        team=team,
        grants=grants + spawns,
        caps=_caps(matter),
        supervision=_supervision(matter),
        solvers=_solvers(matter),
        window_tokens=_window(matter),
        settings=_settings(matter),
        instructions=matter.body,
    )


def _name(matter: Matter) -> str:
    field = matter.fields.get("name")
    if field is None:
        raise error(matter.path, 2, 1, "the field 'name' is missing", "`name: my-agent`")
    text = _text(field, matter, "the name of the agent")
    return _checked(lambda: checked_name(text, what="an agent"), field, matter, "letters, digits, '.', '-' and '_'")


def _team(matter: Matter) -> tuple[str, ...]:
    """Names are parts of paths, so they are checked before any file is looked for."""
    found: list[str] = []
    for item in _list(matter.fields.get("team"), matter):
        member = _called(item, matter, "an agent")
        if member in found:
            raise error(matter.path, item.line, item.column, f"{member!r} stands here a second time", "each name once")
        found.append(member)
    return tuple(found)


def _called(field: Field, matter: Matter, what: str, *, prefix: bool = False) -> str:
    """A name; with `prefix`, also one that ends in '.*'."""
    text = _text(field, matter, what)
    stem = text.removesuffix(".*") if prefix else text
    expected = "letters, digits, '.', '-' and '_'" + (", or a prefix such as `mail.*`" if prefix else "")
    _checked(lambda: checked_name(stem, what=what), field, matter, expected)
    return text


def _program(matter: Matter) -> str:
    """Inside the agent's folder: what a definition runs is what its folder shows."""
    field = matter.fields.get("program")
    if field is None:
        return "agent.py:agent"
    text = _text(field, matter, "`FILE.py:FUNCTION`")
    if _PROGRAM.fullmatch(text) is None:
        what = f"{text[:60]!r} is no program of this folder"
        raise error(matter.path, field.line, field.column, what, "`FILE.py:FUNCTION`")
    return text


def _grant(field: Field, agent: str, matter: Matter) -> Grant:
    fields = _mapping(field, matter, "`act: TOOL` with optional args, ask, expires, words")
    _known(fields, (*VERBS, "args", "ask", "expires", "times", "words"), matter, "part of a grant")
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
        name=_called(fields[verb], matter, "a tool, task or agent", prefix=True),
        args=None if args is None else _matchers(args, matter),
        ask=ask is not None and ask.value is True,
        expires_ns=_expiry(fields.get("expires"), matter),
        times=_times(fields.get("times"), matter),
        words=_text(words, matter, "the owner's words") if words is not None else "",
    )


def _times(field: Field | None, matter: Matter) -> int | None:
    if field is None:
        return None
    count = _count(field, matter)
    if count == 0:
        raise error(matter.path, field.line, field.column, "a grant for 0 calls allows nothing", "a whole number >= 1")
    return count


def _matchers(field: Field, matter: Matter) -> dict[str, Matcher]:
    """`amount: {range: [0, 100]}`; a bare value means `equals`."""
    found: dict[str, Matcher] = {}
    for key, item in _mapping(field, matter, "`argument: {matcher: value}`").items():
        if not isinstance(item.value, dict):
            found[key] = Matcher(item.value) if item.value in _WORDS else Matcher("equals", (_atom(item, matter),))
            continue
        found[key] = _matcher(item, item.value, matter)
    return found


def _matcher(item: Field, fields: dict[str, Field], matter: Matter) -> Matcher:
    _known(fields, MATCHERS, matter, "matcher")
    if len(fields) != 1:
        raise error(matter.path, item.line, item.column, "an argument has exactly one matcher", ", ".join(MATCHERS))
    kind, value = next(iter(fields.items()))
    if kind in _WORDS:
        return Matcher(kind)  # type: ignore[arg-type]
    listed = value.value if isinstance(value.value, list) else [value]
    values = tuple(_atom(one, matter) for one in listed)
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
    fields = _mapping(budget, matter, "`per_day: 1usd`")
    allowed = (*BUDGETS, *(f"tokens_{scope}" for scope in BUDGETS))
    _known(fields, allowed, matter, "budget")
    caps: dict[str, Amount | None] = {}
    for scope in BUDGETS:
        money, tokens = fields.get(scope), fields.get(f"tokens_{scope}")
        if money is None and tokens is None:
            caps[scope] = None
            continue
        caps[scope] = Amount(
            UNCAPPED if money is None else _money(money, matter), UNCAPPED if tokens is None else _count(tokens, matter)
        )
    return Caps(
        call=caps["per_call"],
        process=caps["per_process"],
        agent=caps["per_agent"],
        owner=caps["per_owner"],
        day=caps["per_day"],
    )


def _money(field: Field, matter: Matter) -> int:
    if isinstance(field.value, bool | list | dict) or field.value is None:
        raise error(matter.path, field.line, field.column, f"{plain(field)!r} is no amount", "US dollars: `2.50usd`")
    return _checked(lambda: parse_money(str(field.value)), field, matter, "US dollars: `2.50usd`")


def _supervision(matter: Matter) -> Supervision:
    field = matter.fields.get("supervision")
    if field is None:
        return Supervision()
    fields = _mapping(field, matter, "`restarts: 3`")
    _known(fields, Supervision.__struct_fields__, matter, "part of supervision")
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
    for item in _list(field, matter):
        kind = _text(item, matter, "a kind of solver")
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
    return _count(field, matter)


def _settings(matter: Matter) -> Packed:
    field = matter.fields.get("settings")
    if field is None:
        return NULL
    if field.value is None:
        return NULL
    _mapping(field, matter, "`name: value` lines")
    return msgspec.Raw(encode(plain(field), what="settings"))


def _expiry(field: Field | None, matter: Matter) -> int | None:
    if field is None:
        return None

    if not isinstance(field.value, str) or _DATE.match(field.value) is None:
        what = f"{_short(field)} is no date"
        raise error(matter.path, field.line, field.column, what, "a date or time such as 2027-01-31")
    text = field.value

    return _checked(lambda: instant(text), field, matter, "a date or time such as 2027-01-31")


def instant(text: str) -> int:
    """A date or time in ISO 8601 as nanoseconds since 1970; UTC unless it says otherwise. Raises: ValueError."""
    found = datetime.datetime.fromisoformat(text)
    aware = found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
    if not _YEARS[0] <= aware.year <= _YEARS[1]:
        raise ValueError(f"the year is {aware.year}, not between {_YEARS[0]} and {_YEARS[1]}")
    return int(aware.timestamp()) * 1_000_000_000


# Shapes


def _known(fields: dict[str, Field], allowed: tuple[str, ...], matter: Matter, what: str) -> None:
    for key, field in fields.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1)
            hint = repr(near[0]) if near else "one of " + ", ".join(allowed)
            raise error(matter.path, *field.key, f"{key[:60]!r} is no {what}", hint)


def _mapping(field: Field, matter: Matter, expected: str) -> dict[str, Field]:
    if not isinstance(field.value, dict):
        raise error(matter.path, field.line, field.column, f"{_short(field)} is not a mapping", expected)
    return field.value


def _list(field: Field | None, matter: Matter) -> list[Field]:
    if field is None or field.value is None:
        return []
    if not isinstance(field.value, list):
        raise error(matter.path, field.line, field.column, f"{_short(field)} is not a list", "`- item` lines")
    return field.value


def _text(field: Field, matter: Matter, expected: str) -> str:
    if not isinstance(field.value, str) or not field.value.strip():
        raise error(matter.path, field.line, field.column, f"{_short(field)} is not text", expected)
    return field.value


def _optional_text(matter: Matter, key: str, default: str) -> str:
    field = matter.fields.get(key)
    return default if field is None else _text(field, matter, "text")


def _choice(matter: Matter, key: str, allowed: tuple[str, ...], default: str) -> str:
    found = _optional_text(matter, key, default)
    if found not in allowed:
        field = matter.fields[key]
        raise error(matter.path, field.line, field.column, f"{key} is {found!r}", " or ".join(allowed))
    return found


def _count(field: Field, matter: Matter) -> int:
    if isinstance(field.value, bool) or not isinstance(field.value, int) or field.value < 0:
        raise error(matter.path, field.line, field.column, f"{_short(field)} is no count", "a whole number >= 0")
    return field.value


def _atom(field: Field, matter: Matter) -> str | int | float | bool:
    if field.value is None or isinstance(field.value, list | dict):
        raise error(matter.path, field.line, field.column, f"{_short(field)} is no single value", "text or a number")
    return field.value


def _checked(make: Callable[[], T], field: Field, matter: Matter, expected: str) -> T:
    try:
        return make()
    except (ValueShapeError, ValueError, OverflowError) as wrong:
        what = wrong.what if isinstance(wrong, ErgosError) else str(wrong)
        raise error(matter.path, field.line, field.column, what, expected) from wrong


def _short(field: Field) -> str:
    return repr(plain(field))[:60]
