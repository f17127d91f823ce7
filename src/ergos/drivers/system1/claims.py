"""What a figure of a sentence is said about, and how far rounding and hedges let it range.

Rules: a figure belongs to its clause; one that shares its clause with another of its kind and unit is left out,
because which subject it belongs to would be a guess. Must not know: what claims are compared for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from ergos.base.documents import Figure, Span
from ergos.drivers.system1 import phrases, segment
from ergos.drivers.system1.cluster import named, uninformative
from ergos.drivers.system1.glossary import TERMS
from ergos.drivers.system1.passages import Passage, clause

COMPARED_KINDS: Final = frozenset({"number", "percent", "money", "multiple"})
SLACK: Final = Decimal("0.1")  # relative distance that "about" and "nearly" leave open
WORDED_SLACK: Final = Decimal("0.05")  # the same for figures written in words, whose rounding is unknown
COUNTED_WORDS: Final = 3  # words after a number among which what it counts is looked for
COUNTED_CHARS: Final = 40  # characters after a number read for them
_ATTRIBUTION: Final = re.compile(
    r"\b(?:according to|as told by|as reported by) [^,.;]{1,60}|据[^，。；]{1,24}(?:报道|消息|称|统计|透露)",
    re.IGNORECASE,
)  # whom a figure comes from is not whom it is about


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with what it is said about."""

    passage: Passage
    figure: Figure
    subject: frozenset[str]
    names: frozenset[str]
    periods: frozenset[str]
    """Dates and durations of the sentence, as "kind:value:unit"."""
    counted: frozenset[str]
    low: Decimal
    high: Decimal


def in_document(figure: Figure, passage: Passage) -> Figure:
    """`figure`, found in the text of `passage`, with its span counted in the document."""
    start = passage.span.start
    return msgspec.structs.replace(figure, span=Span(figure.span.start + start, figure.span.end + start))


def claims(passage: Passage) -> tuple[Claim, ...]:
    """The figures of a passage of which it is clear what they are said about."""
    found = passage.figures
    made: list[Claim] = []
    for figure in found:
        value = decimal(figure)
        if figure.kind not in COMPARED_KINDS or value is None:
            continue
        start, end = clause(passage.text, figure.span.start)
        rivals = [
            other
            for other in found
            if (other.kind, other.unit) == (figure.kind, figure.unit) and start <= other.span.start < end
        ]
        if len(rivals) > 1:
            continue
        low, high = _bounds(figure, value, passage.text)
        names = frozenset(named(_ATTRIBUTION.sub(" ", passage.text), passage.document.language)) - frozenset(
            named(passage.document.source, "zh")
        )
        made.append(
            Claim(
                passage=passage,
                figure=figure,
                subject=_subject(passage, start, end, found, names),
                names=names,
                periods=frozenset(
                    f"{other.kind}:{other.value}:{other.unit}" for other in found if other.kind in {"date", "duration"}
                ),
                counted=_counted(passage, figure),
                low=low,
                high=high,
            )
        )
    return tuple(made)


def _subject(passage: Passage, start: int, end: int, found: Sequence[Figure], names: frozenset[str]) -> frozenset[str]:
    """Stems of the clause without figures and words that say nothing, and the names of the whole sentence."""
    parts: list[str] = []
    at = start
    for figure in found:
        if start <= figure.span.start < end:
            parts.append(passage.text[at : figure.span.start])
            at = max(at, figure.span.end)
    parts.append(passage.text[at:end])
    text = " ".join(parts)
    words = {word for word in segment.content_words(text) if not uninformative(word)}
    own = {part for word in words for part in TERMS.get(word, phrases.TWO_NAMES.get(word, word)).split()}
    single = {word for name in names for word in name.split()}
    return frozenset(own | single)


def _counted(passage: Passage, figure: Figure) -> frozenset[str]:
    """What a plain number counts: the first telling word after it, in its clause; empty where there is none."""
    if figure.kind != "number" or figure.unit:
        return frozenset()
    _, end = clause(passage.text, figure.span.start)
    after = passage.text[figure.span.end : min(end, figure.span.end + COUNTED_CHARS)]
    found = [
        phrases.TWO_NAMES.get(word, TERMS.get(word, word)) for word in segment.content_words(after)[:COUNTED_WORDS]
    ]
    return frozenset([word for word in found if not uninformative(word)][:1])


def decimal(figure: Figure) -> Decimal | None:
    """The value as a number; None for a date."""
    try:
        return Decimal(figure.value)
    except InvalidOperation:
        return None


def written(figure: Figure) -> str:
    """The digits as they stand in the text, without magnitude and unit; empty for figures in words."""
    found = re.search(r"[0-9][0-9,]*(?:\.[0-9]+)?", unicodedata.normalize("NFKC", figure.text))
    return found[0].replace(",", "") if found else ""


def _bounds(figure: Figure, value: Decimal, text: str) -> tuple[Decimal, Decimal]:
    """What the figure may mean, given its rounding and the hedge before or after it."""
    before, after = text[: figure.span.start][-24:], text[figure.span.end :][:12]
    if re.search(phrases.AT_LEAST, before, re.IGNORECASE) or re.match(phrases.MORE_AFTER, after):
        return value, value * Decimal("1.5")
    if re.search(phrases.AT_MOST, before, re.IGNORECASE):
        return value / 2, value
    if re.search(phrases.ABOUT, before, re.IGNORECASE) or re.match(phrases.ABOUT_AFTER, after):
        return value * (1 - SLACK), value * (1 + SLACK)
    digits = written(figure)
    number = Decimal(digits) if digits else Decimal(0)
    if not number:
        return value * (1 - WORDED_SLACK), value * (1 + WORDED_SLACK)
    decimals = len(digits.partition(".")[2])
    half = abs(value / number) * Decimal(5).scaleb(-decimals - 1)
    return value - half, value + half
