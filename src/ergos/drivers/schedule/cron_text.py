"""Cron expressions of five fields, by `cronsim`: minute, hour, day of month, month, day of week.

`cronsim` reads what Debian's cron reads and gives up after 50 years. It is asked in local time without a zone, so that
skipped and repeated hours are treated as those of every other schedule; `zones` does that.

Rules: pure, bounded; what is wrong is said in plain words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from ergos.drivers.schedule.zones import YEAR_LAST

CRON_CHARS_MAX: Final = 200  # characters; 'minute,minute,…' for every minute of an hour has 169

_FIELDS: Final = {
    "Bad minute": "the minute (first field) must be 0 to 59",
    "Bad hour": "the hour (second field) must be 0 to 23",
    "Bad day-of-month": "the day of the month (third field) must be 1 to 31, and one that its months have",
    "Bad month": "the month (fourth field) must be 1 to 12",
    "Bad day-of-week": "the day of the week (fifth field) must be 0 to 7 or SUN to SAT",
}
_PROBE: Final = datetime.fromisoformat("2024-01-01")


@lru_cache(maxsize=512)
def cron_misfit(text: str) -> str:
    """Why it cannot be read or never fires; ''."""
    from cronsim import CronSimError

    shown = text[:40]
    if len(text) > CRON_CHARS_MAX:
        return f"the cron expression has {len(text):,} characters, {CRON_CHARS_MAX} at most"
    fields = len(text.split())
    if fields != 5:
        return f"cron {shown!r} has {fields} fields, five are expected: minute, hour, day of month, month, day of week"
    try:
        first = next(cron_times(text, _PROBE), None)
    except CronSimError as error:
        return f"cron {shown!r}: {_FIELDS.get(str(error), str(error))}"
    return "" if first else f"cron {shown!r} never fires"


def cron_times(text: str, floor: datetime) -> Iterator[datetime]:
    """Local times from `floor` on, in order. Raises: cronsim.CronSimError."""
    from cronsim import CronSim

    if floor.year >= YEAR_LAST:
        return
    for moment in CronSim(text, floor - timedelta(minutes=1)):
        if moment.year >= YEAR_LAST:
            return
        yield moment
