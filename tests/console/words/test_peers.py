"""Both languages say the same."""

from __future__ import annotations

from ergos.console.words.peers import WORDS
from tests.console.words.places import check


def test_both_languages_are_there_and_fill_in_the_same() -> None:
    check(WORDS, "peers")
