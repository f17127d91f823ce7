"""Days as numbers: the calendar without a clock.

Source: Hinnant, chrono-Compatible Low-Level Date Algorithms (days_from_civil, civil_from_days).
"""

from __future__ import annotations

from typing import Final

YEAR_MIN: Final = 1
YEAR_MAX: Final = 9999

_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_day(year: int, month: int, day: int) -> bool:
    """Whether there is such a day."""
    if not (YEAR_MIN <= year <= YEAR_MAX and 1 <= month <= 12 and day >= 1):
        return False
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= _LENGTHS[month - 1] + leap


def number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; negative before."""
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def date(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a day number."""
    day += 719_468
    era = day // 146_097
    of_era = day - era * 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1
