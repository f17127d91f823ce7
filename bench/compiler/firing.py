"""When schedules fire, so that two are compared by their times and not by their spelling."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from dateutil.rrule import rrulestr

START: Final = datetime(2026, 11, 27)  # noqa: DTZ001 - local times are compared
"""From which all are counted; a Friday, so that no rule begins on its own day by chance."""
HORIZON: Final = timedelta(days=1200)  # three years and a leap day's distance, for yearly rules
FIRINGS_MAX: Final = 3000  # of one schedule; enough to tell two that fire every minute apart from any other


def firings(schedules: Iterable[str]) -> frozenset[datetime]:
    """All times of schedules as the notation has them: 'schedule RULE', 'at LOCAL TIME'. Raises: ValueError."""
    return frozenset(moment for one in schedules for moment in itertools.islice(_times(one), FIRINGS_MAX))


def _times(schedule: str) -> Iterator[datetime]:
    kind, _, rest = schedule.partition(" ")
    if kind == "at":
        yield datetime.fromisoformat(rest).replace(tzinfo=None)
        return
    for line in rest.split("\n"):
        rule = rrulestr(_bare(line), dtstart=START, cache=False)
        yield from itertools.takewhile(lambda moment: moment < START + HORIZON, rule)


def _bare(rule: str) -> str:
    """Without its end, which the notation keeps in a field of its own, and with seconds that do not count."""
    parts = [part for part in rule.strip().removeprefix("RRULE:").split(";") if part]
    kept = [part for part in parts if not re.match(r"(?:UNTIL|COUNT|BYSECOND)=", part)]
    return ";".join(kept)
