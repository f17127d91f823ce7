"""Conditions: read at load, and true or false only where two things can be compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.base.errors import ValueShapeError
from ergos.lib.conditions import CONDITION_CHARS_MAX, Condition, holds, parse


@pytest.mark.parametrize(
    ("text", "left", "compare", "right"),
    [
        ("invoice.total > 1000 EUR", "invoice.total", ">", "1000 EUR"),
        ("total>=5", "total", ">=", "5"),
        ("{mail.subject} contains offer", "mail.subject", "contains", "offer"),
        ("a == 'x y'", "a", "==", "x y"),
        ("金额 != 0", "金额", "!=", "0"),
        ("rows.0.price < {limit.price}", "rows.0.price", "<", "{limit.price}"),
    ],
)
def test_a_condition_is_what_is_compared_how_and_with_what(text: str, left: str, compare: str, right: str) -> None:
    assert parse(text) == Condition(left, compare, right)


@pytest.mark.parametrize(
    "text", ["", "total", "total >", "> 5", "1x > 5", "a b > 5", "a ~ b", "x" * CONDITION_CHARS_MAX + " > 5"]
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueShapeError):
        parse(text)


EUR: Plain = {"amount": "1000.50", "currency": "EUR"}
TABLE: tuple[tuple[str, Plain, Plain, bool | None], ...] = (
    (">", EUR, "1,000 EUR", True),
    (">", EUR, "1.000,50 €", False),
    (">=", EUR, "1.000,50 €", True),
    (">", EUR, "1000 USD", None),
    (">", EUR, "1000", True),
    (">", "1000.50", "1000 EUR", None),
    (">", {"amount": "5", "currency": ""}, "1 EUR", None),
    (">", None, "1000 EUR", None),
    (">", "soon", "1000 EUR", None),
    ("<", "12", "9", False),
    ("<", 12, "12.5", True),
    ("==", "1,5", 1.5, True),
    ("<", "2026-02-03", "2026-10-01", True),
    (">", "2026-02-03T10:00:00+02:00", "2026-02-03T09:30:00Z", False),
    ("==", "Ａcme  GmbH", "acme gmbh", True),
    ("!=", "yes", "no", True),
    ("<", "apple", "banana", None),
    ("==", True, "yes", True),
    ("==", False, "true", False),
    ("==", None, "", True),
    ("!=", None, "x", True),
    ("==", None, "x", None),
    ("contains", "An OFFER for you", "offer", True),
    ("contains", "我们有一个报价", "报价", True),
    ("contains", ["a", "b"], "B", True),
    ("contains", ["a"], "c", False),
    ("contains", None, "x", None),
    ("contains", {"a": 1}, "a", None),
    ("==", {"a": 1}, {"a": 1}, True),
    (">", {"a": 1}, {"a": 1}, None),
    ("<", [1], "2", None),
)


@pytest.mark.parametrize(("compare", "left", "right", "verdict"), TABLE)
def test_values_are_compared_as_what_they_are(compare: str, left: Plain, right: Plain, verdict: bool | None) -> None:
    assert holds(Condition("x", compare, ""), left, right) is verdict


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.sampled_from([">", ">=", "<", "<=", "==", "!=", "contains"]), VALUES, VALUES)
def test_no_two_values_are_too_odd_to_be_asked_about(compare: str, left: Plain, right: Plain) -> None:
    assert holds(Condition("x", compare, ""), left, right) in (True, False, None)


@given(st.text(max_size=60))
def test_a_condition_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except ValueShapeError:
        return
    assert found.right
