"""Every text of these pages is there in both languages, with the same places to fill in."""

from __future__ import annotations

import string

from ergos.console.words.agent import WORDS


def test_both_languages_say_the_same_places():
    for key, (english, chinese) in WORDS.items():
        assert key.startswith("agent.")
        places = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, chinese)]
        assert places[0] == places[1], key
        assert english.strip()
        assert chinese.strip()
