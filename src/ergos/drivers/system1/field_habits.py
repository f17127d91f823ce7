"""How a document writes what can be written in several ways: its decimal mark, the order of its days, its currency.

Rules: pure; a habit is what the document itself shows; where it shows nothing there is none.
"""

from __future__ import annotations

import re
from collections import Counter

from ergos.drivers.system1.field_days import slashed
from ergos.drivers.system1.field_values import Habits, currencies


def habits_of(text: str) -> Habits:
    """How a document writes numbers and days."""
    code = Counter(code for code, _, _ in currencies(text))
    comma = _comma(text)
    orders = list(slashed(text))
    day_first: bool | None = None
    if any(first > 12 for first, _ in orders):
        day_first = True
    elif any(second > 12 for _, second in orders):
        day_first = False
    elif code:
        day_first = code.most_common(1)[0][0] != "USD"
    return Habits(
        comma=comma, day_first=day_first, currency=code.most_common(1)[0][0] if len(code) == 1 else _main(code)
    )


def _main(code: Counter[str]) -> str:
    """The currency named most; none where two are named equally often."""
    first = code.most_common(2)
    return first[0][0] if len(first) == 2 and first[0][1] > first[1][1] else ""


def _comma(text: str) -> bool:
    """Whether amounts are written with a decimal comma, by those that can be read one way only."""
    commas = len(re.findall(r"(?<![0-9.,])[0-9]{1,3}(?:[. ][0-9]{3})*,[0-9]{2}(?![0-9.,])", text))
    points = len(re.findall(r"(?<![0-9.,])[0-9]{1,3}(?:[, '][0-9]{3})*\.[0-9]{2}(?![0-9.,])", text))
    return commas > points
