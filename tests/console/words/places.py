"""What holds for the words of every page."""

from __future__ import annotations

import string
from collections.abc import Mapping


def check(words: Mapping[str, tuple[str, str]], *pages: str) -> None:
    """Every key is of these pages; both languages are there and fill in the same. Raises: AssertionError."""
    assert words
    for key, texts in words.items():
        assert key.partition(".")[0] in pages, key
        assert key == key.lower(), key
        places = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts]
        assert places[0] == places[1], key
        assert all(text.strip() for text in texts), key
