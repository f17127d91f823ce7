"""When two values of a field say the same: the notation's comparisons.

Rules: what the notation calls free (order of a set, an optional entry, spelling of a path, a schedule or a number) is
free here, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final

from bench.compiler.firing import firings

_ARTICLES: Final = re.compile(r"^(?:the|a|an|all|its|their|each|every) ")
_NUMBER: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")
_AMOUNTS: Final = frozenset(
    {"", "total", "amount", "sum", "price", "cost", "it", "金额", "总额", "总价", "价格", "合计"}
)
"""Left sides that say no more than that an amount is meant."""


def same(field: str, expected: Any, found: Any, fields: tuple[str, ...] = ()) -> bool:  # noqa: ANN401
    """Whether a field's value is the expected one. `fields`: those that the request extracts."""
    if field == "approvals":
        return _entries(expected, found, lambda one, other: _approval(one, other, fields))
    compare = _COMPARED.get(field)
    return expected == found if compare is None else compare(expected, found)


def term(text: str) -> str:
    """A name as it is compared: small letters, single blanks, without an article."""
    plain = " ".join(re.sub(r"[_\-]", " ", text.lower()).split()).strip(" .,;:，。；：“”\"'`")
    return _ARTICLES.sub("", plain)


def path(text: str) -> str:
    """A path, address or channel as it is compared."""
    plain = text.strip().strip("\"'`<>").rstrip("。，,;；")
    root = re.match(r"([\w.-]+):/(?!/)(.*)$", plain)
    if root is not None:
        plain = root[2] if root[1] == "here" else "/".join(part for part in root.groups() if part)
    return plain.removeprefix("./").rstrip("/").removeprefix("mailto:").lstrip("#")


def amount(text: str) -> str:
    """A comparison's right side or a price: numbers without separators and needless zeros, units in capitals."""

    def number(found: re.Match[str]) -> str:
        try:
            return f"{Decimal(found[0].replace(',', '')).normalize():f}"
        except InvalidOperation:
            return found[0]

    return " ".join(_NUMBER.sub(number, text.replace("%", " %")).upper().split())


def trigger(text: str) -> str:
    """A trigger that is no schedule, as it is compared."""
    kind, _, rest = text.partition(" ")
    if kind == "files":
        folder, pattern, events = rest.rsplit(" ", 2)
        return f"files {path(folder) or '.'} {pattern.lower()} {','.join(sorted(events.split(',')))}"
    if kind in ("feed", "page"):
        url, _, contains = rest.partition(" contains ")
        return f"{kind} {path(url)}" + (f" contains {term(contains)}" if contains else "")
    if kind == "mail":
        sender, _, about = rest.partition("about ")
        who = sender.strip().removeprefix("from ").lstrip("*").strip().lower()
        return "mail" + (f" from {who}" if who else "") + (f" about {term(about)}" if about else "")
    if kind == "condition":
        return "condition " + amount(rest)
    return text.strip()


def _triggers(expected: list[str], found: list[str]) -> bool:
    timed = [[one for one in side if one.startswith(("schedule ", "at "))] for side in (expected, found)]
    others = [{trigger(one) for one in side if not one.startswith(("schedule ", "at "))} for side in (expected, found)]
    return others[0] == others[1] and _schedules(*timed)


def _schedules(expected: list[str], found: list[str]) -> bool:
    if bool(expected) != bool(found):
        return False
    try:
        return sorted(expected) == sorted(found) or firings(expected) == firings(found)
    except ValueError:
        return False


def _report(expected: str, found: str) -> bool:
    return _schedules([f"schedule {expected}"] if expected else [], [f"schedule {found}"] if found else [])


def _tools(expected: list[str], found: list[str]) -> bool:
    given = {_plain_tool(one) for one in found}
    entries = [({name + ask for name in names}, optional) for names, ask, optional in map(_entry, expected)]
    allowed = {name for names, _ in entries for name in names}
    return given <= allowed and all(optional or names & given for names, optional in entries)


