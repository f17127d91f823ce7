"""Everything that is said to who is not let in exists in both languages and is harmless."""

from __future__ import annotations

from typing import get_args

from ergos.server.entrance_words import _EN, _ZH, Why, sentence


def test_every_reason_has_its_words_in_both_languages() -> None:
    assert set(_EN) == set(_ZH) == set(get_args(Why))
    for why in get_args(Why):
        assert sentence(why, "en").isascii()
        assert any("一" <= letter <= "鿿" for letter in sentence(why, "zh")), why
        assert sentence(why, "xx") == sentence(why, "en")


def test_what_is_named_in_one_language_is_named_in_the_other() -> None:
    for why in get_args(Why):
        assert _EN[why].count("`") == _ZH[why].count("`"), why
