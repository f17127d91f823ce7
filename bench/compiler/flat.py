"""What the compiler made of a request, in the flat fields of the notation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from bench.compiler.canonical import path
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import Action, ApprovalSaid, Intent, Output
from ergos.kernel.triggers import (
    AnyTrigger,
    Condition,
    Feed,
    Files,
    Mailbox,
    Outcome,
    Page,
    Schedule,
    Topic,
    Webhook,
)
from ergos.lib.agent_file import AgentFile

_GOES: Final = frozenset(
    {"append", "write", "move", "copy", "send", "publish", "post", "translate", "extract", "filter"}
)
"""Verbs whose target is a place that something goes to."""
_MAIL: Final = re.compile(r"[^\s,;，；、<>]+@[^\s,;，；、<>]+\.[A-Za-z]{2,}")
_SAID_BY_VERB: Final[Mapping[str, str]] = MappingProxyType({"summary": "summarise", "brief": "brief"})

ASKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "C202": "sources", "C215": "sources", "C216": "sources",
        "C303": "sources", "C320": "sources", "C353": "sources",
        "C203": "recipient", "C307": "recipient", "C308": "recipient",
        "C204": "unit", "C323": "currency", "C309": "time",
    }
)  # fmt: skip
"""What a diagnostic asks for, by its code; any other question is 'time' of C1xx, else 'what'."""
WRONG: Final[Mapping[str, str]] = MappingProxyType(
    {
        "C208": "budget", "C209": "budget", "C301": "budget", "C207": "publish", "C304": "publish", "C337": "schedule",
        "C339": "schedule", "C354": "schedule",
    }
)  # fmt: skip
"""What contradicts itself, by code; any other error is 'schedule' of C1xx, else 'other'."""


def flat(intent: Intent, file: AgentFile | None, diagnostics: Iterable[Diagnostic], home_zone: str) -> dict[str, Any]:
    """Every field of the notation that is not empty."""
    said = tuple(diagnostics)
    verbs = actions_of(intent)
    fields: dict[str, Any] = {
        "triggers": [trigger_text(one.value) for one in intent.triggers],
        "timezone": "" if intent.timezone == home_zone else intent.timezone,
        "sources": _sources(intent),
        "actions": verbs,
        "fields": [field for one in intent.actions if one.value.verb == "extract" for field in one.value.fields],
        "conditions": [text for one in intent.actions for text in _conditions(one.value)],
        "targets": _targets(intent),
        "budget": [f"{_number(one.value.amount)} {one.value.unit}/{one.value.period}" for one in intent.budgets],
        "approvals": list(dict.fromkeys(text for one in intent.approvals for text in _approval(one.value))),
        "forbidden": list(dict.fromkeys(one.value.verb for one in intent.forbidden)),
        "quiet": ""
        if intent.quiet_hours is None
        else f"{intent.quiet_hours.value.start}-{intent.quiet_hours.value.end}",
        "escalation": ""
        if intent.escalation is None
        else f"{intent.escalation.value.after} {intent.escalation.value.then}",
        "until": "" if intent.until is None else intent.until.value,
        "milestones": [
            f"{one.value.name} by {one.value.due}" if one.value.due else one.value.name for one in intent.milestones
        ],
        "report": "" if intent.report is None else intent.report.value,
        "tools": tools_of(file),
        "asks": sorted({asked for one in said if (asked := kind_asked(one))}),
        "errors": sorted(
            {
                WRONG.get(one.code, "schedule" if one.code.startswith("C1") else "other")
                for one in said
                if one.severity == "error"
            }
        ),
    }
    fields |= _output(None if intent.output is None else intent.output.value, verbs, fields["targets"])
    return {name: value for name, value in fields.items() if value not in ([], "", None, False)}


def kind_asked(diagnostic: Diagnostic) -> str:
    """What a diagnostic asks its owner for, or ''."""
    if diagnostic.code not in ASKED and diagnostic.severity != "question":
        return ""
    return ASKED.get(diagnostic.code, "time" if diagnostic.code.startswith("C1") else "what")


def tools_of(file: AgentFile | None) -> list[str]:
    """Tools and tasks that its grants name."""
    grants = () if file is None else file.grants
    return sorted({one.name + ("!ask" if one.ask else "") for one in grants if one.verb in ("act", "think")})


def actions_of(intent: Intent) -> list[str]:
    """Verbs in their order, with a publication of which only the approval was spoken."""
    verbs = [str(one.value.verb) for one in intent.actions]
    wanted = "publish" not in verbs and any(one.value.before == "publish" for one in intent.approvals)
    return [*verbs, "publish"] if wanted else verbs


def trigger_text(trigger: AnyTrigger) -> str:
    """A trigger as the notation writes it."""
    match trigger:
        case Schedule():
            return f"at {trigger.at[:16]}" if trigger.at else f"schedule {trigger.rule or 'CRON ' + trigger.cron}"
        case Files():
            return f"files {trigger.folder} {trigger.pattern} {','.join(trigger.events)}"
        case Feed():
            return f"feed {trigger.url}"
        case Page():
            return f"page {trigger.url}" + (f" contains {trigger.contains}" if trigger.contains else "")
        case Mailbox():
            about = f" about {trigger.subject}" if trigger.subject else ""
            return "mail" + (f" from {trigger.sender}" if trigger.sender else "") + about
        case Webhook():
            return "webhook"
        case Topic():
            return f"topic {trigger.topic}"
        case Outcome():
            return f"outcome {trigger.agent} {','.join(trigger.states)}"
        case Condition():
            value = f"{trigger.value * 100:g}%" if trigger.share else f"{trigger.value:g}"
            return f"condition {trigger.figure} {trigger.compare} {value}"


def _sources(intent: Intent) -> list[str]:
    watched = {path(one.value.url) for one in intent.triggers if isinstance(one.value, Feed | Page)}
    watched |= {path(one.value.folder) for one in intent.triggers if isinstance(one.value, Files)}
    found: list[str] = []
    for one in intent.sources:
        source = one.value
        text = source.at or (f"?{source.count}" if source.count > 1 else "~")
        if not (source.at and path(source.at) in watched):
            found.append(text)
    return list(dict.fromkeys(found))


def _targets(intent: Intent) -> list[str]:
    found: list[str] = []
    for one in intent.actions:
        action = one.value
        if not action.target or action.verb not in _GOES:
            continue
        people = _MAIL.findall(action.target)
        if action.verb == "send":
            found += people or re.findall(r"\+\d[\d ]+\d", action.target)
        elif action.verb == "post":
            named = action.target.strip()
            found += [named] if named.startswith("#") or "://" in named or f"#{named}" in intent.prose else []
        elif action.verb != "publish" or re.search(r"[/.]", action.target):
            found.append(action.target)
    return list(dict.fromkeys(found))


def _conditions(action: Action) -> list[str]:
    return [f"{action.verb} if {left} {compare} {right}" for left, compare, right in action.when]


def _approval(said: ApprovalSaid) -> list[str]:
    if not said.when:
        return [f"before {said.before}"] if said.before else []
    return [_above(*one) for one in said.when]


def _above(left: str, compare: str, right: str) -> str:
    return f"above {right}" if not left and compare in (">", ">=") else f"when {left} {compare} {right}"


def _output(said: Output | None, verbs: list[str], targets: list[str]) -> dict[str, Any]:
    if said is None:
        return {}
    endings = {one.rpartition(".")[2].lower() for one in targets}
    implied = {"md": "markdown", "htm": "html"}
    endings |= {implied[one] for one in endings if one in implied}
    told = _SAID_BY_VERB.get(said.form, "") in verbs
    return {
        "form": "" if told else said.form,
        "pages": said.pages,
        "words": said.words,
        "items": said.items,
        "output_language": said.language,
        "format": "" if said.format in endings else said.format,
        "cited": said.cited,
    }


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"
