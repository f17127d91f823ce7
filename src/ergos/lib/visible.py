"""Text of strangers that is shown to a person or a model: without what hides, reorders or steers.

Control characters move cursors; bidirectional controls make a text read as another; zero-width and tag characters
carry words that nobody sees. A name or description that holds them is not what it looks like.

Rules: pure and total. What is allowed: every letter, mark, number, symbol and blank of every script, and the joiners
that emoji and some scripts need between two letters.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_JOINERS: Final = frozenset("\u200c\u200d\ufe0f")
_KEYCAPS: Final = "0123456789#*"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5")
"""Letters and marks by their category that show nothing."""

_LOOK_ALIKES: Final = str.maketrans(
    "аеорсухѕіјԁһӏԛԝкмтвнαονικυτρεηχγωıɑɡ01",
    "aeopcyxsijdhlqwkmtbhaovikutpenxywiagol",
)
"""Letters by which one name passes for another, and the Latin ones they look like."""

_ALPHABETS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "HEBREW", "ARABIC", "CHEROKEE", "COPTIC", "GEORGIAN")


def is_visible(text: str) -> bool:
    """Whether a text shows all it says; line breaks and tabs count as visible."""
    return not any(_hides(text, at) for at in range(len(text)) if text[at] not in "\n\t")


def visible(text: str, mark: str = "") -> str:
    """The text with `mark` in place of what does not show; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(mark if letter not in "\n\t" and _hides(text, at) else letter for at, letter in enumerate(text))


def one_line(text: str, most: int) -> str:
    """The text visible on one line, cut to so many characters."""
    shown = " ".join(visible(text[: 4 * most]).split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def skeleton(name: str) -> str:
    """What a name looks like: two names with one skeleton can be taken for each other."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return folded.translate(_LOOK_ALIKES).replace("rn", "m").replace("_", "-")


def alphabets(name: str) -> tuple[str, ...]:
    """The alphabets a name's letters are from; more than one is a disguise. Other scripts do not count."""
    found = {unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha()}
    return tuple(sorted(found.intersection(_ALPHABETS)))


def _hides(text: str, at: int) -> bool:
    """Whether the character at a place shows nothing, or changes what others show."""
    letter = text[at]
    if letter in _JOINERS:  # between two characters that may need it, and nowhere else
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        if letter == "\ufe0f":
            return not before or before in _JOINERS or (before.isascii() and before not in _KEYCAPS)
        return not before or before.isascii() or before in "\u200c\u200d" or not after.strip()
    if "\ufe00" <= letter <= "\ufe0e" or "\U000e0100" <= letter <= "\U000e01ef":  # variants carry words unseen
        return True
    return letter in _BLANK_LETTERS or unicodedata.category(letter) in _UNSEEN
