"""Every text exists in both languages, fills in the same things, and is used."""

from __future__ import annotations

import re
import string

import pytest

from ergos.console.frame.wording import all_words, known, said


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_says_the_same_in_both_languages() -> None:
    for key, (english, chinese) in all_words().items():
        assert english.strip(), key
        assert chinese.strip(), key
        assert fields(english) == fields(chinese), key


def test_chinese_is_chinese_but_for_names() -> None:
    same = [
        key for key, (english, chinese) in all_words().items() if english == chinese and re.search(r"[a-z]{4}", english)
    ]
    assert all(re.fullmatch(r"[\w .:/<>{}`#+*-]{1,60}", all_words()[key][0]) for key in same), same


def test_a_text_is_filled_in_and_a_missing_one_is_a_defect() -> None:
    assert said("inbox.item", "en", number=3) == "Item 3"
    assert said("inbox.item", "zh", number=3) == "第 3 项"
    assert not known("no.such")
    with pytest.raises(KeyError):
        said("no.such", "en")
