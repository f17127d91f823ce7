"""Lists as people write them."""

from __future__ import annotations

from ergos.compile.prose_words import LANGUAGES, listed


def test_lists_end_as_lists_do():
    assert listed(["a", "b", "c"], "en") == "a, b and c"
    assert listed(["a", "b"], "en", "or") == "a or b"
    assert listed(["a", "b"], "zh") == "a、b"
    assert listed([], "en") == ""


def test_every_language_has_a_name_in_both():
    assert all(en.isascii() and not zh.isascii() for en, zh in LANGUAGES.values())
