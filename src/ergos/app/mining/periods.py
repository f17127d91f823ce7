"""Does something happen at set times? Tests of calendar-like repetition in a handful of times.

For each window of the calendar (a weekday and three hours, three hours of each day or each working day, a day of the
month) the number of times within it is compared with what chance would put there: a binomial test, one-sided
(Clopper & Pearson 1934 give its interval), whose level is divided by the number of windows and of things tested
(Bonferroni; Dunn 1961). Chance is the person's own rhythm: the share of all their other activity in that window, and
never less than an office day would put there.

Rules: pure; at most one time a day counts, so a burst is one; what passes the test must also cover most of the weeks
(days, months) of the time spanned, recently, too.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

LEVEL: Final = 0.004  # probability that chance alone makes any schedule of a whole history
COVER_MIN: Final = 0.7  # share of the weeks (days, months) spanned in which it happened
SHARE_MIN: Final = 0.6  # share of its times that lie in the window
WEEKS_MIN: Final = 5  # weeks that must be spanned by something weekly
DAYS_MIN: Final = 12  # days by something daily
MONTHS_MIN: Final = 5  # months by something monthly
WINDOW_H: Final = 1  # hours to either side of the middle of a window
PRIOR: Final = 50.0  # events of a person who works evenly, added to what was seen; little activity proves little
RECENT: Final = 0.35  # the newest part of the time spanned, in which it must still happen
OFFICE: Final[dict[str, float]] = {"weekly": 3 / 45, "daily": 3 / 9, "workdays": 3 / 9, "monthly": 1 / 20}
"""What chance puts in one window at least: of 9 hours on 5 days; of the working days of a month."""

Kind = Literal["weekly", "daily", "workdays", "monthly"]


class Moment(msgspec.Struct, frozen=True):
    """A local time, as numbers."""

    day: int
    """Days since 1 January 1970."""
    minute: int
    """Of the day."""
    month_day: int
    month: int
    """Months since the year 0."""

    @property
    def weekday(self) -> int:
        """0 is Monday; 1 January 1970 was a Thursday."""
        return (self.day + 3) % 7

    @property
    def week(self) -> int:
        """Weeks that begin on Monday."""
        return (self.day + 3) // 7


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """When something happens."""

    kind: Kind
    weekday: int = 0
    """Of something weekly."""
    month_day: int = 0
    """Of something monthly."""
    minute: int
    """Of the day, about; rounded to a quarter of an hour."""
    hits: int
    """Weeks (days, months) in which it happened."""
    spanned: int
    """Weeks (days, months) in all."""
    p_value: float
    """Probability that chance does as much, times all that was tested."""
    cover_low: float
    """Lower end of the 95 % interval of the share of weeks (Clopper & Pearson)."""


def period_of(name: str, times: Sequence[Moment], rhythm: Rhythm, tested: int) -> Period | None:
    """The period of a thing that covers most; None where chance would do.

    `rhythm`: all activity, this thing's included; `tested`: things tested in all.
    """
    once = _once_a_day(times)
    if len(once) < MONTHS_MIN:
        return None
    found = [period for kind in _kinds(once) if (period := _tested(name, kind, once, rhythm, tested)) is not None]
    return min(found, key=lambda one: (-one.hits / one.spanned, one.p_value)) if found else None


def tail(hits: int, draws: int, chance: float) -> float:
    """P(X >= hits) of a binomial distribution, exactly."""
    if hits <= 0:
        return 1.0
    if chance <= 0:
        return 0.0
    if chance >= 1:
        return 1.0
    log_p, log_q = math.log(chance), math.log1p(-chance)
    logs = [
        math.lgamma(draws + 1) - math.lgamma(k + 1) - math.lgamma(draws - k + 1) + k * log_p + (draws - k) * log_q
        for k in range(hits, draws + 1)
    ]
    most = max(logs)
    return min(1.0, math.exp(most) * sum(math.exp(one - most) for one in logs))


def lower_bound(hits: int, draws: int, level: float = 0.025) -> float:
    """The lower end of the Clopper-Pearson interval, by bisection."""
    if hits == 0:
        return 0.0
    low, high = 0.0, hits / draws
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(hits, draws, middle) < level else (low, middle)
    return low


class Rhythm:
    """Where the activity of a person lies in the calendar: everything, by name."""

    def __init__(self, everything: Mapping[str, Iterable[Moment]]) -> None:
        self._own: Final = {name: _Cells(times) for name, times in everything.items()}
        self._all: Final = _Cells(())
        for cells in self._own.values():
            self._all.count += cells.count
            self._all.hours.update(cells.hours)
            self._all.month_days.update(cells.month_days)

    def share(self, name: str, kind: Kind, weekday: int, hours: set[int], month_day: int) -> float:
        """What chance puts into a window, by all activity but that of this name."""
        own = self._own.get(name, _NOTHING)
        if kind == "monthly":
            seen, even = self._all.month_days[month_day] - own.month_days[month_day], 1 / 30
        else:
            wanted = {"weekly": {weekday}, "workdays": set(range(5)), "daily": set(range(7))}[kind]
            seen = sum(self._all.hours[day, hour] - own.hours[day, hour] for day in wanted for hour in hours)
            even = len(hours) / 24 * {"weekly": 1 / 7, "workdays": 5 / 7, "daily": 1.0}[kind]
        return max((seen + PRIOR * even) / (self._all.count - own.count + PRIOR), OFFICE[kind])


class _Cells:
    """Counts of hours in which something happened, by weekday and hour, and by day of the month."""

    def __init__(self, times: Iterable[Moment]) -> None:
        hours = {(one.day, one.minute // 60): one for one in times}
        self.count = len(hours)
        self.hours: Final = Counter((one.weekday, one.minute // 60) for one in hours.values())
        self.month_days: Final = Counter(one.month_day for one in hours.values())


_NOTHING: Final = _Cells(())


def _once_a_day(times: Sequence[Moment]) -> list[Moment]:
    """One time of each day. Of several any one, drawn by the day: the first would make mornings of what has no hour."""
    days: dict[int, list[Moment]] = {}
    for one in sorted(times, key=lambda moment: (moment.day, moment.minute)):
        days.setdefault(one.day, []).append(one)
    return [several[(day * 2_654_435_761 >> 8) % len(several)] for day, several in sorted(days.items())]


def _kinds(once: Sequence[Moment]) -> tuple[tuple[Kind, int], ...]:
    """Periods worth a test, with the weekday or day of the month that is most frequent."""
    weekday = Counter(one.weekday for one in once).most_common(1)[0][0]
    month_day = Counter(one.month_day for one in once).most_common(1)[0][0]
    return (("weekly", weekday), ("daily", 0), ("workdays", 0), ("monthly", month_day))


def _tested(name: str, wanted: tuple[Kind, int], once: list[Moment], rhythm: Rhythm, tested: int) -> Period | None:
    kind, day = wanted
    inside = [one for one in once if _on(kind, day, one)]
    middle = _middle(inside) if inside else 0
    hours = set(range(24)) if kind == "monthly" else {(middle // 60 + step) % 24 for step in (-WINDOW_H, 0, WINDOW_H)}
    hits = [one for one in inside if one.minute // 60 in hours]
    units, spanned = _units(kind, hits, once)
    least = {"weekly": WEEKS_MIN, "daily": DAYS_MIN, "workdays": DAYS_MIN, "monthly": MONTHS_MIN}[kind]
    if spanned < least or units < least * COVER_MIN:
        return None
    if units / spanned < COVER_MIN or len(hits) / len(once) < SHARE_MIN or not _recently(hits, once):
        return None
    share = rhythm.share(name, kind, day, hours, day)
    windows = 7 * 24 + 24 + 24 + 31
    p_value = tail(len(hits), len(once), share) * windows * max(1, tested)
    if p_value > LEVEL:
        return None
    return Period(
        kind=kind,
        weekday=day if kind == "weekly" else 0,
        month_day=day if kind == "monthly" else 0,
        minute=round(_middle(hits) / 15) * 15 % 1_440,
        hits=units,
        spanned=spanned,
        p_value=p_value,
        cover_low=lower_bound(units, spanned),
    )


def _on(kind: Kind, day: int, one: Moment) -> bool:
    if kind == "weekly":
        return one.weekday == day
    if kind == "monthly":
        return one.month_day == day
    return kind == "daily" or one.weekday < 5


def _units(kind: Kind, hits: Sequence[Moment], once: Sequence[Moment]) -> tuple[int, int]:
    """Weeks (days, months) with a hit, and all from the first time to the last."""
    if not hits:
        return 0, 1
    first, last = once[0], once[-1]
    if kind == "weekly":
        return len({one.week for one in hits}), last.week - first.week + 1
    if kind == "monthly":
        return len({one.month for one in hits}), last.month - first.month + 1
    days = range(first.day, last.day + 1)
    spanned = sum((day + 3) % 7 < 5 for day in days) if kind == "workdays" else len(days)
    return len({one.day for one in hits}), max(1, spanned)


def _recently(hits: Sequence[Moment], once: Sequence[Moment]) -> bool:
    """Whether it still happens, and not only in one part of the time."""
    span = once[-1].day - once[0].day
    return any(one.day >= once[-1].day - span * RECENT for one in hits)


def _middle(times: Sequence[Moment]) -> int:
    """The mean minute of the day on its circle (Mardia & Jupp 2000, section 2.2)."""
    angles = [2 * math.pi * one.minute / 1_440 for one in times]
    angle = math.atan2(sum(map(math.sin, angles)), sum(map(math.cos, angles)))
    return round(angle * 1_440 / (2 * math.pi)) % 1_440
