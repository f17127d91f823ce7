"""Numbers in one spelling: decimals without what says nothing, Chinese numerals.

Rules: pure and total. Which text is a number is for `readings` to say.
"""

from __future__ import annotations

from typing import Final

HAN_DIGITS: Final = "零〇一二两三四五六七八九十百千万亿"

_HAN_UNITS: Final = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_HAN_VALUES: Final = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))


def number(value: float) -> str:
    """The token of a number, or '' for one that has none (NaN, infinity, thousands of digits)."""
    if isinstance(value, int):
        return f"n:{value}" if value.bit_length() < 256 else ""
    spelt = repr(value)
    if "n" in spelt:
        return ""
    if "e" in spelt:
        digits, _, power = spelt.partition("e")
        if abs(int(power)) > 40:
            return ""
        spelt = f"{value:.0f}" if int(power) > 0 else f"{value:.{len(digits) + abs(int(power))}f}"
    return f"n:{shortest(spelt)}"


def shortest(digits: str) -> str:
    """A decimal without a plus, zeros in front, or zeros behind the point."""
    negative, digits = digits.startswith("-"), digits.lstrip("+-")
    whole, _, part = digits.partition(".")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    short = f"{whole}.{part}" if part else whole
    return f"-{short}" if negative and short != "0" else short


def shifted(digits: str, places: int) -> str:
    """A decimal times a power of ten."""
    whole, _, part = digits.partition(".")
    part = part.ljust(places, "0")
    return f"{whole}{part[:places]}.{part[places:]}"


def han_value(digits: str) -> int:
    """A Chinese numeral."""
    total = section = current = 0
    values = _HAN_VALUES
    if len(digits) > 1 and all(letter in values for letter in digits):  # 二〇二四: digit by digit
        return int("".join(str(values[letter]) for letter in digits))
    for letter in digits:
        if letter in values:
            current = values[letter]
            continue
        unit = _HAN_UNITS[letter]
        if unit >= 10_000:
            # 三万亿 is ten thousands of it; in 一亿二千万 the smaller one says nothing of what stands before.
            before = 0 if unit == 10_000 else total
            total, section, current = total - before + (before + section + current) * unit, 0, 0
        else:
            section, current = section + (current or 1) * unit, 0
    return total + section + current
