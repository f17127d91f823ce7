"""A second, slow reading of schedules: every minute of real time is looked at."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE_NS = 60 * 10**9


def ns(text: str, zone: str = "UTC") -> int:
    """The instant of an ISO time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 10**9


def local(at_ns: int, zone: str) -> str:
    """Its local time."""
    return datetime.fromtimestamp(at_ns // 10**9, ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def walk(matches: Callable[[datetime], bool], zone: str, after_ns: int, minutes: int) -> Iterator[int]:
    """Instants at which a local time that matches begins for the first time, or would have begun within a gap."""
    where = ZoneInfo(zone)
    shown: set[datetime] = set()
    at = datetime.fromtimestamp(after_ns // 10**9, UTC) - timedelta(minutes=26 * 60)
    before: datetime | None = None
    for _ in range(minutes + 26 * 60):
        at += timedelta(minutes=1)
        here = at.astimezone(where).replace(tzinfo=None)
        due = here not in shown and matches(here)
        if before is not None and here - before > timedelta(minutes=1):
            missing = before + timedelta(minutes=1)
            while missing < here:
                due = due or matches(missing)
                shown.add(missing)
                missing += timedelta(minutes=1)
        shown.add(here)
        before = here
        at_ns = int(at.timestamp()) * 10**9
        if due and at_ns > after_ns:
            yield at_ns


def last_day(moment: datetime) -> int:
    """Days of its month."""
    return monthrange(moment.year, moment.month)[1]
