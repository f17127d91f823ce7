"""What hides, reorders or steers is seen and taken out; every script can be written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.lib.visible import alphabets, is_visible, one_line, skeleton, visible

HIDING = {
    "bidi override": "pay\u202eelle",
    "bidi isolate": "a\u2066b",
    "left-to-right mark": "a\u200eb",
    "zero width space": "a\u200bb",
    "byte order mark": "a\ufeffb",
    "tag characters": "hi\U000e0049\U000e0067",
    "escape": "a\x1b[31mb",
    "bell": "a\x07",
    "C1 control": "a\x9b31m",
    "carriage return": "good\rbad",
    "line separator": "a\u2028b",
    "soft hyphen": "a\u00adb",
    "private use": "a\ue000b",
    "half a character": "a\ud800b",
    "variation selector": "a\ufe01b",
    "variation selector supplement": "a\U000e0101b",
    "hangul filler": "a\u3164b",
    "braille blank": "a\u2800b",
    "joiner between ascii": "a\u200db",
    "two joiners": "\u0915\u200d\u200d\u0937",
    "joiner at the end": "\u0915\u200d",
    "emoji selector on a letter": "a\ufe0f",
}


@pytest.mark.parametrize("text", HIDING.values(), ids=HIDING)
def test_what_does_not_show_is_found_and_taken_out(text: str) -> None:
    assert not is_visible(text)
    assert is_visible(visible(text))
    assert len(visible(text)) < len(text)


@pytest.mark.parametrize(
    "text",
    [
        "plain text, with a tab\tand\nlines", "中文，全角标点。", "日本語のテキスト", "한국어", "Ελληνικά", "Русский", "עברית",
        "العربية", "हिन्दी क्\u200dष", "می\u200cخواهم", "👩\u200d👩\u200d👧", "❤️", "1️⃣", "café naïve", "e\u0301", "№ → ≠ ½ “”",
    ],
)  # fmt: skip
def test_what_shows_is_left_alone(text: str) -> None:
    assert is_visible(text)
    assert visible(text) == text


@given(st.text())
def test_taking_out_is_total_and_done_once(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    assert is_visible(text) == (once == text)


@given(st.text(), st.integers(1, 50))
def test_a_line_is_a_line_within_its_length(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line) <= most
    assert "\n" not in line
    assert is_visible(line)


@pytest.mark.parametrize(
    ("one", "other"),
    [("paypal", "pаypal"), ("modem", "modern"), ("tool_box", "tool-box"), ("1og0", "logo"), ("Ａbc", "abc")],
)
def test_names_that_look_alike_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


def test_names_that_do_not_look_alike_have_two() -> None:
    assert skeleton("pdf-forms") != skeleton("pdf-form")


def test_alphabets_are_told_apart_and_han_goes_with_every_one() -> None:
    assert alphabets("pаypal") == ("CYRILLIC", "LATIN")
    assert alphabets("pdf-表格") == ("LATIN",)
    assert alphabets("表格") == ()
