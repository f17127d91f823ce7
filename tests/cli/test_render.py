"""Nothing that is shown can steer a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ergos.cli.render import SHORT_CHARS, clean, piece, short


@given(st.text())
def test_no_control_character_is_shown(text: str):
    shown = clean(text)
    assert not [char for char in shown if unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t"]
    shown.encode()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_short_value_is_one_line(text: str):
    shown = short(text)
    assert "\n" not in shown
    assert len(shown) <= SHORT_CHARS


def test_ordinary_text_is_shown_as_it_is():
    assert clean("中文, ümläut, 😀\n\tok") == "中文, ümläut, 😀\n\tok"
    assert short({"a": [1, "中"]}) == '{"a":[1,"中"]}'


def test_nothing_that_reorders_or_hides_is_shown():
    hidden = [0x061C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0x202E, 0x2060, 0x2066, 0x2069, 0xFEFF, 0xFFF9, 0xE0041]
    hidden += [0x00AD, 0x034F, 0x115F, 0x180E, 0x2800, 0x3164, 0xFE01, 0xFFA0, 0xE000, 0xE0101]
    shown = clean("".join(map(chr, hidden)))
    assert shown == "·" * len(hidden)
    assert clean("👨\u200d👩") == "👨\u200d👩", "emoji are joined by one that hides nothing"
    assert clean("bob\u200d@example.com") == "bob·@example.com", "between other letters it hides something"


def test_a_text_that_comes_in_pieces_is_shown_like_the_whole():
    text = "👨\u200d👩 ❤\ufe0f"
    assert "".join(map(piece, text)) == clean(text) == text
    assert piece("a\u202eb") == "a·b"
    assert piece("") == ""
