"""Disagreements as sentences: both sides in quotation marks, and no word on who is right.

Rules: a comparison is a template of `phrases` around quotations. Where the two sides may speak of different periods or
definitions, it says that figures differ; where one source itself tells of different counts, that it does; where a
calculation does not come out, that it does not. Must not know: how disagreements are found, sections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ergos.base.documents import Figure, Finding, Sentence
from ergos.drivers.system1.disagreements import are_of_one_scope
from ergos.drivers.system1.discrepancies import is_reported
from ergos.drivers.system1.draft import Draft, quoted
from ergos.drivers.system1.passages import Passage, cite, quotable

SUM_CHARS_MAX: Final = 420  # characters of a quoted calculation, which spans sentences


def differing(draft: Draft, findings: Sequence[Finding], *, most: int) -> list[Sentence]:
    """At most `most` disagreements as sentences, by score and by what the reader can read of them."""
    told: list[Sentence] = []
    seen: set[frozenset[tuple[str, str, str]]] = set()

    def order(finding: Finding) -> float:
        return -finding.score - min(draft.worth(draft.by_id[citation.document]) for citation in finding.citations)

    for finding in sorted(findings, key=order):
        values = frozenset((figure.kind, figure.value, figure.unit) for figure in finding.figures)
        if len(told) == most or not draft.left:
            break
        if values in seen:
            continue
        passages = [draft.passage(citation) for citation in finding.citations]
        text = _compared(draft, passages, finding.figures) if len(passages) > 1 else _alone(draft, passages[0])
        if text is None:
            continue
        sentence = Sentence(text=text, citations=finding.citations, kind="comparison")
        if draft.is_carried(sentence):
            seen.add(values)
            draft.keep(sentence, passages)
            told.append(sentence)
            draft.foreign.extend(cite(passage) for passage in passages if passage.document.language != draft.language)
    return told


def _compared(draft: Draft, passages: Sequence[Passage], found: Sequence[Figure]) -> str | None:
    one, two = passages[0], passages[1]
    offsets = [figure.span.start - passage.span.start for figure, passage in zip(found, passages, strict=False)]
    if len(offsets) < 2:
        return None
    spans = quotable(one, at=offsets[0]), quotable(two, at=offsets[1])
    if spans[0] is None or spans[1] is None:
        return None
    source, other = draft.named(one.document), draft.named(two.document)
    form = "differ_unnamed"
    if source and other:
        form = "differ_same" if source == other else "differ"
    text = draft.words[form].format(
        source=source, other=other, quote=quoted(one.document, spans[0]), counter=quoted(two.document, spans[1])
    )
    return text if are_of_one_scope(one, two) else draft.words["loose"].format(comparison=text)


def _alone(draft: Draft, passage: Passage) -> str | None:
    span = quotable(passage, chars_max=SUM_CHARS_MAX)
    if span is None:
        return None
    form = "reported" if is_reported(passage.text) else "sum"
    return draft.words[form].format(quote=quoted(passage.document, span))
