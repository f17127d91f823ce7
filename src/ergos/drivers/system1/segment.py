"""Sentences and words of English and Chinese text.

Rules: pure and deterministic; spans count code points of the text given, never overlap and leave out only white
space; a newline always ends a sentence. Chinese words come from rjieba where it is installed, otherwise from
overlapping pairs of characters, which match as well but read worse.

Must not know: documents, figures, names.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from typing import Final

from ergos.base.documents import Span
from ergos.drivers.system1.lexicon import ABBREVIATIONS, ABBREVIATIONS_OPEN, STOP_EN, STOP_ZH

_LINE: Final = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_STOP: Final = re.compile(r"""(?P<mark>[.!?。！？｡…]+)(?P<close>["'”’」』）)\]】》»〉]*(?:\[\d{1,3}\])*)""")
_LAST_TOKEN: Final = re.compile(r"[^\s\"“‘'(（\[「『,，、:：—–]+\Z")
_OPENERS: Final = " \t\u00a0\u3000\"'“‘「『（([【《«"
_SAID_ZH: Final = re.compile(r"[^。！？，,]{0,8}(?:说|道|表示|称|指出|问|认为|写道|回答)")
_HAN: Final = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CJK: Final = rf"{_HAN}\u3040-\u30ff\uac00-\ud7af"
_IS_CJK: Final = re.compile(f"[{_CJK}]")
_TOKEN: Final = re.compile(
    rf"(?P<han>[{_HAN}]+)|(?P<kana>[\u3040-\u30ff\uac00-\ud7af]+)"
    rf"|(?P<word>(?:(?![{_CJK}])[^\W_])+"
    r"(?:(?:['’]|[.,](?=\d)(?<=\d.)|\.(?=[A-Za-z]\b)(?<=\b[A-Za-z]\.)|-)"
    rf"(?:(?![{_CJK}])[^\W_])+)*)"
)
_TOKEN_BACK_CHARS: Final = 40  # characters looked back for the word before a period; longer ones are no abbreviation


def sentences(text: str) -> tuple[Span, ...]:
    """Spans of the sentences of `text`, in order, without surrounding white space; linear."""
    found: list[Span] = []
    for line in _LINE.finditer(text):
        start = line.start()
        for stop in _STOP.finditer(text, line.start(), line.end()):
            if stop.start() >= start and _ends(text, start, stop, line.end()):
                _add(found, text, start, stop.end())
                start = stop.end()
        _add(found, text, start, line.end())
    return tuple(found)


def _add(found: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    lead = len(piece) - len(piece.lstrip())
    body = piece.strip()
    if body:
        found.append(Span(start + lead, start + lead + len(body)))


def _ends(text: str, start: int, stop: re.Match[str], line_end: int) -> bool:
    """Whether the terminator matched by `stop` ends the sentence that began at `start`."""
    at = stop.end()
    if at >= line_end:
        return True
    mark, close, after = stop["mark"], stop["close"], text[at]
    if any(character in "。！？｡" for character in mark):
        said = bool(close) and close[-1] in '”」』’"' and _SAID_ZH.match(text, at, line_end)
        return not said
    spaced = after.isspace()
    if not spaced and not _ends_unspaced(text, stop, after):
        return False
    head = _head(text, at, line_end)
    if "…" in mark or mark.startswith(".."):
        return spaced and head[:1].isupper()
    if head[:1].islower() and not any(character.isupper() for character in head):
        return False
    if mark != "." or close:
        return not (head[:1].islower() and mark != ".")
    return not _is_abbreviation(text, start, stop.start(), head)


def _ends_unspaced(text: str, stop: re.Match[str], after: str) -> bool:
    # Chinese sets no space: "结束.明天" is two sentences, "3.今天" and "End.今天" may be one.
    if not _IS_CJK.match(after) or "…" in stop["mark"]:
        return False
    return stop["mark"] != "." or bool(_IS_CJK.match(text, stop.start() - 1)) if stop.start() else False


def _head(text: str, at: int, line_end: int) -> str:
    """The word that follows, without opening quotes and brackets; at most 40 characters."""
    piece = text[at : min(at + _TOKEN_BACK_CHARS * 2, line_end)].lstrip(_OPENERS)
    word = re.match(r"[\w'’.-]*", piece)
    return word[0][:_TOKEN_BACK_CHARS] if word else ""


def _is_abbreviation(text: str, start: int, at: int, head: str) -> bool:
    """Whether the period at `at` belongs to the word before it rather than ending the sentence."""
    last = _LAST_TOKEN.search(text, max(start, at - _TOKEN_BACK_CHARS), at)
    if last is None:
        return False
    if last[0] == "ms":  # the unit; the address is "Ms"
        return False
    token = last[0].lower()
    if token.isdigit() and len(token) <= 3 and not text[start : last.start()].strip(_OPENERS):
        return True
    if token in ABBREVIATIONS_OPEN:
        return token not in {"no", "nos", "art", "sec", "ed"} or head[:1].isdigit()
    opens_sentence = head.lower().replace("’", "'") in STOP_EN and head[:1].isupper()
    if token in ABBREVIATIONS or re.fullmatch(r"(?:[a-z]\.)+[a-z]", token):
        return not opens_sentence
    return len(token) == 1 and token.isalpha() and last[0].isupper() and not opens_sentence


def words(text: str) -> tuple[str, ...]:
    """Lower-cased words of `text` in order, punctuation left out.

    Latin words follow the Unicode word rules (UAX 29), except that a hyphen next to a digit does not divide,
    so that "GPT-4o" stays one word while "open-source" is two. Source: Unicode Standard Annex 29, section 4.
    """
    found: list[str] = []
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "word":
            folded = unicodedata.normalize("NFKC", token[0]).lower().replace("’", "'")
            found.extend(_unhyphened(folded))
        elif token.lastgroup == "han":
            found.extend(_cutter()(token[0]))
        else:
            found.extend(bigrams(token[0]))
    return tuple(found)


def _unhyphened(word: str) -> list[str]:
    if "-" not in word or any(character.isdigit() for character in word):
        return [word]
    return word.split("-")


def content_words(text: str) -> tuple[str, ...]:
    """The words of `text` that carry content, lightly normalised, in order, repetitions kept.

    English possessives and regular plurals are folded ("models'" and "model's" become "model"); function words
    of both languages are left out.
    """
    kept = (stem(word) for word in words(text) if word not in STOP_EN and word not in STOP_ZH)
    # The stop words again: "it's" has been stemmed to one.
    return tuple(word for word in kept if word and word not in STOP_EN)


def stem(word: str) -> str:
    """A lower-case word without possessive and regular plural ending; other endings stay."""
    word = word.removesuffix("'s").rstrip("'")
    if len(word) < 4 or not word.endswith("s") or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def bigrams(run: str) -> list[str]:
    """Overlapping pairs of characters of an undivided run; a run of one character is itself."""
    return [run[at : at + 2] for at in range(max(1, len(run) - 1))]


@functools.cache
def _cutter() -> Callable[[str], list[str]]:
    try:
        from rjieba import cut  # heavy: loads a dictionary of 350,000 words
    except ImportError:
        return bigrams
    return cut
