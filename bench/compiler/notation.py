"""Whether an expectation is written as the notation says: a slip would count against the compiler."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, get_args
from zoneinfo import available_timezones

from bench.compiler.firing import firings
from bench.compiler.requests import COUNTS, FIELDS, LISTS, TEXTS, Request
from ergos.compile.intent import ActionVerb, OutputForm

VERBS: Final = frozenset(get_args(ActionVerb))
_OP: Final = r"(?:>=|<=|==|!=|>|<|contains)"
_TRIGGERS: Final = (
    r"files .+ \S+ (?:created|changed|deleted)(?:,(?:created|changed|deleted))*",
    r"feed \S+",
    r"page \S+(?: contains .+)?",
    r"mail(?: from \S+)?(?: about .+)?",
    r"webhook",
    r"topic \S+",
    r"outcome [\w-]+ (?:done|failed)(?:,failed)?",
    rf"condition [a-z.]+ {_OP} \d+(?:\.\d+)?%?",
)
_TOOL: Final = r"[a-z]+(?:\.[a-z]+)?(?:\|[a-z]+(?:\.[a-z]+)?)*(?:!ask)?\??"
_VERB: Final = "(?:" + "|".join(sorted(VERBS)) + ")"
_ENTRIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sources": r"\?\d+|~|\S.*",
        "actions": _VERB,
        "fields": r"[^A-Z,;]+",
        "conditions": rf"{_VERB} if .*{_OP} \S.*",
        "targets": r"\S.*",
        "budget": r"-?\d+(?:\.\d+)? (?:[A-Z]{3}|tokens)/(?:call|process|day|week|month|total)",
        "approvals": rf"before (?:{_VERB}|anything)|above \S.*|when .+ {_OP} \S.*",
        "forbidden": rf"{_VERB}|spend|reach",
        "milestones": r"\S.*? by \d{4}-\d\d-\d\d|\S.*",
        "tools": _TOOL,
        "asks": r"(?:sources|recipient|unit|time|currency|what)\??",
        "errors": r"schedule|publish|budget",
    }
)
_TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "form": "|".join(get_args(OutputForm)),
        "output_language": r"[a-z]{2}",
        "format": r"markdown|html|pdf|csv|json|txt",
        "quiet": r"[0-2]\d:[0-5]\d-[0-2]\d:[0-5]\d",
        "escalation": r"\d+ (?:ask|notify|stop)",
        "until": r"\d{4}-\d\d-\d\d",
    }
)


def faults(request: Request) -> Iterator[str]:
    """What is not as `NOTATION.md` has it."""
    datetime.fromisoformat(request.now)
    if request.timezone not in available_timezones():
        yield f"no zone {request.timezone}"
    for name in request.expect:
        if name not in FIELDS:
            yield f"no field {name}"
            continue
        for value in request.alternatives(name):
            yield from (f"{name}: {fault}" for fault in _of_field(name, value))
    if isinstance(tools := request.expect.get("tools"), list) and tools != sorted(tools):
        yield "tools are not sorted"


def _of_field(name: str, value: Any) -> Iterator[str]:  # noqa: ANN401
    if name in LISTS:
        if not isinstance(value, list):
            yield f"{value!r} is no list"
            return
        for entry in value:
            yield from _of_trigger(entry) if name == "triggers" else _unlike(_ENTRIES[name], entry)
    elif name in COUNTS:
        if value is not None and not (isinstance(value, int) and value > 0):
            yield f"{value!r} is no count"
    elif name in TEXTS:
        if not isinstance(value, str):
            yield f"{value!r} is no text"
        elif value:
            yield from _of_text(name, value)
    elif value is not True:
        yield f"{value!r} is not true"


def _of_text(name: str, value: str) -> Iterator[str]:
    if name == "timezone":
        if value not in available_timezones():
            yield f"no zone {value}"
    elif name == "report":
        yield from _of_trigger(f"schedule {value}")
    else:
        yield from _unlike(_TEXTS[name], value)
        if name == "until":
            date.fromisoformat(value)


def _of_trigger(text: str) -> Iterator[str]:
    if not text.startswith(("schedule ", "at ")):
        if not any(re.fullmatch(form, text) for form in _TRIGGERS):
            yield f"{text!r} has no form of a trigger"
        return
    try:
        firings([text])
    except ValueError as wrong:
        yield f"{text!r}: {wrong}"


def _unlike(form: str, entry: object) -> Iterator[str]:
    if not isinstance(entry, str) or re.fullmatch(form, entry) is None:
        yield f"{entry!r} has no form of an entry"
