r"""Values of strangers inside our sentences: quoted, bounded, and unable to pass for our own words.

A value stands between quotation marks that it cannot contain itself. Whatever could hide, reorder, end a line or pass
for another letter is shown as its number, `\u{202e}`: control and format characters, blanks other than the space,
quotation marks, letters of other scripts that look like Latin ones. A long value is cut in the middle and its length
stands outside the marks.

Rules: pure, total, deterministic; two different values of up to `VALUE_CHARS_MAX` characters are never shown alike.
Source: Unicode Technical Standard 39 (security mechanisms), UAX 9 (bidirectional text).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

Language = Literal["en", "zh"]

Shown: TypeAlias = "str | int | float | bool | None"

VALUE_CHARS_MAX: Final = 120  # characters of one value in a sentence; a longer one is cut in the middle
VALUES_MAX: Final = 8  # values of one list in a sentence; nobody reads more, so the rest is counted
NAME_CHARS_SHOWN: Final = 100  # characters of a name without quotation marks; a longer one is no name
_NUMBER_BITS_MAX: Final = 256  # bits of a whole number written out; turning more into digits is slow and unreadable
_MARKS_MAX: Final = 2  # accents upon one letter; more is a smear over the neighbouring lines

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_QUOTES: Final = frozenset('"“”„‟«»‹›「」『』〝〞〟＂｢｣\\')
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f") | frozenset(
    map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
"""Letters and marks without ink, which no category gives away."""
_FOREIGN: Final = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "GEORGIAN", "GOTHIC"})
"""Scripts with letters that look like Latin ones. Han, kana, Hangul, Arabic, Hebrew and Indic have none."""
_LATIN_LIKE: Final = frozenset("асԁеһіјӏорԛѕԝхуѵАВСЕНІЈКМОРЅТУХαιοκνρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧոսօցհյ")


def quoted(text: str, language: Language) -> str:
    """A stranger's text between quotation marks."""
    opening, closing = ("“", "”") if language == "zh" else ('"', '"')
    if len(text) <= VALUE_CHARS_MAX:
        return f"{opening}{harmless(text)}{closing}"
    half = VALUE_CHARS_MAX // 2
    head, tail = harmless(text[:half], text), harmless(text[-half:], text)
    length = f"（共 {len(text):,} 个字符）" if language == "zh" else f" ({len(text):,} characters)"
    return f"{opening}{head}{closing}…{opening}{tail}{closing}{length}"


def harmless(text: str, context: str | None = None) -> str:
    """The text with everything that could deceive shown as its number; `context`: what it was cut from."""
    if text.isascii():
        return text if text.isprintable() and not _QUOTES & set(text) else "".join(map(_plain, text))
    around = text if context is None else context
    foreign = _passes_for_latin(around)
    shown: list[str] = []
    # A mark at the beginning would sit on our own quotation mark; one that composes would look like another text.
    before = 0 if unicodedata.is_normalized("NFC", around) else _MARKS_MAX
    marks = _MARKS_MAX
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter)[0] == "M" else before
        deceives = marks > _MARKS_MAX or (foreign and _script(letter) in _FOREIGN)
        shown.append(_numbered(letter) if deceives else _plain(letter))
    return "".join(shown)


def named(text: str, language: Language) -> str:
    """A name as it is, if it is one and nothing in it deceives; else between quotation marks.

    Chinese is written without blanks, so that a Chinese name could go on as a sentence of ours: it is quoted there.
    """
    bare = 0 < len(text) <= NAME_CHARS_SHOWN and text[0].isalnum() and all(map(_of_a_name, text))
    bare = bare and (language == "en" or text.isascii())
    return text if bare and harmless(text) == text else quoted(text, language)


def shown(value: Shown, language: Language) -> str:
    """A value of a grant: text between quotation marks, everything else without."""
    if isinstance(value, str):
        return quoted(value, language)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if value.bit_length() <= _NUMBER_BITS_MAX:
            return str(value)
        sign = ("负" if language == "zh" else "minus ") if value < 0 else ""
        bits = f"{value.bit_length():,}"
        return f"{sign}一个 {bits} 位二进制的数" if language == "zh" else f"{sign}a number of {bits} bits"
    return "null" if value is None else repr(float(value))


def listed(parts: Sequence[str], language: Language) -> str:
    """`a, b or c`; of many, the first ones and how many more there are."""
    more = len(parts) - VALUES_MAX
    kept = list(parts[:VALUES_MAX])
    if language == "zh":
        return "、".join(kept) + (f"，以及另外 {more:,} 个值" if more > 0 else "")
    if more > 0:
        return ", ".join(kept) + f" or {more:,} other values"
    return ", ".join(kept[:-1]) + f" or {kept[-1]}" if len(kept) > 1 else "".join(kept)


def _plain(letter: str) -> str:
    if letter in _QUOTES or letter in _BLANK or (letter != " " and unicodedata.category(letter) in _HIDDEN):
        return _numbered(letter)
    if letter.isascii():
        return letter
    if not unicodedata.is_normalized("NFC", letter):
        return _numbered(letter)
    folded = unicodedata.normalize("NFKC", letter)
    if folded != letter and folded.isascii() and (folded.isalnum() or folded in ("/", "@", ".", "\\", "-", "_", "%")):
        return _numbered(letter)  # a full-width, mathematical or ligature form of what somebody would read it as
    return letter


def _numbered(letter: str) -> str:
    return f"\\u{{{ord(letter):x}}}"


def _of_a_name(letter: str) -> bool:
    return letter.isalnum() or letter in ".-_"


def _passes_for_latin(text: str) -> bool:
    """Whether letters of other scripts stand among Latin ones, or look like Latin ones altogether."""
    foreign = [letter for letter in text if not letter.isascii() and _script(letter) in _FOREIGN]
    if not foreign:
        return False
    latin = any(letter.isascii() and letter.isalpha() for letter in text)
    return latin or _LATIN_LIKE.issuperset(foreign)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
