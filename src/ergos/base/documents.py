"""What the newsroom's parts pass to each other: documents, figures, stories, findings, briefs, faults.

Plain frozen values with no behaviour beyond slicing, so that a source driver, a solver, a check and a
page renderer agree on them without knowing each other.

Rules: a `Span` counts Unicode code points of `citable(document)`, half open; a `Citation.quote` is
exactly the text its span covers; a `Sentence` of a brief carries at least one citation.
"""

from __future__ import annotations

import datetime
from typing import Literal

import msgspec

Language = Literal["en", "zh", "und"]
"""ISO 639-1 code of the languages System 1 writes; `und` (undetermined) for every other one."""

FigureKind = Literal["number", "percent", "money", "date", "duration", "multiple"]
FindingKind = Literal["theme", "number", "change", "disagreement"]
SentenceKind = Literal["fact", "quote", "comparison", "note"]
FaultKind = Literal["number", "date", "name", "quotation", "citation", "span"]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One article, page, file or feed item, reduced to text that can be cited."""

    id: str
    """First 16 hexadecimal digits of SHA-256 over url, title and text."""
    url: str
    """Where a reader finds it: http(s) URL, or the path of a local file."""
    title: str
    text: str
    """Plain text in NFC; paragraphs are separated by one blank line; no markup."""
    source: str
    """Name of the feed, site or folder it came from."""
    published_ns: int | None
    """UTC nanoseconds since 1970, or None where the source does not say."""
    language: Language


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Half-open range of code points in the citable text of a document."""

    start: int
    end: int


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity or date found in a text, normalised so that two spellings of it compare equal."""

    kind: FigureKind
    value: str
    """Canonical decimal ("380000000000", "0.26") or ISO 8601 date, as precise as the text ("2025-09-24", "2025")."""
    unit: str
    """Canonical unit: currency code ("USD", "CNY"), "%", "x", "year", "month", "day", "hour", ... or ""."""
    text: str
    """The words as they stand in the text."""
    span: Span


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """Points at the words of a source that carry a sentence."""

    document: str
    """`Document.id`."""
    span: Span
    quote: str
    """Exactly `citable(document)[span.start:span.end]`."""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """Documents that report the same event, the best one first."""

    title: str
    documents: tuple[str, ...]
    score: float
    """Rank weight in 0..1; stories are sorted by it, descending."""
    keywords: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth telling that was found across documents."""

    kind: FindingKind
    subject: str
    """What it is about, in words of the sources."""
    citations: tuple[Citation, ...]
    figures: tuple[Figure, ...] = ()
    """The figures concerned; for a disagreement at least two that differ, in the order of `citations`."""
    score: float = 0.0


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of a brief with the sources that carry it."""

    text: str
    citations: tuple[Citation, ...]
    kind: SentenceKind = "fact"


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading and its sentences."""

    heading: str
    sentences: tuple[Sentence, ...]


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """A written report in which every sentence carries its source."""

    title: str
    language: Language
    sections: tuple[Section, ...]
    documents: tuple[Document, ...]
    """Every document cited, in order of first citation; citation number n is documents[n - 1]."""
    made_at_ns: int
    solver: str
    """Who wrote it, e.g. "system1"; shown to the reader."""
    source_count: int
    """Feeds, sites and folders the documents came from, cited or not."""
    document_count: int | None = None
    """Documents read, cited or not, duplicates included; None where the writer did not say."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a brief that its cited source does not carry."""

    section: int
    sentence: int
    """Indexes from 0 into Brief.sections and Section.sentences."""
    kind: FaultKind
    found: str
    """The words of the brief that are at fault."""
    why: str
    """One English sentence saying what the source says instead, or that it says nothing."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A source or a part of one that could not be read, and why; the others went on."""

    url: str
    code: str
    """Stable error code of `ergos.base.errors`."""
    why: str


def citable(document: Document) -> str:
    """Title, a blank line, then the text: what spans and quotations refer to."""
    return f"{document.title}\n\n{document.text}"


def day_of(published_ns: int) -> datetime.date:
    """The UTC day of an instant."""
    return datetime.datetime.fromtimestamp(published_ns // 1_000_000_000, tz=datetime.UTC).date()
