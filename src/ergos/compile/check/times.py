"""Lints about times: schedules that are over, never come or come too often; quiet hours that leave no time to answer.

Rules: pure; days and zones are the calendar's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from ergos.compile.check.cost import count
from ergos.compile.circumstances import Circumstances
from ergos.compile.diagnostics import Diagnostic
from ergos.compile.intent import Span
from ergos.kernel.triggers import Feed, Files, Mailbox, Page, Schedule
from ergos.lib.agent_file import AgentFile
from ergos.lib.work import QuietHours

STORM_PER_HOUR: Final = 30  # firings an hour from which on it is said; one in two minutes
OFTEN_S: Final = 60  # seconds between two looks at somebody's page below which it is said
HOUR_NS: Final = 3_600 * 1_000_000_000
QUIET_HOURS_MAX: Final = 20  # quiet hours of a day from which on hardly anything is answered in time


def about_times(file: AgentFile, circumstances: Circumstances, known: Mapping[str, Span]) -> Iterator[Diagnostic]:
    """All findings about times."""
    zone = file.work.timezone or "UTC"
    for trigger in file.work.triggers:
        spans = (known[trigger.name],) if trigger.name in known else ()
        if isinstance(trigger, Schedule):
            yield from _schedule(trigger, zone, circumstances, spans)
        elif isinstance(trigger, Feed | Page | Mailbox) and trigger.every_s < OFTEN_S:
            often = str(3_600 // max(trigger.every_s, 1))
            yield Diagnostic(code="C338", spans=spans, values={"name": trigger.name, "count": often})
        elif isinstance(trigger, Files) and not trigger.events:
            why = "no events" if file.language == "en" else "没有事件"
            yield Diagnostic(code="C337", spans=spans, values={"name": trigger.name, "why": why})
    if file.work.quiet_hours is not None:
        quiet = _hours(file.work.quiet_hours)
        if quiet >= QUIET_HOURS_MAX:
            yield Diagnostic(code="C345", values={"hours": f"{quiet:g}"})


def _schedule(
    trigger: Schedule, zone: str, circumstances: Circumstances, spans: tuple[Span, ...]
) -> Iterator[Diagnostic]:
    calendar, now_ns = circumstances.calendar, circumstances.now_ns
    misfit = calendar.misfit(trigger, zone)
    if misfit:
        yield Diagnostic(code="C337", spans=spans, values={"name": trigger.name, "why": misfit})
        return
    first = calendar.next_ns(trigger, zone, now_ns, now_ns)
    if first is None and trigger.at:
        yield Diagnostic(code="C339", spans=spans, values={"name": trigger.name, "when": trigger.at.replace("T", " ")})
    elif first is None:
        why = trigger.rule or trigger.cron
        yield Diagnostic(code="C337", spans=spans, values={"name": trigger.name, "why": why.replace("\n", " ")})
    else:
        often = max(
            _within_an_hour(trigger, zone, circumstances, now_ns),
            _within_an_hour(trigger, zone, circumstances, first - 1),
        )
        if often >= STORM_PER_HOUR:
            yield Diagnostic(code="C338", spans=spans, values={"name": trigger.name, "count": str(often)})


def _within_an_hour(trigger: Schedule, zone: str, circumstances: Circumstances, from_ns: int) -> int:
    return count(trigger, zone, msgspec.structs.replace(circumstances, now_ns=from_ns), HOUR_NS)


def _hours(quiet: QuietHours) -> float:
    """How long they last of a day."""
    start, end = _minutes(quiet.start), _minutes(quiet.end)
    length = (end - start) % 1_440 or 1_440
    return length / 60 * (len(quiet.days) / 7 if quiet.days else 1)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours or 0) * 60 + int(minutes or 0)
