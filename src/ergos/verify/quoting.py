"""From words a model quotes to where they stand: a citation, or nothing.

Words are looked up as they were given; then with typography set aside (quotation marks, dashes, spaces, case), because
models set it anew; an ellipsis may leave words out, in order. The citation covers the whole sentences in which the
words stand, as they stand.

Rules: what cannot be found is not there: nothing near it is taken instead. A document is read once, when it is first
asked. Must not know: models, prompts, briefs.
"""

from __future__ import annotations

import bisect
import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from ergos.base.documents import Citation, Document, Span, citable
from ergos.base.limits import SENTENCE_CHARS_MAX
from ergos.drivers.system1 import segment

QUOTE_CHARS_MIN: Final = 8  # characters of a quotation in an alphabet; fewer stand everywhere
QUOTE_HAN_MIN: Final = 4  # the same where one character is a word
QUOTE_CHARS_MAX: Final = 1_200  # characters of a quotation; more is copying
PARTS_MAX: Final = 4  # pieces of one quotation between ellipses
PLACES_MAX: Final = 200  # places looked at for one that no longer word or number holds

_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_ELLIPSIS: Final = re.compile(r"\s*[\[(（]?(?:…+|\.{3,})[\])）]?\s*")
_EDGES: Final = " \t\r\n\"'“”‘’「」『』«»„.,;:!?。，；：！？、>"
_MARKS: Final = str.maketrans(
    dict.fromkeys("“”„‟«»「」『』＂〝〞″", '"') | dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("‐‑‒–—―−－", "-")
)
_DROPPED: Final = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")


class Shelf:
    """Documents by the numbers a model knows them by, from 1."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents: Final = tuple(documents)
        self._read: Final[dict[int, _Reading]] = {}

    def number_of(self) -> dict[str, int]:
        """Numbers by id."""
        return {document.id: number for number, document in enumerate(self.documents, 1)}

    def cite(self, number: int, words: str) -> tuple[Citation, ...] | str:
        """Where the words stand in a document: one citation for each piece; or what is wrong with them, in English."""
        if not 1 <= number <= len(self.documents):
            return f"there is no document {number}"
        if len(words) > QUOTE_CHARS_MAX:
            return f"a quotation of document {number} has {len(words):,} characters; at most {QUOTE_CHARS_MAX:,} may be"
        found = self._reading(number).find(words)
        if found is None:
            return f"document {number} does not hold the words {words[:120]!r}"
        return found

    def holds(self, number: int, words: str) -> bool:
        """Whether a document holds the words, however short they are and whatever stands beside them."""
        return 1 <= number <= len(self.documents) and self._reading(number).holds(words)

    def _reading(self, number: int) -> _Reading:
        if number not in self._read:
            self._read[number] = _Reading(self.documents[number - 1])
        return self._read[number]


class _Reading:
    """A document that is being quoted from."""

    def __init__(self, document: Document) -> None:
        self._document: Final = document
        self._text: Final = citable(document)

    def find(self, words: str) -> tuple[Citation, ...] | None:
        """One citation for each sentence or run of sentences the words stand in; None if any of them stand nowhere."""
        for quotation in dict.fromkeys((words.strip(), words.strip(_EDGES))):
            if _is_telling(quotation) and (span := self._find(quotation, 0)) is not None:
                return (self._citation(span),)
        parts = [part for part in (one.strip(_EDGES) for one in _ELLIPSIS.split(words)) if part]
        if not 1 < len(parts) <= PARTS_MAX or not all(map(_is_telling, parts)):
            return None
        spans: list[Span] = []
        for part in parts:
            span = self._find(part, spans[-1].end if spans else 0)
            if span is None:
                return None
            spans.append(span)
        return tuple({one.span: one for one in map(self._citation, spans)}.values())

    def holds(self, words: str) -> bool:
        """Whether the words stand here, typography aside."""
        folded = _fold(words)[0].strip(_EDGES)
        return bool(folded) and folded in self._folded[0]

    def _find(self, words: str, start: int) -> Span | None:
        for at in _places(self._text, words, start):
            if _is_whole(self._text, at, at + len(words)):
                return Span(at, at + len(words))
        text, origin = self._folded
        folded = _fold(words)[0].strip()
        if not folded:
            return None
        for at in _places(text, folded, bisect.bisect_left(origin, start)):
            if _is_whole(text, at, at + len(folded)):
                return Span(origin[at], origin[at + len(folded) - 1] + 1)
        return None

    @functools.cached_property
    def _folded(self) -> tuple[str, list[int]]:
        return _fold(self._text)

    @functools.cached_property
    def _sentences(self) -> tuple[Span, ...]:
        return segment.sentences(self._text)

    def _citation(self, found: Span) -> Citation:
        """The sentences the words stand in; the words alone where these are too long or begin in the title."""
        title_end = len(self._document.title)
        first = bisect.bisect_right(self._sentences, found.start, key=lambda one: one.start) - 1
        last = bisect.bisect_left(self._sentences, found.end, key=lambda one: one.end)
        start, end = found.start, found.end
        if first >= 0 and last < len(self._sentences):
            wide = self._sentences[first].start, self._sentences[last].end
            is_one_part = (wide[0] < title_end) == (wide[1] <= title_end)
            if wide[0] <= start and end <= wide[1] and wide[1] - wide[0] <= SENTENCE_CHARS_MAX and is_one_part:
                start, end = wide
        return Citation(document=self._document.id, span=Span(start, end), quote=self._text[start:end])


def stands_in(words: str, text: str) -> bool:
    """Whether the words stand in a text, typography set aside."""
    folded = _fold(words)[0].strip(_EDGES)
    return bool(folded) and folded in _fold(text)[0]


def _is_telling(words: str) -> bool:
    return len(words) >= (QUOTE_HAN_MIN if _HAN.search(words) else QUOTE_CHARS_MIN)


def _places(text: str, words: str, start: int) -> Iterator[int]:
    at = text.find(words, start)
    for _ in range(PLACES_MAX):
        if at < 0:
            return
        yield at
        at = text.find(words, at + 1)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no word or number is cut in two at an edge: 5 % is not quoted from 15 %, nor 4,200 from 4,200.5."""
    return not _is_inside(text, start) and not _is_inside(text, end)


def _is_inside(text: str, at: int) -> bool:
    before, after = text[:at][-2:] if at < 2 else text[at - 2 : at], text[at : at + 2]
    if not before or not after:
        return False
    if _is_letter(before[-1]) and _is_letter(after[0]):
        return True
    is_left_of_mark = before[-1].isdigit() and after[0] in ".," and after[1:].isdigit()
    is_right_of_mark = before[-1] in ".," and before[:-1].isdigit() and after[0].isdigit()
    return is_left_of_mark or is_right_of_mark


def _is_letter(character: str) -> bool:
    return character.isalnum() and not _HAN.match(character)


def _fold(text: str) -> tuple[str, list[int]]:
    """The text without typography and case, and where each of its characters came from."""
    folded: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        if character in _DROPPED:
            continue
        plain = character if character.isascii() else unicodedata.normalize("NFKC", character.translate(_MARKS))
        for one in plain.translate(_MARKS).lower():
            shown = " " if one.isspace() else one
            if shown == " " and (not folded or folded[-1] == " "):
                continue
            if folded and folded[-1] == " " and (_HAN.match(shown) or (len(folded) > 1 and _HAN.match(folded[-2]))):
                folded.pop()  # a space beside a Chinese character says nothing
                origin.pop()
            folded.append(shown)
            origin.append(at)
    return "".join(folded), origin
