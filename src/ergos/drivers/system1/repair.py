"""A brief without its faults: each faulty sentence is replaced by what its source says, or dropped.

Rules: a repair ends the loop with the checker. A sentence of another author may be replaced once, by the words it
cites, as they stand; from then on, and in briefs System 1 wrote, faulty sentences are only dropped. So no repair
brings a sentence back, and every round with a fault makes the brief shorter or leaves System 1's words in it.
Must not know: how faults are found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from ergos.base.documents import Brief, Document, Fault, Section, Sentence, citable
from ergos.base.errors import ValueShapeError
from ergos.drivers.system1.passages import quality

REPAIRED_BY: Final = "system1"  # marks the author of a repaired brief


def repaired(previous: Brief, faults: Sequence[Fault], documents: Sequence[Document], *, made_at_ns: int) -> Brief:
    """`previous` without any sentence a fault names; sections left empty go too.

    Raises: ValueShapeError when a fault names a sentence the brief does not have.
    """
    if not faults:
        return previous
    faulty = {(fault.section, fault.sentence) for fault in faults}
    for section, sentence in sorted(faulty):
        known = 0 <= section < len(previous.sections)
        if not known or not 0 <= sentence < len(previous.sections[section].sentences):
            raise ValueShapeError(
                f"a fault names sentence {sentence} of section {section}, which the brief does not have",
                remedy="pass the faults together with the brief they were found in",
            )
    by_id = {document.id: document for document in (*documents, *previous.documents)}
    kept = {
        sentence.text
        for at, section in enumerate(previous.sections)
        for place, sentence in enumerate(section.sentences)
        if (at, place) not in faulty
    }
    dropped = {previous.sections[at].sentences[place].text for at, place in faulty}
    may_replace = REPAIRED_BY not in previous.solver
    sections: list[Section] = []
    for at, section in enumerate(previous.sections):
        sentences: list[Sentence] = []
        for place, sentence in enumerate(section.sentences):
            if (at, place) not in faulty:
                sentences.append(sentence)
                continue
            verbatim = _verbatim(sentence, by_id, previous) if may_replace else None
            if verbatim is not None and verbatim.text not in kept | dropped:
                kept.add(verbatim.text)
                sentences.append(verbatim)
        if sentences:
            sections.append(Section(heading=section.heading, sentences=tuple(sentences)))
    cited = dict.fromkeys(
        citation.document for section in sections for sentence in section.sentences for citation in sentence.citations
    )
    return msgspec.structs.replace(
        previous,
        sections=tuple(sections),
        documents=tuple(by_id[name] for name in cited if name in by_id),
        made_at_ns=made_at_ns,
        solver=previous.solver if not may_replace else f"{previous.solver}, repaired by {REPAIRED_BY}",
    )


def _verbatim(sentence: Sentence, by_id: dict[str, Document], brief: Brief) -> Sentence | None:
    """The first cited sentence that stands alone in the brief's language, as it stands in its source."""
    for citation in sentence.citations:
        document = by_id.get(citation.document)
        if document is None or document.language != brief.language:
            continue
        start, end = citation.span.start, citation.span.end
        whole = citable(document)
        exact = 0 <= start < end <= len(whole) and whole[start:end] == citation.quote
        if exact and quality(citation.quote, document.language):
            return Sentence(text=" ".join(citation.quote.split()), citations=(citation,))
    return None
