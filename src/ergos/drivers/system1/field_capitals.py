"""Amounts in the capital numerals of Chinese forms: 壹仟贰佰元整 is 1200 yuan.

    capitals("人民币（大写）：伍仟陆佰元整")     # (Decimal("5600"),)

Rules: pure and exact; a run that is no well-formed amount is none; an amount ends with 元 or 圆.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_OTHERS: Final = str.maketrans("貳參叄陸兩圓億萬〇", "贰叁叁陆贰圆亿万零")
_TENS: Final = {"拾": 10, "佰": 100, "仟": 1000}
_AMOUNT: Final = re.compile(
    rf"(?P<whole>[{_DIGITS}拾][{_DIGITS}拾佰仟万亿]{{0,30}})\s?[元圆](?:\s?(?P<jiao>[{_DIGITS}])角)?(?:\s?零?(?P<fen>[{_DIGITS}])分)?"
)


def capitals(text: str) -> tuple[Decimal, ...]:
    """Every amount, in order, in yuan."""
    found: list[Decimal] = []
    for match in _AMOUNT.finditer(text.translate(_OTHERS)):
        whole = _whole(match["whole"])
        if whole is not None:
            cents = _digit(match["jiao"]) * 10 + _digit(match["fen"])
            found.append(Decimal(whole) + Decimal(cents) / 100 if cents else Decimal(whole))
    return tuple(found)


def _digit(letter: str | None) -> int:
    return _DIGITS.index(letter) if letter else 0


def _whole(text: str) -> int | None:
    """The number of a run of capitals; None where its units do not fall from left to right."""
    total = 0
    for unit, worth in (("亿", 100_000_000), ("万", 10_000)):
        if unit in text:
            head, text = text.split(unit, 1)
            part = _section(head)
            if part is None or unit in text:
                return None
            total += part * worth
    rest = _section(text) if text else 0
    return None if rest is None else total + rest


def _section(text: str) -> int | None:
    """A number below ten thousand."""
    total, digit, last = 0, -1, 10_000
    for letter in text:
        if letter == "零":
            continue
        if letter in _DIGITS:
            if digit >= 0:
                return None
            digit = _DIGITS.index(letter)
        else:
            worth = _TENS.get(letter, 0)
            if not 0 < worth < last or (digit < 0 and worth != 10):
                return None
            total, digit, last = total + max(1, digit) * worth, -1, worth
    return total + max(0, digit)
