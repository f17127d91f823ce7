"""Sentences of a document that could stand in a brief: whole, readable alone, no page furniture.

Rules: a passage is a span of `citable(document)` and its text is exactly what stands there, so whatever is
built from passages is cited by construction. What is left out is left out by form only, never by opinion.
Must not know: stories, findings, briefs.
"""

from __future__ import annotations

import functools
import re
from typing import Final

import msgspec

from ergos.base.documents import Citation, Document, Figure, Language, Span, citable
from ergos.base.limits import SENTENCE_CHARS_MAX
from ergos.drivers.system1 import anaphora, phrases, segment
from ergos.drivers.system1.figures import figures

PASSAGES_MAX: Final = 60  # sentences read of one document; reports say what matters early
READ_CHARS_MAX: Final = 16_000  # characters read of one document; about ten minutes of reading
_CHARS_MIN: Final[dict[Language, int]] = {"en": 40, "zh": 12, "und": 40}
_CHARS_MAX: Final[dict[Language, int]] = {"en": 360, "zh": 160, "und": 360}
QUOTED_CHARS_MAX: Final = 240  # characters of a quotation inside a sentence of the brief
WIDENED_CHARS_MAX: Final[dict[Language, int]] = {"en": 420, "zh": 220, "und": 420}  # characters of two sentences
WIDENED_QUALITY: Final = 0.6  # how well two sentences stand of which the second leans on the first
ANNOUNCED: Final = 0.3  # news value left to a sentence that says what will be told instead of telling it
_ANNOUNCING: Final = re.compile(
    r"\b(?:ask(?:s|ed)|describe[sd]?|explain(?:s|ed)?|measure[sd]?|show(?:s|ed)?|discuss(?:es|ed)|examine[sd]?|explore[sd]?"
    r"|looks? at|looked at|consider(?:s|ed)?|wonder(?:s|ed)?|tells?|told)\b[^,.;]{0,40}? (?:what|how|why|whether)\b"
    r"|(?:介绍|讲述|探讨|分析|解释|说明|谈到)了?(?:如何|怎样|为什么|为何|哪些|什么)",
    re.IGNORECASE,
)
_CLOSERS: Final = "”’\"'」』）)]】»"
_PAIRS: Final = (("“", "”"), ("「", "」"), ("『", "』"), ("（", "）"), ("(", ")"), ("[", "]"), ("《", "》"), ("«", "»"))
_CJK: Final = re.compile(r"[㐀-鿿]")
_CLAUSE_END: Final = re.compile(r"[，；：,;:](?!\d)|\s[-–—]{1,2}\s|——")


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence of a document."""

    document: Document
    span: Span
    text: str
    """Exactly `citable(document)[span.start:span.end]`."""
    position: int
    """Count of sentences before it in the text; -1 for the title."""
    words: frozenset[str]
    """Content words, for comparing."""
    figures: tuple[Figure, ...]
    """Its figures, with spans in `text`."""
    quality: float
    """How well it stands alone, in 0..1; 0 is not fit for a brief."""


def passages(document: Document, *, sentences_max: int = PASSAGES_MAX) -> tuple[Passage, ...]:
    """The sentences of the text that are fit for a brief, in order; linear in READ_CHARS_MAX."""
    whole = citable(document)[:READ_CHARS_MAX]
    found: list[Passage] = []
    start = len(document.title) + 2
    spans = [span for span in segment.sentences(whole) if span.start >= start]
    for position, span in enumerate(spans[:sentences_max]):
        trimmed = _without_dateline(whole, span)
        text = whole[trimmed.start : trimmed.end]
        grade = quality(text, document.language)
        if grade:
            found.append(
                Passage(
                    document=document,
                    span=trimmed,
                    text=text,
                    position=position,
                    words=frozenset(segment.content_words(text)),
                    figures=figures(text),
                    quality=grade,
                )
            )
    return tuple(found)


def headline(document: Document) -> Passage | None:
    """The title as a passage, for a document without a sentence fit for a brief; None for a bare label."""
    start = len(document.title) - len(document.title.lstrip())
    end = len(document.title.rstrip())
    text = document.title[start:end]
    words = segment.content_words(text)
    if len(words) < 3 or len(text) > QUOTED_CHARS_MAX or "\n" in text or _furniture(text):
        return None
    return Passage(
        document=document,
        span=Span(start, end),
        text=text,
        position=-1,
        words=frozenset(words),
        figures=figures(text),
        quality=0.3,
    )


def widened(passage: Passage) -> Passage | None:
    """The passage together with the sentence before it, for one that leans on it.

    None where that sentence is unfit, leans itself, stands in another paragraph, or makes the two too long.
    """
    document = passage.document
    whole = citable(document)[: passage.span.end]
    start = whole.rfind("\n", 0, passage.span.start) + 1
    if passage.position < 1 or start < len(document.title) + 2:
        return None
    before = segment.sentences(whole[start : passage.span.start])
    if not before:
        return None
    span = _without_dateline(whole, Span(before[-1].start + start, before[-1].end + start))
    text = whole[span.start : passage.span.end]
    first = whole[span.start : span.end]
    if len(text) > WIDENED_CHARS_MAX[document.language] or anaphora.leans(first, document.language):
        return None
    # The second sentence must be fit in everything but that it leans.
    fit = quality(passage.text, document.language) / anaphora.standing(passage.text, document.language)
    if min(fit, quality(first, document.language)) < WIDENED_QUALITY:
        return None
    return Passage(
        document=document,
        span=Span(span.start, passage.span.end),
        text=text,
        position=passage.position,
        words=frozenset(segment.content_words(text)),
        figures=figures(text),
        quality=WIDENED_QUALITY,
    )


def news_value(passage: Passage) -> float:
    """How much of who, when and how many a sentence gives, in 0..1; generalities give none."""
    kinds = {figure.kind for figure in passage.figures}
    is_dated = "date" in kinds
    is_counted = bool(kinds & {"number", "percent", "money", "multiple", "duration"})
    value = 0.4 * anaphora.is_named(passage.text, passage.document.language) + 0.25 * is_dated + 0.35 * is_counted
    return value * ANNOUNCED if _ANNOUNCING.search(passage.text) else value


def cite(passage: Passage) -> Citation:
    """The citation of the whole passage."""
    return Citation(document=passage.document.id, span=passage.span, quote=passage.text)


def quality(text: str, language: Language) -> float:
    """How well a sentence stands alone, in 0..1: 0 for fragments, questions, furniture, broken quotations."""
    if not _CHARS_MIN[language] <= len(text) <= min(_CHARS_MAX[language], SENTENCE_CHARS_MAX):
        return 0.0
    if not _is_closed(text) or not _is_balanced(text) or _furniture(text):
        return 0.0
    letters = sum(character.isalpha() for character in text)
    if letters < 0.6 * sum(not character.isspace() for character in text):
        return 0.0
    return (_english(text) if language != "zh" else _chinese(text)) * anaphora.standing(text, language)


def clause(text: str, at: int) -> tuple[int, int]:
    """The clause of `text` around offset `at`, half open, without outer blanks and marks."""
    cuts = [0, *(mark.end() for mark in _CLAUSE_END.finditer(text)), len(text)]
    start = max(cut for cut in cuts if cut <= at)
    end = min((cut for cut in cuts if cut > at), default=len(text))
    return _stripped(text, start, end)


def quotable(passage: Passage, *, at: int = 0, chars_max: int = QUOTED_CHARS_MAX, chars_min: int = 4) -> Span | None:
    """What of a passage can stand between quotation marks: the sentence without its full stop, else some clauses.

    Those around offset `at` of the passage are taken where the whole is longer than `chars_max`. None where quotation marks inside
    would be mistaken for the end of the quotation.
    """
    start, end = _stripped(passage.text, 0, len(passage.text))
    if end - start > chars_max:
        start, end = _window(passage.text, at, chars_max)
    if not chars_min <= end - start <= chars_max or re.search(
        r"[“”\"「」『』‘«»„‟]|(?<!\w)['’]|['’](?!\w)", passage.text[start:end]
    ):
        return None
    return Span(passage.span.start + start, passage.span.start + end)


def _window(text: str, at: int, chars_max: int) -> tuple[int, int]:
    """The clause around `at` with as many of the clauses before and after it as `chars_max` lets in."""
    start, end = clause(text, at)
    cuts = [0, *(mark.end() for mark in _CLAUSE_END.finditer(text)), len(text)]
    for cut in reversed([cut for cut in cuts if cut < start]):
        if end - cut > chars_max:
            break
        start = cut
    for cut in (cut for cut in cuts if cut > end):
        if cut - start > chars_max:
            break
        end = cut
    return _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    marks = " \t\r\n\u00a0\u3000。．.!！；;，,、：:"
    while start < end and text[start] in marks:
        start += 1
    while start < end and text[end - 1] in marks:
        end -= 1
    return start, end


def _without_dateline(whole: str, span: Span) -> Span:
    """`span` from its first word on: after place, agency, brackets or list marks."""
    start = span.start
    for _ in range(3):
        mark = _datelines().match(whole, start, span.end)
        if mark is None or mark.end() >= span.end:
            break
        start = mark.end()
    return Span(start, span.end)


@functools.cache
def _datelines() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in phrases.DATELINES))


@functools.cache
def _boilerplate() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in phrases.BOILERPLATE), re.IGNORECASE)


def _furniture(text: str) -> bool:
    """Whether `text` belongs to the page: notices, links, menus, tables."""
    return bool(_boilerplate().search(text)) or any(
        mark in text for mark in ("://", "www.", "|", "{", "}", "\t", " > ", "@")
    )


def _is_closed(text: str) -> bool:
    """Whether it ends like a statement; a question anywhere in it does not."""
    if "?" in text or "？" in text:
        return False
    body = text.rstrip(_CLOSERS + " ")
    return body.endswith((".", "。", "．")) and not body.endswith(("..", "。。", ". ."))


def _is_balanced(text: str) -> bool:
    if text.count('"') % 2:
        return False
    for left, right in _PAIRS:
        depth = 0
        for character in text:
            depth += (character == left) - (character == right)
            if depth < 0:
                return False
        if depth:
            return False
    # Half of a single-quoted passage shows as an opening mark that no closing mark follows.
    return text.count("‘") <= text.count("’")


def _english(text: str) -> float:
    words = text.split()
    first = words[0].lstrip("“‘\"'«([")
    if not 6 <= len(words) <= 60 or not (first[:1].isupper() or first[:1].isdigit() or first[1:2].isupper()):
        return 0.0
    plain = [word for word in words if word[:1].isalpha()]
    lower = sum(word[:1].islower() for word in plain)
    if lower < 0.3 * len(plain):
        return 0.0
    grade = 1.0 if 10 <= len(words) <= 34 else 0.7
    spoken = {word.lower().strip("“”\"',.;:") for word in plain}
    if spoken & set(phrases.PERSONAL["en"]):
        grade *= 0.4
    return grade


def _chinese(text: str) -> float:
    if len(_CJK.findall(text)) < 0.4 * len(text):
        return 0.0
    grade = 1.0 if 18 <= len(text) <= 100 else 0.7
    if any(word in text for word in phrases.PERSONAL["zh"]):
        grade *= 0.4
    return grade
