"""Figures of English and Chinese text: the table of cases, spans, equality of spellings, hostile input."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.drivers.system1.figures import figures


def _cases() -> list[tuple[str, tuple[tuple[str, str, str], ...]]]:
    # Tests are no package, so the table is loaded from beside this file.
    spec = importlib.util.spec_from_file_location("figure_cases", Path(__file__).with_name("figure_cases.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [*module.ENGLISH, *module.CHINESE]


CASES = _cases()


def _read(text: str) -> list[tuple[str, str, str]]:
    return [(figure.kind, figure.value, figure.unit) for figure in figures(text)]


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(CASES) >= 120


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_every_figure_of_a_case_is_found_and_nothing_else(
    text: str, expected: tuple[tuple[str, str, str], ...]
) -> None:
    assert sorted(_read(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("380 billion yuan", "3800亿元"),
        ("over 400 billion US dollars", "超过4000亿美元"),
        ("$4tn", "4万亿美元"),
        ("80 percent", "百分之八十"),
        ("two thirds", "三分之二"),
        ("ten times", "十倍"),
        ("three years", "三年"),
        ("24 September 2025", "2025年9月24日"),
        ("600 million", "6亿"),
        ("two to three months", "2-3个月"),
    ],
)
def test_two_spellings_of_a_figure_compare_equal(one: str, other: str) -> None:
    assert _read(one) == _read(other) != []


_FRAGMENTS = st.sampled_from(
    ["$", "3", "5 ", "billion ", "亿", "三", "十", "元", "%", ",", ".", "-", "–", " to ", "2025", "年", "9月", "May ", "one ", "and ",
     "half ", "x", "v1.", "GPT-", "百分之", "。", "\n", "\u00a0", "１", "第", "/", "times ", "²", "٣", "½"]
)  # fmt: skip


@given(st.lists(_FRAGMENTS, max_size=30).map("".join) | st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_figures_stand_in_order_without_overlap_and_show_their_own_words(text: str) -> None:
    found = figures(text)
    at = 0
    for figure in found:
        assert at <= figure.span.start < figure.span.end <= len(text)
        assert text[figure.span.start : figure.span.end] == figure.text
        at = figure.span.end


@given(st.integers(min_value=0, max_value=10**15 - 1))
@settings(max_examples=200, deadline=None)
def test_a_number_is_the_same_with_and_without_thousands_commas(value: int) -> None:
    assert [figure.value for figure in figures(f"sold {value:,} units")] == [str(value)]


HOSTILE = ["9", "1,", '"', "三", "亿", "one ", "a-1", "1-", "May ", "2025-", "A1_", " to 1"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("seed", HOSTILE)
def test_hostile_repetition_ends(seed: str) -> None:
    text = seed * (200_000 // len(seed))
    assert all(figure.span.end <= len(text) for figure in figures(text))
