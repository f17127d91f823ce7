"""Recurrence rules as they are written: RFC 5545, section 3.3.10, read strictly.

Rules: pure and bounded; what cannot be read is said in plain words, never guessed. Times are whole minutes, so SECONDLY
and seconds within a minute are refused: they are storms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final, Literal

import msgspec

RULE_CHARS_MAX: Final = 1_000  # characters of one rule; a longer one is no recurrence anybody can read
RULES_MAX: Final = 24  # rules of one schedule: as many as hours of a day
INTERVAL_MAX: Final = 100_000  # periods; of minutes it is two months
COUNT_MAX: Final = 10_000  # firings counted out; counting them takes time in proportion

Frequency = Literal["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"]
FREQUENCIES: Final[tuple[Frequency, ...]] = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_DAY: Final = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d{1,6}", re.ASCII)
_UNTIL: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?", re.ASCII)
_LISTS: Final[Mapping[str, tuple[int, int, bool]]] = {
    "BYMONTH": (1, 12, False),
    "BYWEEKNO": (1, 53, True),
    "BYYEARDAY": (1, 366, True),
    "BYMONTHDAY": (1, 31, True),
    "BYSETPOS": (1, 366, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
}
"""Lowest, highest, and whether it may count from the end."""
_NAMES: Final = frozenset(_LISTS) | {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYSECOND", "WKST"}


class RuleMisfitError(ValueError):
    """A rule cannot be read; its text says why."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One recurrence, read."""

    frequency: Frequency
    interval: int = 1
    count: int = 0
    """0: without end."""
    until: datetime | None = None
    """Last moment that counts: local if naive, else UTC."""
    months: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    days: frozenset[tuple[int, int]] = frozenset()
    """(n-th, 0 for every; weekday, Monday is 0)."""
    positions: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    week_start: int = 0


