"""Amounts, instants and texts of strangers look as they should, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.clock import DAY, SECOND
from ergos.console.frame import formats


@pytest.mark.parametrize(
    ("away_s", "en", "zh"),
    [(0, "now", "刚刚"), (5, "5 s ago", "5 秒前"), (180, "3 min ago", "3 分钟前"), (7_200, "2 h ago", "2 小时前"),
     (3 * 86_400, "3 d ago", "3 天前"), (-180, "in 3 min", "3 分钟后"), (-86_400, "in 1 d", "1 天后")],
)  # fmt: skip
def test_an_instant_is_told_by_how_far_it_is_away(away_s: int, en: str, zh: str) -> None:
    now_ns = 10 * DAY
    assert f">{en}<" in formats.ago(now_ns - away_s * SECOND, now_ns, "en")
    assert f">{zh}<" in formats.ago(now_ns - away_s * SECOND, now_ns, "zh")


def test_an_instant_carries_its_exact_time_and_none_has_none() -> None:
    assert 'datetime="1970-01-02T00:00:00Z"' in formats.moment(DAY)
    assert formats.moment(None) == formats.ago(None, 0, "en") == "—"
    assert formats.moment(formats.NS_MAX) == "—"


@pytest.mark.parametrize(
    ("ns", "said"), [(0, "0 ms"), (320_000_000, "320 ms"), (4_200_000_000, "4.2 s"), (180 * SECOND, "3 min"),
                     (7_200 * SECOND, "2 h"), (5 * DAY, "5 d"), (-1, "0 ms"), (None, "—")],
)  # fmt: skip
def test_a_span_has_one_unit(ns: int | None, said: str) -> None:
    assert formats.span(ns, "en") == said


def test_what_hides_or_turns_text_around_stands_as_its_number() -> None:
    assert formats.shown("pay \u202ebob\u200b") == "pay [U+202E]bob[U+200B]"
    assert formats.shown("a\tb\nc") == "a\tb\nc"
    assert formats.shown("\x00\x1b[31m") == "[U+0000][U+001B][31m"
    assert formats.shown("你好，é") == "你好，é"


@given(st.text())
def test_no_text_hides_anything_once_it_is_shown(text: str) -> None:
    from ergos.lib.visible import is_visible

    assert is_visible(formats.shown(text))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_any_value_can_be_shown(value: object) -> None:
    assert isinstance(formats.shown(value), str)
    assert len(formats.short(value)) <= formats.SHORT_CHARS


def test_a_long_text_says_how_much_is_missing() -> None:
    assert formats.shown("x" * (formats.TEXT_CHARS_MAX + 1_234)).endswith("\n… +1,234")


def test_bars_and_meters_escape_what_they_are_told_and_bear_nothing_inline() -> None:
    drawn = formats.bars([0, 5, 10], ["<a>", "b"], label='"><script>')
    assert "<script>" not in drawn
    assert "<a>" not in drawn
    assert drawn.count("<rect") == 3
    assert "style=" not in drawn + formats.meter(0.5, "half") + formats.spark([1, 2, 3])
    assert formats.bars([]).count("<rect") == 0
    assert formats.spark([]) == ""


@pytest.mark.parametrize(
    ("share", "kind"), [(0.0, "fine"), (0.79, "fine"), (0.8, "near"), (1.0, "over"), (9.0, "over")]
)
def test_a_meter_says_how_near_the_ceiling_is(share: float, kind: str) -> None:
    assert f'class="meter {kind}"' in formats.meter(share, "x")
