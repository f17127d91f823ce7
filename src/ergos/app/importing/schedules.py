"""Times as other systems write them, as triggers of ours: intervals, cron expressions, single times.

Rules: what cannot be said exactly is reported and makes no trigger; a missing zone is UTC, and said.
"""

from __future__ import annotations

import datetime
import re
from typing import Final

from ergos.app.importing.remarks import Findings
from ergos.base.clock import SECOND
from ergos.kernel.triggers import Schedule

EVERY_S_MIN: Final = 60  # seconds between two times of an imported interval; less is a storm
_DURATION: Final = re.compile(r"(?:([0-9]{1,6})\s*(d|h|ms|m|s|w)[a-z]*\s*)", re.IGNORECASE)
_UNIT_MS: Final = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_FIELD: Final = re.compile(
    r"(?:[0-9*/,\-]|(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|SUN|MON|TUE|WED|THU|FRI|SAT))+", re.IGNORECASE
)
_NICKNAMES: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,2}")
_YEARS: Final = (1971, 2200)  # what fits in 64 bits of nanoseconds


def duration_ms(said: str) -> int | None:
    """'30m', '1h30m', '90 s'; None for what is none. '' and bare numbers are none."""
    text = said.strip()
    parts = list(_DURATION.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        return None
    return sum(int(part[1]) * _UNIT_MS[part[2].lower()] for part in parts)


def zone(said: str, where: str, findings: Findings) -> str:
    """An IANA name; '' for none, with a remark for one that is none."""
    text = said.strip()
    if not text or text.lower() in ("local", "system", "user"):
        return ""
    if len(text) > 64 or not _ZONE.fullmatch(text):
        findings.add("I301", where, text)
        return ""
    return text


def interval(
    name: str, every_ms: int, where: str, findings: Findings, *, hours: tuple[int, ...] = ()
) -> Schedule | None:
    """Every so often; `hours`: only within these hours of the day."""
    seconds = every_ms // 1_000
    if seconds < EVERY_S_MIN or every_ms % 60_000:
        findings.add("I301", where, f"every {every_ms:,} ms")
        return None
    minutes = seconds // 60
    for unit, frequency in ((10_080, "WEEKLY"), (1_440, "DAILY"), (60, "HOURLY"), (1, "MINUTELY")):
        if minutes % unit == 0:
            rule = f"FREQ={frequency}" + (f";INTERVAL={minutes // unit}" if minutes != unit else "")
            rule += f";BYHOUR={','.join(map(str, hours))}" if hours and unit <= 60 else ""
            return Schedule(name=name, rule=rule, words=where)
    raise AssertionError(minutes)


def cron(name: str, expression: str, timezone: str, where: str, findings: Findings) -> Schedule | None:
    """A cron expression of five fields, or of six whose seconds are 0."""
    text = _NICKNAMES.get(expression.strip().lower(), expression).replace("?", "*")
    fields = text.split()
    if len(fields) == 6 and fields[0] in ("0", "00", "*"):
        fields = fields[1:]
    if len(fields) != 5 or len(text) > 200 or not all(_FIELD.fullmatch(field) for field in fields):
        findings.add("I301", where, expression)
        return None
    return Schedule(name=name, cron=" ".join(fields), timezone=timezone, words=where)


def once(name: str, at: str | float, timezone: str, now_ns: int, where: str, findings: Findings) -> Schedule | None:
    """One time: ISO 8601, or milliseconds since 1970."""
    try:
        if isinstance(at, str):
            found = datetime.datetime.fromisoformat(at.strip())
        else:
            found = datetime.datetime.fromtimestamp(at / 1_000, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        findings.add("I301", where, str(at))
        return None
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        findings.add("I301", where, str(at))
        return None
    if found.tzinfo is not None:
        found, timezone = found.astimezone(datetime.UTC), "UTC"
        if found.timestamp() * SECOND <= now_ns:
            findings.add("I305", where, str(at))
            return None
    return Schedule(name=name, at=found.strftime("%Y-%m-%dT%H:%M"), timezone=timezone or "UTC", words=where)
