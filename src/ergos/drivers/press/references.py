"""The numbering of a brief: which source a sentence points at, and which words of it.

Rules: source n is `brief.documents[n - 1]`; the same words cited twice stand once under their source. A brief
that breaks the rules of `ergos.base.documents` is refused before a single character is written.
"""

from __future__ import annotations

import msgspec

from ergos.base.documents import Brief, Citation, Document
from ergos.base.errors import ValueShapeError


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """One place a sentence points at."""

    source: int
    """From 1: the number shown."""
    passage: int
    """From 1: which of the quoted passages of that source."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """Words quoted from a source and the sentences that rest on them."""

    quote: str
    cited_by: tuple[tuple[int, int], ...]
    """(section, sentence), both from 1, in reading order."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A cited document with everything quoted from it."""

    document: Document
    passages: tuple[Passage, ...]


class References(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a renderer needs to number a brief."""

    sources: tuple[Source, ...]
    sentences: dict[tuple[int, int], tuple[Reference, ...]]
    """By (section, sentence), both from 1; each at least one reference, none twice."""


class _Cited(msgspec.Struct, kw_only=True):
    """A passage while its citations are still being counted."""

    passage: int
    places: dict[tuple[int, int], None]
    """Kept as keys, because they are ordered and stand once."""


def references(brief: Brief) -> References:
    """Number the citations of a brief. Cost: linear in its citations.

    Raises `ValueShapeError` if a sentence has no citation, or cites a document the brief does not list,
    or if the brief lists a document twice.
    """
    numbers = {document.id: number for number, document in enumerate(brief.documents, start=1)}
    if len(numbers) < len(brief.documents):
        raise ValueShapeError("the brief lists a document twice")
    passages: dict[int, dict[str, _Cited]] = {number: {} for number in numbers.values()}
    sentences: dict[tuple[int, int], tuple[Reference, ...]] = {}
    for section_number, section in enumerate(brief.sections, start=1):
        for sentence_number, sentence in enumerate(section.sentences, start=1):
            place = (section_number, sentence_number)
            if not sentence.citations:
                raise ValueShapeError(f"sentence {sentence_number} of section {section_number} cites no source")
            found = [_refer(citation, place, numbers, passages) for citation in sentence.citations]
            sentences[place] = tuple(dict.fromkeys(found))
    sources = tuple(
        Source(
            document=document,
            passages=tuple(
                Passage(quote=quote, cited_by=tuple(cited.places))
                for quote, cited in passages[numbers[document.id]].items()
            ),
        )
        for document in brief.documents
    )
    return References(sources=sources, sentences=sentences)


def _refer(
    citation: Citation,
    place: tuple[int, int],
    numbers: dict[str, int],
    passages: dict[int, dict[str, _Cited]],
) -> Reference:
    number = numbers.get(citation.document)
    if number is None:
        where = f"sentence {place[1]} of section {place[0]}"
        raise ValueShapeError(f"{where} cites document {citation.document!r}, which the brief does not list")
    quoted = passages[number]
    cited = quoted.setdefault(citation.quote, _Cited(passage=len(quoted) + 1, places={}))
    cited.places[place] = None
    return Reference(source=number, passage=cited.passage)
