"""Numerals of English and Chinese."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.system1.numerals import canonical, fraction, hanzi_value, plain, words_value

_DIGITS = "零一二三四五六七八九"


def _hanzi(number: int) -> str:
    """Spells 1..9999 by the textbook rule, as a second opinion."""
    out, pending_zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            out += ("零" if pending_zero and out else "") + _DIGITS[digit] + name
        pending_zero = not digit
    return out


@given(
    st.integers(min_value=11, max_value=9999),
    st.sampled_from([("", 1), ("万", 10**4), ("亿", 10**8), ("万亿", 10**12)]),
)
def test_a_spelled_chinese_numeral_has_its_value(number: int, scale: tuple[str, int]) -> None:
    assert hanzi_value(_hanzi(number) + scale[0]) == number * scale[1]


@pytest.mark.parametrize("numeral", ["三四", "百万", "千", "万", "亿亿", "十十", "一万万", "二三十"])
def test_a_malformed_or_vague_chinese_numeral_has_no_value(numeral: str) -> None:
    assert hanzi_value(numeral) is None


@pytest.mark.parametrize(
    ("numeral", "value", "length"),
    [("twenty-one", 21, 10), ("two hundred and five", 205, 20), ("five six", 5, 4), ("a million", 10**6, 9), ("two dozen", 24, 9)],
)  # fmt: skip
def test_a_numeral_in_words_has_the_value_of_its_longest_well_formed_part(
    numeral: str, value: int, length: int
) -> None:
    assert words_value(numeral) == (value, length)


@given(st.text())
def test_normalising_never_changes_the_length(text: str) -> None:
    assert len(plain(text)) == len(text)


def test_a_canonical_value_has_no_exponent_and_no_trailing_zeros() -> None:
    assert canonical(Decimal("1E+9")) == "1000000000"
    assert canonical(Decimal("17.50")) == "17.5"
    assert canonical(Decimal(0)) == "0"


def test_nothing_is_divided_by_zero() -> None:
    assert fraction(Decimal(1), Decimal(0)) is None
    assert fraction(Decimal(2), Decimal(3)) == Decimal("0.666667")
