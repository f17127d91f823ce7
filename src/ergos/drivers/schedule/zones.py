"""Time zones: between instants and the local times of an IANA zone.

A local time is a naive datetime. One that a zone skips is the first instant after the gap; one that it repeats is the
first of the two (RFC 5545, 3.3.5: an ambiguous local time is its first occurrence).

Rules: pure but for the zone files, which `zoneinfo` reads from the machine or from the package tzdata; no clock.
"""

from __future__ import annotations

import difflib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ergos.base.clock import SECOND
from ergos.base.errors import ValueShapeError

YEAR_FIRST: Final = 1900  # instants before are taken for its beginning; nothing is scheduled there
YEAR_LAST: Final = 9000  # no firing is looked for after it; leaves room for arithmetic below datetime's end
ZONE_CHARS_MAX: Final = 64  # characters of a zone's name; the longest IANA name has 32

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(seconds=1)
_LOWEST_S: Final = (datetime(YEAR_FIRST, 1, 1, tzinfo=UTC) - _EPOCH) // _TICK
_HIGHEST_S: Final = (datetime(YEAR_LAST, 1, 1, tzinfo=UTC) - _EPOCH) // _TICK


def zone(name: str) -> ZoneInfo:
    """The zone of a name; '' is UTC. Raises: ValueShapeError."""
    fault = zone_misfit(name)
    if fault:
        raise ValueShapeError(fault, remedy="write an IANA name such as Europe/Berlin")
    return ZoneInfo(name or "UTC")


@lru_cache(maxsize=512)
def zone_misfit(name: str) -> str:
    """Why there is no such zone, with the nearest name; '' where there is."""
    if not name:
        return ""
    if len(name) <= ZONE_CHARS_MAX and name.isascii():
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
        else:
            return ""
    near = nearest_zone(name)
    hint = f"; did you mean '{near}'?" if near else ""
    return f"there is no time zone {name[:ZONE_CHARS_MAX]!r}{hint}"


@lru_cache(maxsize=512)
def nearest_zone(name: str) -> str:
    """The IANA name that resembles a text most, '' for none: a city, another case, a slip of the pen."""
    said = name[:ZONE_CHARS_MAX].strip().replace(" ", "_").lower()
    known = sorted(available_timezones())
    by_text = {full.lower(): full for full in known}
    by_city = {full.rpartition("/")[2].lower(): full for full in known if "/" in full}
    if said in by_text or said in by_city:
        return by_text.get(said) or by_city[said]
    close = difflib.get_close_matches(said, [*by_text, *by_city], n=1, cutoff=0.75)
    return (by_text.get(close[0]) or by_city[close[0]]) if close else ""


def local_of(at_ns: int, where: ZoneInfo) -> datetime:
    """The local time of an instant, to the second; instants beyond the bounds are taken for them."""
    seconds = min(max(at_ns // SECOND, _LOWEST_S), _HIGHEST_S)
    return (_EPOCH + timedelta(seconds=seconds)).astimezone(where).replace(tzinfo=None, fold=0)


def instant_of(local: datetime, where: ZoneInfo) -> int:
    """The instant of a local time, nanoseconds since 1970: of a skipped one the end of the gap, of a repeated one the
    first.
    """
    before, after = _offsets(local, where)
    naive_s = (local.replace(tzinfo=UTC) - _EPOCH) // _TICK
    if after <= before:
        return (naive_s - before) * SECOND
    # Within a gap: the clock changes somewhere in (local - after, local - before].
    low, high = naive_s - after, naive_s - before
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(middle, where) == before:
            low = middle
        else:
            high = middle
    return high * SECOND


def is_skipped(local: datetime, where: ZoneInfo) -> bool:
    """Whether the zone has no such local time."""
    before, after = _offsets(local, where)
    return after > before


def is_repeated(local: datetime, where: ZoneInfo) -> bool:
    """Whether the zone has this local time twice."""
    before, after = _offsets(local, where)
    return after < before


def _offsets(local: datetime, where: ZoneInfo) -> tuple[int, int]:
    """Offsets in seconds that hold before and after a change of the clock at this local time; equal where none is."""
    first = local.replace(tzinfo=where, fold=0).utcoffset()
    second = local.replace(tzinfo=where, fold=1).utcoffset()
    assert first is not None
    assert second is not None
    return first // _TICK, second // _TICK


def _offset_at(seconds: int, where: ZoneInfo) -> int:
    offset = (_EPOCH + timedelta(seconds=seconds)).astimezone(where).utcoffset()
    assert offset is not None
    return offset // _TICK
