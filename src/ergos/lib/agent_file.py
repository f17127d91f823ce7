"""AGENT.md as a typed definition: what each field means and what is allowed in it.

Rules: an unknown field is an error that names its nearest relatives; every error says where, what is wrong and
what was expected; nothing is guessed, least of all a permission.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from ergos.base.canonical import encode
from ergos.base.errors import ErgosError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.base.limits import WINDOW_TOKENS_DEFAULT
from ergos.base.money import Amount, parse_money
from ergos.kernel.ledger import UNCAPPED, Caps
from ergos.kernel.policy import Grant, Matcher
from ergos.kernel.supervisor import Supervision
from ergos.kernel.values import NULL, Packed
from ergos.lib.frontmatter import Field, Matter, error, parse, plain

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
    "window_tokens",
    "settings",
)
VERBS: Final = ("act", "think", "send", "spawn")
MATCHERS: Final = ("equals", "one_of", "range", "under", "domain", "any")
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
    window_tokens: int
    settings: Packed
    instructions: str


def read(text: str, path: str) -> AgentFile:
    """The definition. Raises: AgentFileError."""
    matter = parse(text, path)
    _known(matter.fields, FIELDS, matter, "field")
    own = _name(matter)
    team = tuple(_text(item, matter, "the name of an agent") for item in _list(matter.fields.get("team"), matter))
    grants = tuple(_grant(item, own, matter) for item in _list(matter.fields.get("grants"), matter))
    spawns = tuple(Grant(agent=own, verb="spawn", name=member, words=f"team: {member}") for member in team)
    return AgentFile(
        name=own,
        goal=_optional_text(matter, "goal", ""),
        language=_choice(matter, "language", ("en", "zh"), "en"),
        program=_optional_text(matter, "program", "agent.py:agent"),
        team=team,
        grants=grants + spawns,
        caps=_caps(matter),
        supervision=_supervision(matter),
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


def _grant(field: Field, agent: str, matter: Matter) -> Grant:
    fields = _mapping(field, matter, "`act: TOOL` with optional args, ask, expires, words")
    _known(fields, (*VERBS, "args", "ask", "expires", "words"), matter, "part of a grant")
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
        name=_text(fields[verb], matter, "the name of a tool, task or agent"),
        args=None if args is None else _matchers(args, matter),
        ask=ask is not None and ask.value is True,
        expires_ns=_expiry(fields.get("expires"), matter),
        words=_text(words, matter, "the owner's words") if words is not None else "",
    )


def _matchers(field: Field, matter: Matter) -> dict[str, Matcher]:
    """`amount: {range: [0, 100]}`; a bare value means `equals`."""
    found: dict[str, Matcher] = {}
    for key, item in _mapping(field, matter, "`argument: {matcher: value}`").items():
        if not isinstance(item.value, dict):
            found[key] = Matcher("any") if item.value == "any" else Matcher("equals", (_atom(item, matter),))
            continue
        _known(item.value, MATCHERS, matter, "matcher")
        if len(item.value) != 1:
            raise error(matter.path, item.line, item.column, "one matcher for each argument", ", ".join(MATCHERS))
        kind, value = next(iter(item.value.items()))
        listed = value.value if isinstance(value.value, list) else [value]
        values = tuple(_atom(one, matter) for one in listed)
        if kind == "range" and not (len(values) == 2 and all(isinstance(one, int | float) for one in values)):
            raise error(matter.path, value.line, value.column, "a range has two numbers", "`range: [0, 100]`")
        if not values and kind != "any":
            raise error(matter.path, value.line, value.column, f"{kind} has no value", "at least one")
        found[key] = Matcher(kind, values)  # type: ignore[arg-type]
    return found


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
    values = {key: plain(item) for key, item in fields.items()}
    try:
        found = msgspec.convert(values, Supervision, strict=True)
    except msgspec.ValidationError as wrong:
        raise error(matter.path, field.line, field.column, str(wrong), "as in docs/reference") from wrong
    if (
        found.restarts < 0
        or found.period_s <= 0
        or found.loop_calls < 2
        or found.watchdog_s <= 0
        or found.backoff_s < 0
    ):
        raise error(
            matter.path, field.line, field.column, "a number is out of range", "positive numbers, loop_calls >= 2"
        )
    return found


def _window(matter: Matter) -> int:
    field = matter.fields.get("window_tokens")
    return WINDOW_TOKENS_DEFAULT if field is None else _count(field, matter)


def _settings(matter: Matter) -> Packed:
    field = matter.fields.get("settings")
    if field is None:
        return NULL
    _mapping(field, matter, "`name: value` lines")
    return msgspec.Raw(encode(plain(field), what="settings"))


def _expiry(field: Field | None, matter: Matter) -> int | None:
    if field is None:
        return None

    def instant() -> int:
        found = datetime.datetime.fromisoformat(str(field.value))
        aware = found if found.tzinfo else found.replace(tzinfo=datetime.UTC)
        return int(aware.timestamp()) * 1_000_000_000

    return _checked(instant, field, matter, "a date or time such as 2027-01-31")


# Shapes


def _known(fields: dict[str, Field], allowed: tuple[str, ...], matter: Matter, what: str) -> None:
    for key, field in fields.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1)
            hint = f"{near[0]!r}" if near else "one of " + ", ".join(allowed)
            raise error(matter.path, field.line, field.column, f"{key!r} is no {what}", hint)


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
