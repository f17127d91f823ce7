"""The word lists hold what they say: lower case, closed classes, no word in two minds."""

from __future__ import annotations

import pytest

from ergos.drivers.system1 import lexicon
from ergos.drivers.system1.lexicon import (
    ABBREVIATIONS,
    ABBREVIATIONS_OPEN,
    ALIASES,
    COMMON_EN,
    STOP_EN,
    STOP_ZH,
    SURNAMES_ZH,
)

WORD_LISTS = {name: found for name, found in vars(lexicon).items() if isinstance(found, frozenset)}


@pytest.mark.parametrize("name", sorted(WORD_LISTS))
def test_every_list_is_lower_case_and_holds_single_words(name: str):
    words = WORD_LISTS[name]
    assert len(words) > 20
    assert all(word == word.lower().strip() and word and " " not in word for word in words)


def test_function_words_of_a_language_are_written_in_its_script():
    assert all(any("a" <= letter <= "z" for letter in word) for word in STOP_EN)
    assert all("\u4e00" <= letter <= "\u9fff" for word in STOP_ZH for letter in word)


def test_function_words_are_common_words():
    assert STOP_EN < COMMON_EN


def test_an_abbreviation_is_written_without_its_last_period_and_stands_in_one_list():
    assert not ABBREVIATIONS & ABBREVIATIONS_OPEN
    assert not any(word.endswith(".") for word in ABBREVIATIONS | ABBREVIATIONS_OPEN)


def test_surnames_are_single_characters():
    assert all(len(name) == 1 and "\u4e00" <= name <= "\u9fff" for name in SURNAMES_ZH)


def test_no_name_means_two_things():
    names = [name for row in ALIASES for name in row]
    assert len(names) == len(set(names))
    assert all(len(row) >= 2 for row in ALIASES)
    assert all(name == name.lower() and "_" not in name for name in names)


@pytest.mark.parametrize(
    ("one", "other"), [("united states", "美国"), ("qwen", "通义千问"), ("alibaba cloud", "阿里云")]
)
def test_a_name_of_two_words_meets_its_chinese_one(one: str, other: str):
    assert any(one in row and other in row for row in ALIASES)


def test_no_company_or_place_is_a_common_word():
    tolerated = {"us"}  # the pronoun
    names = {name for row in ALIASES for name in row} & (COMMON_EN - STOP_EN)
    assert names <= tolerated
