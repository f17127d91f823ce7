"""Nothing that is shown can steer a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ergos.cli.render import SHORT_CHARS, clean, short


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
