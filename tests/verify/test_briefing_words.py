"""Both languages ask for the same, with the same places to fill in."""

from __future__ import annotations

import string

from ergos.drivers.system1 import language
from ergos.verify.briefing_words import WORDS


def test_both_languages_have_the_same_forms_and_each_is_in_its_language() -> None:
    assert set(WORDS) == {"en", "zh"}
    assert set(WORDS["en"]) == set(WORDS["zh"])
    for form in ("select", "find", "write", "repair", "review"):
        assert language.detect(WORDS["en"][form]) == "en"
        assert language.detect(WORDS["zh"][form]) == "zh"


def test_both_languages_have_the_same_places_to_fill_in() -> None:
    for form in ("more", "more_sentences", "order", "fault"):
        places = [{name for _, name, _, _ in string.Formatter().parse(words[form]) if name} for words in WORDS.values()]
        assert places[0] == places[1] != set()
    assert all("{findings}" in words["find"] for words in WORDS.values())