def read_rules(text: str) -> tuple[Rule, ...]:
    """Every line of it. Raises: RuleMisfitError."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise RuleMisfitError("the rule is empty")
    if len(lines) > RULES_MAX:
        raise RuleMisfitError(f"{len(lines)} rules in one schedule, {RULES_MAX} at most")
    return tuple(read_rule(line) for line in lines)


@lru_cache(maxsize=1024)
def read_rule(text: str) -> Rule:
    """One rule, with or without 'RRULE:' in front. Raises: RuleMisfitError."""
    if len(text) > RULE_CHARS_MAX:
        raise RuleMisfitError(f"the rule has {len(text):,} characters, {RULE_CHARS_MAX:,} at most")
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.strip().partition("=")
        if name == "BYEASTER" or name not in _NAMES or not equals or not value:
            raise RuleMisfitError(f"{part.strip()[:40]!r} is no part of a recurrence rule")
        if name in parts:
            raise RuleMisfitError(f"{name} stands there twice")
        parts[name] = value
    frequency = _frequency(parts)
    _refuse_seconds(parts)
    if "COUNT" in parts and "UNTIL" in parts:
        raise RuleMisfitError("COUNT and UNTIL exclude each other")
    lists = {name: _list(name, parts[name]) for name in _LISTS if name in parts}
    rule = Rule(
        frequency=frequency,
        interval=_counted(parts, "INTERVAL", INTERVAL_MAX) or 1,
        count=_counted(parts, "COUNT", COUNT_MAX),
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        months=frozenset(lists.get("BYMONTH", ())),
        weeks=frozenset(lists.get("BYWEEKNO", ())),
        year_days=frozenset(lists.get("BYYEARDAY", ())),
        month_days=frozenset(lists.get("BYMONTHDAY", ())),
        days=_days(parts.get("BYDAY", "")),
        positions=tuple(lists.get("BYSETPOS", ())),
        hours=tuple(sorted(set(lists.get("BYHOUR", ())))),
        minutes=tuple(sorted(set(lists.get("BYMINUTE", ())))),
        week_start=_week_start(parts.get("WKST", "MO")),
    )
    _refuse_senseless(rule, parts)
    return rule


def _frequency(parts: Mapping[str, str]) -> Frequency:
    said = parts.get("FREQ", "")
    for frequency in FREQUENCIES:
        if said == frequency:
            return frequency
    if said == "SECONDLY":
        raise RuleMisfitError("FREQ=SECONDLY is a storm: once a minute is the fastest")
    if not said:
        raise RuleMisfitError("the rule has no FREQ")
    raise RuleMisfitError(f"FREQ={said[:20]} is unknown; there are {', '.join(FREQUENCIES)}")


def _refuse_seconds(parts: Mapping[str, str]) -> None:
    if parts.get("BYSECOND", "0").strip("0"):
        raise RuleMisfitError("BYSECOND: times are whole minutes; several times within a minute are a storm")


def _counted(parts: Mapping[str, str], name: str, most: int) -> int:
    """A positive number, 0 where the part is absent."""
    if name not in parts:
        return 0
    said = parts[name]
    if not (said.isascii() and said.isdigit()) or len(said) > 9 or not 1 <= int(said) <= most:
        raise RuleMisfitError(f"{name}={said[:20]}: a whole number from 1 to {most:,} is expected")
    return int(said)


def _list(name: str, text: str) -> list[int]:
    lowest, highest, negative = _LISTS[name]
    found: list[int] = []
    for one in text.split(","):
        value = int(one) if _WHOLE.fullmatch(one) else highest + 1
        if not lowest <= (abs(value) if negative else value) <= highest:
            from_end = f", or -{highest} to -{lowest}" if negative else ""
            raise RuleMisfitError(f"{name}={one[:20]}: {lowest} to {highest}{from_end} is expected")
        found.append(value)
    return found


def _days(text: str) -> frozenset[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for one in text.split(",") if text else ():
        match = _DAY.fullmatch(one)
        nth = int(match[1] or 0) if match else 0
        if match is None or abs(nth) > 53 or (match[1] and not nth):
            raise RuleMisfitError(f"BYDAY={one[:20]}: a day such as MO, 1FR or -1SU is expected")
        found.add((nth, WEEKDAYS.index(match[2])))
    return frozenset(found)


def _week_start(text: str) -> int:
    if text not in WEEKDAYS:
        raise RuleMisfitError(f"WKST={text[:20]}: a day such as MO is expected")
    return WEEKDAYS.index(text)


def _until(text: str) -> datetime:
    match = _UNTIL.fullmatch(text)
    try:
        day = date.fromisoformat("-".join(match.group(1, 2, 3)) if match else "")
        if match is None or match[4] is None:
            return datetime.combine(day, time(23, 59, 59))
        hour, minute, second = (int(part) for part in match.group(4, 5, 6))
        return datetime.combine(day, time(hour, minute, min(second, 59)), tzinfo=UTC if match[7] else None)
    except ValueError:
        raise RuleMisfitError(f"UNTIL={text[:20]}: a day such as 20270331 is expected") from None


def _refuse_senseless(rule: Rule, parts: Mapping[str, str]) -> None:
    """What RFC 5545 forbids to stand together."""
    if any(nth for nth, _ in rule.days) and rule.frequency not in ("YEARLY", "MONTHLY"):
        raise RuleMisfitError(f"a numbered BYDAY has no meaning with FREQ={rule.frequency}")
    if any(nth for nth, _ in rule.days) and rule.weeks:
        raise RuleMisfitError("a numbered BYDAY has no meaning with BYWEEKNO")
    if rule.frequency == "MONTHLY" and any(abs(nth) > 5 for nth, _ in rule.days):
        raise RuleMisfitError("a month has five of a weekday at most")
    if rule.weeks and rule.frequency != "YEARLY":
        raise RuleMisfitError("BYWEEKNO needs FREQ=YEARLY")
    if rule.weeks and rule.week_start:
        raise RuleMisfitError("BYWEEKNO counts weeks from Monday; leave out WKST")
    if rule.month_days and rule.frequency == "WEEKLY":
        raise RuleMisfitError("BYMONTHDAY has no meaning with FREQ=WEEKLY")
    if rule.year_days and rule.frequency in ("DAILY", "WEEKLY", "MONTHLY"):
        raise RuleMisfitError(f"BYYEARDAY has no meaning with FREQ={rule.frequency}")
    if rule.positions and not any(name in parts for name in _LISTS.keys() - {"BYSETPOS"} | {"BYDAY"}):
        raise RuleMisfitError("BYSETPOS needs another BY… part to choose from")
