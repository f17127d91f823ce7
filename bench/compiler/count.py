"""How much of a corpus was compiled as expected, and what went wrong where.

Rules: a field counts for a request if the expectation or the result has it; the same results give the same figures. A
wrong field is *silent* if nothing that the compiler said concerns it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

import msgspec

from bench.compiler.canonical import excess, path, same
from bench.compiler.flat import kind_asked
from bench.compiler.home import Made
from bench.compiler.requests import FIELDS, LISTS, Request

Verdict: TypeAlias = Literal["exact", "missing", "added", "wrong"]

CONCERNS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "sources": frozenset({"sources", "triggers", "tools", "asks"}),
        "recipient": frozenset({"targets", "actions", "tools", "asks"}),
        "time": frozenset({"triggers", "until", "timezone", "quiet", "report", "asks"}),
        "unit": frozenset({"budget", "approvals", "asks"}),
        "currency": frozenset({"budget", "approvals", "asks"}),
        "what": frozenset(FIELDS),
    }
)
"""Fields that a question of a kind is about."""
_IMPLIED: Final[Mapping[str, str]] = MappingProxyType({"summary": "summarise", "brief": "brief"})


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of one request."""

    name: str
    verdict: Verdict
    asked: bool = False
    """The compiler asked or warned about it."""
    expected: Any = None
    found: Any = None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    request: Request
    fields: tuple[Field, ...]
    tools_beyond: tuple[str, ...] = ()
    """Tools that act and that no words gave, or that were to be approved and need not be."""
    targets_beyond: tuple[str, ...] = ()
    cpu_ns: int = 0
    raised: str = ""

    @property
    def exact(self) -> bool:
        """All of it."""
        return all(field.verdict == "exact" for field in self.fields)


class Share(msgspec.Struct, frozen=True):
    """So many of so many."""

    hits: int
    of: int

    @property
    def percent(self) -> float:
        """0..100."""
        return 100.0 * self.hits / self.of if self.of else 100.0


def judged(request: Request, made: Made) -> Judged:
    """Compare one request's program with its expectation."""
    fields: list[Field] = []
    kinds = {kind for one in made.diagnostics if (kind := kind_asked(one))}
    unread = any(one.code == "C201" for one in made.diagnostics)
    extracted = _first(request, "fields")
    for name in FIELDS:
        alternatives = _alternatives(request, name)
        found = made.fields.get(
            name,
            [] if name in LISTS else False if name == "cited" else None if name in ("pages", "words", "items") else "",
        )
        if name == "tools" and not made.written and _stopped_rightly(request, made):
            continue
        if not found and not any(_needed(one) for one in alternatives):
            continue
        if any(same(name, one, found, tuple(extracted)) for one in alternatives):
            if found or not any(not _needed(one) for one in alternatives):
                fields.append(Field(name=name, verdict="exact"))
            continue
        asked = unread or any(name in CONCERNS.get(kind, frozenset()) for kind in kinds)
        verdict: Verdict = "missing" if not found else "wrong" if _needed(alternatives[0]) else "added"
        fields.append(Field(name=name, verdict=verdict, asked=asked, expected=request.expect.get(name), found=found))
    return Judged(
        request=request,
        fields=tuple(fields),
        tools_beyond=_tools_beyond(request, made),
        targets_beyond=_targets_beyond(request, made),
        cpu_ns=made.cpu_ns,
        raised=made.raised,
    )


def share(all_judged: Iterable[Judged], *, expected_only: bool = False) -> Share:
    """Exact fields of all; `expected_only`: of those that the expectation has."""
    fields = [field for one in all_judged for field in one.fields if not (expected_only and field.verdict == "added")]
    return Share(sum(field.verdict == "exact" for field in fields), len(fields))


def by_field(all_judged: Iterable[Judged]) -> dict[str, tuple[Share, Counter[str]]]:
    """For each field its share, and its verdicts."""
    verdicts: dict[str, Counter[str]] = {}
    for one in all_judged:
        for field in one.fields:
            verdicts.setdefault(field.name, Counter())[field.verdict] += 1
    return {
        name: (Share(verdicts[name]["exact"], verdicts[name].total()), verdicts[name])
        for name in FIELDS
        if name in verdicts
    }


def silent(all_judged: Iterable[Judged]) -> tuple[int, int]:
    """Wrong fields about which nothing was said, and those about which something was."""
    wrong = [field for one in all_judged for field in one.fields if field.verdict != "exact"]
    return sum(not field.asked for field in wrong), sum(field.asked for field in wrong)


def confusions(all_judged: Iterable[Judged], name: str) -> Counter[tuple[str, str]]:
    """Of a field of lists: which entry stood where which was expected; '-' for none."""
    found: Counter[tuple[str, str]] = Counter()
    for one in all_judged:
        for field in one.fields:
            if field.name == name and field.verdict != "exact":
                expected = one.request.alternatives(name)[0]
                wanted, given = Counter(_words(expected)), Counter(_words(field.found))
                missing, extra = list((wanted - given).elements()), list((given - wanted).elements())
                pairs = max(len(missing), len(extra))
                padded = zip(
                    missing + ["-"] * (pairs - len(missing)), extra + ["-"] * (pairs - len(extra)), strict=True
                )
                found.update(padded)
    return found


def _alternatives(request: Request, name: str) -> tuple[Any, ...]:
    """What is right of a field, with what its verb or its path already says left out or not."""
    values = request.alternatives(name)
    verbs = {verb for one in request.alternatives("actions") for verb in one}
    if name == "form" and any(_IMPLIED.get(one, "") in verbs for one in values):
        return (*values, "")
    targets = {str(one).rpartition(".")[2].lower() for value in request.alternatives("targets") for one in value}
    if name == "format" and set(values) & (targets | {"markdown" for one in targets if one == "md"}):
        return (*values, "")
    return values


def _needed(value: object) -> bool:
    """Whether a value has anything that must be there."""
    if isinstance(value, list):
        return any(not str(one).endswith("?") for one in value)
    return bool(value)


def _first(request: Request, name: str) -> list[str]:
    value = request.alternatives(name)
    return [entry for one in value for entry in one]


def _stopped_rightly(request: Request, made: Made) -> bool:
    """No program, because of a question or an error that was to come."""
    alternatives = request.alternatives("asks")
    asked = made.fields.get("asks", [])
    return bool(request.expect.get("errors")) or (bool(asked) and any(same("asks", one, asked) for one in alternatives))


def _tools_beyond(request: Request, made: Made) -> tuple[str, ...]:
    """Tasks and reading change nothing; what acts counts, in a draft with a question, too."""
    if not made.written and request.expect.get("errors"):
        return ()
    allowed = [entry for one in request.alternatives("tools") for entry in one]
    found = [one for one in made.fields.get("tools", []) if "." in one]
    return tuple(one for one in excess(allowed, found) if not one.startswith(("sources.read", "notify.owner")))


def _targets_beyond(request: Request, made: Made) -> tuple[str, ...]:
    allowed = {path(entry) for one in request.alternatives("targets") for entry in one}
    return tuple(one for one in made.fields.get("targets", []) if path(one) not in allowed)


def _words(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return [str(value)] if value else []
