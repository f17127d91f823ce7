"""Dates as sources write them in their metadata: ISO 8601 and RFC 2822.

Rules: a date without a zone is UTC; a date nobody can mean (before 1900, after 2199) is no date. Dates inside
running text are not read here.
"""

from __future__ import annotations

import calendar
import datetime
import email.utils
import re
import time
from typing import Final

from ergos.base.clock import SECOND

YEAR_MIN: Final = 1900  # year; earlier ones are defaults of broken software
YEAR_MAX: Final = 2199  # year; later ones are mistakes
DATE_CHARS_MAX: Final = 100  # characters of a date; longer ones are not dates

_LOOSE_DAY: Final = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})日?")


def from_struct(value: time.struct_time) -> int | None:
    """UTC nanoseconds of a broken-down UTC time, or None where it is out of range."""
    if not YEAR_MIN <= value.tm_year <= YEAR_MAX:
        return None
    try:
        return calendar.timegm(value) * SECOND
    except (ValueError, OverflowError):
        return None


def from_text(text: str) -> int | None:
    """UTC nanoseconds of an ISO 8601 or RFC 2822 date, or of year, month and day in figures; None if it is neither."""
    text = " ".join(text[:DATE_CHARS_MAX].split()).strip("\"'")
    if not text:
        return None
    moment = _iso(text) or _rfc2822(text) or _day(text)
    if moment is None or not YEAR_MIN <= moment.year <= YEAR_MAX:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    return (moment - epoch) // datetime.timedelta(microseconds=1) * 1_000


def _iso(text: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None


def _rfc2822(text: str) -> datetime.datetime | None:
    try:
        return email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _day(text: str) -> datetime.datetime | None:
    found = _LOOSE_DAY.match(text)
    if found is None:
        return None
    try:
        return datetime.datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=datetime.UTC)
    except ValueError:
        return None
