"""The words of all pages, in English and Chinese, by their key.

A module of `console/words` has WORDS: a mapping from 'page.what' to the English and the Chinese text, in which
`{name}` stands for what is filled in.

Rules: a key that is not there is a defect and raises KeyError; every text exists in both languages.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Final

from ergos.kernel.permission.wording import Language

_COLUMN: Final[dict[Language, int]] = {"en": 0, "zh": 1}


@cache
def all_words() -> dict[str, tuple[str, str]]:
    """Every text there is."""
    from ergos.console import words

    found: dict[str, tuple[str, str]] = {}
    for module in pkgutil.iter_modules(words.__path__):
        said: dict[str, tuple[str, str]] = importlib.import_module(f"{words.__name__}.{module.name}").WORDS
        twice = found.keys() & said.keys()
        assert not twice, f"said twice: {sorted(twice)}"
        found.update(said)
    return found


def said(key: str, language: Language, **more: object) -> str:
    """The text of a key, filled in. Raises: KeyError."""
    text = all_words()[key][_COLUMN[language]]
    return text.format(**more) if more else text


def known(key: str) -> bool:
    """Whether there is such a text."""
    return key in all_words()