def excess(expected: list[str], found: list[str]) -> tuple[str, ...]:
    """Tools that may be used though no entry allows them, or without the approval that was wanted."""
    allowed = {name + ask for entry in expected for names, ask, _ in [_entry(entry)] for name in names}
    names = {one.removesuffix("!ask") for one in allowed}
    plain = [_plain_tool(one) for one in found]
    return tuple(one for one in plain if one not in allowed and not (one.endswith("!ask") and one[:-4] in names))


def _entry(text: str) -> tuple[tuple[str, ...], str, bool]:
    optional = text.endswith("?")
    bare = text.removesuffix("?")
    ask = "!ask" if bare.endswith("!ask") else ""
    return tuple(bare.removesuffix("!ask").split("|")), ask, optional


def _plain_tool(name: str) -> str:
    bare = name.removesuffix("!ask")
    read = bare in ("files.read", "files.list", "files.search")
    return "sources.read" if read else name


def _asks(expected: list[str], found: list[str]) -> bool:
    needed = {one for one in expected if not one.endswith("?")}
    return needed <= set(found) <= {one.removesuffix("?") for one in expected}


def _approval(expected: str, found: str, fields: tuple[str, ...]) -> bool:
    if expected == found:
        return True
    if expected.startswith("before ") or found.startswith("before "):
        return False
    wanted, given = (_compared(text) for text in (expected, found))
    if wanted[2] != given[2]:
        return False
    if expected.startswith("above "):
        return given[1] in (">", ">=") and (given[0] in _AMOUNTS or given[0] in {term(one) for one in fields})
    return wanted[:2] == given[:2]


def _compared(text: str) -> tuple[str, str, str]:
    """Left, comparison, right of 'above X', 'below X' or 'when LEFT OP X'."""
    if text.startswith("above "):
        return "", ">", amount(text.removeprefix("above "))
    found = re.match(r"when (.*?) ?(>=|<=|==|!=|>|<|contains) (.*)$", text)
    return (term(found[1]), found[2], amount(found[3])) if found is not None else ("", "", text)


def _condition(expected: str, found: str) -> bool:
    verb, _, said = expected.partition(" if ")
    other, _, given = found.partition(" if ")
    one, two = (_compared(f"when {text}") for text in (said, given))
    return verb == other and one[1:] == two[1:] and (one[0] == two[0] or one[0] in ("", "it"))


def _entries(expected: list[str], found: list[str], alike: Callable[[str, str], bool]) -> bool:
    left = list(found)
    for one in expected:
        match = next((other for other in left if alike(one, other)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _ordered(expected: list[str], found: list[str], plain: Callable[[str], str]) -> bool:
    return [plain(one) for one in expected] == [plain(one) for one in found]


def _once(verbs: list[str]) -> list[str]:
    """Without what is done again to the next thing: two sends to two people are a send."""
    return [verb for at, verb in enumerate(verbs) if at == 0 or verb != verbs[at - 1]]


def _set(expected: list[str], found: list[str], plain: Callable[[str], str]) -> bool:
    return {plain(one) for one in expected} == {plain(one) for one in found}


_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = MappingProxyType(
    {
        "triggers": _triggers,
        "actions": lambda one, two: _once(one) == _once(two),
        "sources": lambda one, two: _set(one, two, path),
        "fields": lambda one, two: _ordered(one, two, term),
        "conditions": lambda one, two: _entries(one, two, _condition),
        "targets": lambda one, two: _set(one, two, path),
        "budget": lambda one, two: _set(one, two, amount),
        "forbidden": lambda one, two: _set(one, two, str),
        "milestones": lambda one, two: _ordered(one, two, term),
        "tools": _tools,
        "asks": _asks,
        "errors": lambda one, two: _set(one, two, str),
        "report": _report,
    }
)
