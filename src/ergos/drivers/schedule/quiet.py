"""Quiet hours, and instants as an owner reads them: in local time.

Rules: pure but for the zone files; no clock.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final, Protocol

from ergos.base.errors import ValueShapeError
from ergos.drivers.schedule.rule_text import WEEKDAYS
from ergos.drivers.schedule.zones import instant_of, local_of, zone
from ergos.kernel.permission.wording import Language

_EN_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ZH_DAYS: Final = "一二三四五六日"


class Window(Protocol):
    """Hours of a day, such as `lib.work.QuietHours`."""

    @property
    def start(self) -> str:
        """Local time, 'HH:MM'."""
        ...

    @property
    def end(self) -> str:
        """Local time; not after `start` it is that of the next day."""
        ...

    @property
    def days(self) -> tuple[str, ...]:
        """Weekdays on which it begins ('MO'); (): every day."""
        ...


def quiet_until_ns(quiet: Window, timezone: str, at_ns: int) -> int | None:
    """When the quiet hours end that hold an instant; None: it is not within any. Raises: ValueShapeError."""
    where = zone(timezone)
    start, end = _clock(quiet.start), _clock(quiet.end)
    today = local_of(at_ns, where).date()
    for day in (today - timedelta(days=1), today):
        if quiet.days and WEEKDAYS[day.weekday()] not in quiet.days:
            continue
        last = day if end > start else day + timedelta(days=1)
        end_ns = instant_of(datetime.combine(last, end), where)
        if instant_of(datetime.combine(day, start), where) <= at_ns < end_ns:
            return end_ns
    return None


def local_date(at_ns: int, timezone: str) -> str:
    """'2026-12-25'. Raises: ValueShapeError."""
    return local_of(at_ns, zone(timezone)).date().isoformat()


def local_minute(at_ns: int, timezone: str) -> str:
    """'2026-12-25T08:00'. Raises: ValueShapeError."""
    return local_of(at_ns, zone(timezone)).isoformat(timespec="minutes")


def local_words(at_ns: int, timezone: str, language: Language) -> str:
    """'Fri 2026-12-25 08:00', '2026-12-25 周五 08:00'. Raises: ValueShapeError."""
    local = local_of(at_ns, zone(timezone))
    day, clock = local.date().isoformat(), f"{local:%H:%M}"
    if language == "zh":
        return f"{day} 周{_ZH_DAYS[local.weekday()]} {clock}"
    return f"{_EN_DAYS[local.weekday()]} {day} {clock}"


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text) if len(text) == 5 else time.fromisoformat("")
    except ValueError:
        raise ValueShapeError(f"{text[:20]!r} is no time of day", remedy="write it like 22:00") from None
