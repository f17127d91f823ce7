"""The triggers of an intent as those of a program: one name each, paths that tools take, what they need of the home.

Rules: a trigger watches what was said and nothing else; a secret, an account or a broker that the home lacks is a
question, because without it the trigger could never fire.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import Intent, Span
from ergos.compile.lower.flow import WORDS_CHARS_MAX
from ergos.compile.lower.places import Places, Unplaced
from ergos.kernel.triggers import AnyTrigger, Feed, Files, Mailbox, Outcome, Page, Schedule, Topic, Webhook
from ergos.lib.work import TRIGGERS_MAX

_WHY: Final = {"whole": "C313", "unknown": "C318", "shape": "C319"}


def triggers_of(
    intent: Intent, circumstances: Circumstances, places: Places
) -> tuple[tuple[AnyTrigger, ...], tuple[Diagnostic, ...]]:
    """The triggers, and what is to be said about them."""
    found: list[AnyTrigger] = []
    said: list[Diagnostic] = []
    for one in intent.triggers[:TRIGGERS_MAX]:
        trigger = one.value
        words = " ".join(intent.prose[one.span[0] : one.span[1]].split())[:WORDS_CHARS_MAX]
        if isinstance(trigger, Files):
            folder = places.folder(trigger.folder)
            if isinstance(folder, Unplaced):
                said.append(Diagnostic(code=_WHY[folder.why], spans=(one.span,), values={"path": folder.path}))
                continue
            trigger = msgspec.structs.replace(trigger, folder=folder)
        trigger, asked = _of_home(trigger, one.span, circumstances)
        said.extend(asked)
        found.append(msgspec.structs.replace(trigger, words=words, name=_named(trigger, found)))
    found = _polled(found)
    if len(intent.triggers) > TRIGGERS_MAX:
        said.append(Diagnostic(code="C322", spans=(intent.triggers[TRIGGERS_MAX].span,)))
    return tuple(found), tuple(said)


def _polled(found: list[AnyTrigger]) -> list[AnyTrigger]:
    """'Every hour check this page': the page is looked at every hour, and a schedule besides would fire for nothing."""
    schedules = [one for one in found if isinstance(one, Schedule)]
    pages = [one for one in found if isinstance(one, Page | Feed)]
    every_s = _every_s(schedules[0]) if len(schedules) == 1 else None
    if not pages or every_s is None or len(pages) + 1 != len(found):
        return found
    return [msgspec.structs.replace(one, every_s=every_s) for one in pages]


def _every_s(schedule: Schedule) -> int | None:
    """Seconds between two firings of a rule that only repeats; None for any other."""
    parts = dict(part.split("=", 1) for part in schedule.rule.split(";") if "=" in part)
    unit = {"MINUTELY": 60, "HOURLY": 3_600, "DAILY": 86_400}.get(parts.get("FREQ", ""))
    interval = parts.get("INTERVAL", "1")
    plain = not set(parts) - {"FREQ", "INTERVAL", "BYMINUTE"} or (
        parts.get("FREQ") == "DAILY" and "," not in parts.get("BYHOUR", "")
    )
    return unit * int(interval) if unit is not None and plain and interval.isdigit() else None


def _named(trigger: AnyTrigger, before: list[AnyTrigger]) -> str:
    """Its own name, or its kind's, with a number where another one has it."""
    stem = trigger.name or str(type(trigger).__struct_config__.tag)
    taken = {one.name for one in before}
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name


def _of_home(
    trigger: AnyTrigger, span: Span, circumstances: Circumstances
) -> tuple[AnyTrigger, tuple[Diagnostic, ...]]:
    """What a trigger names that must be in the home; the only one there is is meant where none was named."""
    match trigger:
        case Webhook():
            secret, asked = _one("C327", "hook", trigger.secret, circumstances.secrets, span)
            return msgspec.structs.replace(trigger, secret=secret), asked
        case Mailbox():
            account, asked = _one("C328", "mail", trigger.account, circumstances.accounts, span)
            return msgspec.structs.replace(trigger, account=account), asked
        case Topic() if trigger.broker:
            broker, asked = _one("C329", "broker", trigger.broker, circumstances.brokers, span)
            return msgspec.structs.replace(trigger, broker=broker), asked
        case Outcome() if trigger.agent not in circumstances.agents:
            return trigger, (Diagnostic(code="C346", spans=(span,), values={"who": trigger.agent}),)
        case _:
            return trigger, ()


def _one(code: str, kind: str, named: str, there: frozenset[str], span: Span) -> tuple[str, tuple[Diagnostic, ...]]:
    if named in there:
        return named, ()
    if not named and len(there) == 1:
        return next(iter(there)), ()
    if not named and there:
        return "", (Diagnostic(code="C355", spans=(span,), values={"name": kind}, choices=tuple(sorted(there))),)
    return named or kind, (Diagnostic(code=code, spans=(span,), values={"name": named or kind}),)
