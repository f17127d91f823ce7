"""Numerals of English and Chinese: from digits, number words and Chinese characters to exact decimals.

Rules: exact arithmetic (Decimal), no guessing: a run that is no well-formed numeral has no value. Normalisation
never changes the length of a text, so that spans found in it hold for the original.

Must not know: units, currencies, dates.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

NUMERAL_CHARS_MAX: Final = 40  # digits or characters of one numeral; longer runs count nothing anybody reports
FRACTION_PLACES: Final = 6  # decimal places kept of a fraction such as two thirds

_FULLWIDTH: Final = {ordinal: ordinal - 0xFEE0 for ordinal in range(0xFF10, 0xFF1A)}
_FOLDED: Final = str.maketrans(
    "\u00a0\u2009\u202f\u2007\u3000％＄．：－＋（）／＃～﹪兩億萬點個幾倍數歲週錢圓−‑‒〜ｘ",
    "\u202f\u202f\u202f\u202f %$.:-+()/#~%两亿万点个几倍数岁周钱元--–~x",
)
_FULLWIDTH_GROUP: Final = re.compile(r"(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")

DIGITS: Final = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?:\u202f\d{3})+(?!\d)|\d{1,3}(?: \d{3}){2,}(?!\d)|\d+)(?:\.\d+)?"
"""Pattern of a numeral in digits: thousands in commas, in narrow spaces, or in plain spaces from a million on."""

HANZI: Final = r"[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?"

_UNITS: Final = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen".split()
    )
}
_TENS: Final = {
    word: value * 10 for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_DOZEN: Final = {"dozen": 12}
SCALES: Final[dict[str, int]] = {
    "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "mn": 6, "mln": 6, "bn": 9, "tn": 12, "trn": 12,
    "k": 3, "K": 3, "M": 6, "m": 6, "B": 9, "b": 9, "T": 12, "t": 12, "lakh": 5, "crore": 7,
    "十": 1, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "百亿": 10, "千亿": 11, "万亿": 12,
}  # fmt: skip
"""Powers of ten by word or letter."""

_WORD: Final = "|".join(sorted([*_UNITS, *_TENS, *_DOZEN], key=len, reverse=True))
_BIG: Final = "hundred|thousand|million|billion|trillion"
WORDS: Final = (
    rf"(?:(?:{_WORD})|(?<![A-Za-z])an?[ -](?=(?:{_BIG}|dozen)(?![a-z])))"
    rf"(?:(?:[ -]|[ ]and[ ])?(?:{_WORD}|{_BIG})(?![a-z])){{0,12}}"
)
"""Pattern of a numeral in English words; case is ignored by who uses it."""

_HANZI_DIGIT: Final = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HANZI_SMALL: Final = {"十": 10, "百": 100, "千": 1000}


def plain(text: str) -> str:
    """A copy of the same length: full-width digits and signs, exotic spaces and traditional numerals folded."""
    return _FULLWIDTH_GROUP.sub(",", text).translate(_FOLDED).translate(_FULLWIDTH)


def canonical(value: Decimal) -> str:
    """The one spelling of a value: no exponent, no trailing zeros, at most FRACTION_PLACES places for a fraction."""
    spelled = format(value, "f")
    return spelled.rstrip("0").rstrip(".") if "." in spelled else spelled


def digits_value(numeral: str) -> Decimal | None:
    """The value of a numeral that DIGITS matched."""
    bare = numeral.replace(",", "").replace("\u202f", "").replace(" ", "")
    return Decimal(bare) if len(bare) <= NUMERAL_CHARS_MAX else None


def fraction(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """The quotient, rounded to FRACTION_PLACES."""
    if not denominator:
        return None
    return round(numerator / denominator, FRACTION_PLACES)


def words_value(numeral: str) -> tuple[Decimal, int] | None:
    """The value of the longest well-formed numeral `numeral` begins with, and its length in characters."""
    total, group, end = Decimal(0), Decimal(0), 0
    room = Decimal(1000)  # what may still be added to the group: below 1000, 100, 10, then nothing
    largest = Decimal(10) ** 15
    for token in re.finditer(r"[a-z]+", numeral.lower()):
        word = token[0]
        if word in {"and", "a", "an"}:
            if word != "and":
                group, room, end = Decimal(1), Decimal(1), token.end()
            continue
        if word == "hundred" and 0 < group < 100:
            group, room = group * 100, Decimal(100)
        elif word in SCALES and word != "hundred" and group:
            scale = Decimal(10) ** SCALES[word]
            if scale >= largest:
                break
            total, group, room, largest = total + group * scale, Decimal(0), Decimal(1000), scale
        elif word in _TENS and room > 10:
            group, room = group + _TENS[word], Decimal(10)
        elif word in _UNITS and ((room == 10 and 0 < _UNITS[word] < 10) or room > 10):
            group, room = group + _UNITS[word], Decimal(1)
        elif word in _DOZEN and group < 10 and not total:
            group, room = max(group, Decimal(1)) * _DOZEN[word], Decimal(1)
        else:
            break
        end = token.end()
    return (total + group, end) if end else None


def hanzi_value(numeral: str) -> Decimal | None:
    """The value of a Chinese numeral, or None where it is malformed or vague ("三四", "百万" alone, "千")."""
    whole, _, places = numeral.partition("点")
    if len(numeral) > NUMERAL_CHARS_MAX or not whole:
        return None
    if all(character in _HANZI_DIGIT for character in whole):
        if len(whole) > 1 and not places and not (set(whole) & set("零〇")) and len(whole) != 4:
            return None
        value: Decimal | None = Decimal("".join(str(_HANZI_DIGIT[character]) for character in whole))
    else:
        value = _scaled_hanzi(whole)
    if value is None or not places:
        return value
    return value + Decimal("0." + "".join(str(_HANZI_DIGIT[character]) for character in places))


def _scaled_hanzi(whole: str) -> Decimal | None:
    total, section, digit, below = 0, 0, -1, 10_000
    largest = 10**16
    for character in whole:
        if character in _HANZI_DIGIT:
            if digit > 0:
                return None
            digit = _HANZI_DIGIT[character]
        elif character in _HANZI_SMALL:
            unit = _HANZI_SMALL[character]
            if unit >= below or (digit < 1 and not (unit == 10 and not section)):
                return None
            section, digit, below = section + max(digit, 1) * unit, -1, unit
        else:
            scale = 10**8 if character == "亿" else 10**4
            section += max(digit, 0)
            if scale >= largest:
                # 万亿: the scale just written is itself multiplied.
                if character != "亿" or section or not total:
                    return None
                total, digit = total * scale, -1
                continue
            if not section:
                return None
            total, section, digit, below, largest = total + section * scale, 0, -1, 10_000, scale
    return Decimal(total + section + max(digit, 0))
