"""What is worth telling across documents: themes, figures, changes, and where sources disagree.

Rules: a finding is made of sentences as they stand, each cited exactly; nothing is inferred beyond what a pattern
of words and figures shows. The documents are read in the order of their stories, to a bound, so the cost is
linear. Must not know: briefs, the reader's language.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ergos.base.documents import Document, Figure, Finding, Story
from ergos.base.errors import ValueShapeError
from ergos.base.limits import SENTENCES_RANKED_MAX
from ergos.drivers.system1 import phrases, rank
from ergos.drivers.system1.claims import in_document
from ergos.drivers.system1.cluster import named
from ergos.drivers.system1.disagreements import disagreements
from ergos.drivers.system1.passages import PASSAGES_MAX, Passage, cite, clause, news_value, passages
from ergos.drivers.system1.themes import themes

FIGURES_MAX: Final = 16
CHANGES_MAX: Final = 16
DISAGREEMENTS_MAX: Final = 16
CITATIONS_MAX: Final = 3  # sources named for one finding; more convince no one further
SUBJECT_CHARS_MAX: Final = 90  # characters of a finding's subject
SAME_STATEMENT_MIN: Final = 0.4  # overlap of content words from which two sentences state the same
PASSAGES_MIN: Final = 4  # sentences read even of the last document
_CONDITIONAL: Final = re.compile(r"\A(?:If|Unless|Should)\b|如果|假如|倘若|一旦")
_TELLING: Final = frozenset({"money", "percent", "multiple", "number"})


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence with its weight among all sentences read."""

    passage: Passage
    story: int
    """Index into the stories."""
    weight: float
    """Centrality × quality × news value × earliness × score of the story; comparable within one batch only."""


def find(documents: Sequence[Document], stories: Sequence[Story]) -> tuple[Finding, ...]:
    """Themes, numbers, changes and disagreements, each kind by score descending.

    Spans of figures count in the cited document. Reads at most SENTENCES_RANKED_MAX sentences.
    Raises: ValueShapeError when a story names a document that is not among `documents`.
    """
    sentences = read(documents, stories)
    story_of = {sentence.passage.document.id: sentence.story for sentence in sentences}
    return (
        *themes([sentence.passage for sentence in sentences]),
        *_numbers(sentences),
        *_changes(sentences),
        *disagreements([sentence.passage for sentence in sentences], story_of)[:DISAGREEMENTS_MAX],
    )


def read(
    documents: Sequence[Document], stories: Sequence[Story], *, bound: int = SENTENCES_RANKED_MAX
) -> tuple[Ranked, ...]:
    """At most `bound` sentences fit for a brief, of the best stories, ranked among each other, best first.

    Raises: ValueShapeError when a story names a document that is not among `documents`.
    """
    by_id = {document.id: document for document in documents}
    each = max(PASSAGES_MIN, min(PASSAGES_MAX, bound // max(1, len(by_id))))
    found: list[tuple[int, Passage]] = []
    for position, story in enumerate(stories):
        for name in story.documents:
            if name not in by_id:
                raise ValueShapeError(
                    f"the story '{story.title}' names the document {name}, which was not given",
                    remedy="pass the documents the stories were made from",
                )
            found.extend((position, passage) for passage in passages(by_id[name], sentences_max=each))
        if len(found) >= bound:
            break
    found = found[:bound]
    central = rank.pagerank(rank.tfidf([sorted(passage.words) for _, passage in found]))
    top = max(central, default=1.0)
    ranked = [
        Ranked(
            passage=passage,
            story=position,
            weight=(0.5 + 0.5 * weight / top)
            * passage.quality
            * (0.4 + 0.6 * news_value(passage))
            * (0.4 + stories[position].score)
            / (1 + 0.08 * passage.position),
        )
        for (position, passage), weight in zip(found, central, strict=True)
    ]
    return tuple(sorted(ranked, key=_order))


def telling_figures(passage: Passage) -> tuple[Figure, ...]:
    """Figures a reader would remember: amounts, shares, multiples and large numbers; spans in the document."""
    found = [figure for figure in passage.figures if figure.kind in _TELLING]
    plain = re.compile(r"-?\d{1,2}(?:\.\d+)?")
    return tuple(
        in_document(figure, passage) for figure in found if figure.kind != "number" or not plain.fullmatch(figure.value)
    )


def is_change(passage: Passage) -> bool:
    """Whether the sentence says that something rose, fell, doubled or went from one figure to another."""
    words, alone = _change_patterns()
    if _CONDITIONAL.search(passage.text):
        return False
    if alone.search(passage.text):
        return True
    if not words.search(passage.text):
        return False
    return any(figure.kind in _TELLING for figure in passage.figures)


def _order(sentence: Ranked) -> tuple[float, str, int]:
    return (-sentence.weight, sentence.passage.document.id, sentence.passage.span.start)


@functools.cache
def _change_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = "|".join(phrases.CHANGE_WORDS.values())
    alone = "|".join(phrases.ALONE_CHANGES.values())
    return re.compile(words, re.IGNORECASE), re.compile(alone, re.IGNORECASE)


def supporting(first: Ranked, others: Sequence[Ranked]) -> list[Passage]:
    """The passage and the best of those in other documents that state the same figures in like words.

    At most CITATIONS_MAX; across languages names stand for the words, and within a story the figures alone.
    """
    chosen = [first.passage]
    mine = _stated(first.passage)
    told = {(figure.kind, figure.value, figure.unit) for figure in telling_figures(first.passage)}
    for other in others:
        if len(chosen) == CITATIONS_MAX:
            break
        if other.passage.document.id in {passage.document.id for passage in chosen}:
            continue
        stated = _stated(other.passage)
        abroad = first.passage.document.language != other.passage.document.language
        is_translation = abroad and first.story == other.story and bool(told) and told <= stated
        if is_translation or (_alike(first.passage, other.passage) and stated == mine):
            chosen.append(other.passage)
    return chosen


def _alike(one: Passage, two: Passage) -> bool:
    if one.document.language == two.document.language:
        return rank.overlap(one.words, two.words) >= SAME_STATEMENT_MIN
    names = frozenset(named(one.text, one.document.language)), frozenset(named(two.text, two.document.language))
    return bool(one.figures) and len(names[0] & names[1]) > 1 and rank.overlap(*names) >= SAME_STATEMENT_MIN


def _stated(passage: Passage) -> frozenset[tuple[str, str, str]]:
    return frozenset((figure.kind, figure.value, figure.unit) for figure in passage.figures)


def _numbers(sentences: Sequence[Ranked]) -> list[Finding]:
    by_figure: defaultdict[tuple[str, str, str], list[Ranked]] = defaultdict(list)
    own: dict[int, tuple[Figure, ...]] = {}
    for sentence in sentences:
        own[id(sentence)] = telling_figures(sentence.passage)
        for figure in own[id(sentence)]:
            by_figure[figure.kind, figure.value, figure.unit].append(sentence)
    findings: list[Finding] = []
    told: list[frozenset[str]] = []
    for sentence in sentences:
        if len(findings) == FIGURES_MAX:
            break
        passage = sentence.passage
        if not own[id(sentence)] or any(rank.overlap(passage.words, words) >= SAME_STATEMENT_MIN for words in told):
            continue
        told.append(passage.words)
        salient = max(own[id(sentence)], key=lambda figure: (_salience(figure), -figure.span.start))
        others = by_figure[salient.kind, salient.value, salient.unit]
        findings.append(
            Finding(
                kind="number",
                subject=_subject(passage, salient.span.start - passage.span.start),
                citations=tuple(cite(support) for support in supporting(sentence, others)),
                figures=own[id(sentence)],
                score=round(sentence.weight, 6),
            )
        )
    return findings


def _salience(figure: Figure) -> int:
    return {"money": 3, "percent": 2, "multiple": 2}.get(figure.kind, 1)


def _subject(passage: Passage, at: int) -> str:
    """The clause around an offset of the passage, in words of the source."""
    start, end = clause(passage.text, at)
    text = passage.text[start:end]
    return text if len(text) <= SUBJECT_CHARS_MAX else text[: SUBJECT_CHARS_MAX - 1].rstrip() + "…"


def _changes(sentences: Sequence[Ranked]) -> list[Finding]:
    findings: list[Finding] = []
    told: list[frozenset[str]] = []
    words, _ = _change_patterns()
    for sentence in sentences:
        if len(findings) == CHANGES_MAX:
            break
        passage = sentence.passage
        if any(rank.overlap(passage.words, other) >= SAME_STATEMENT_MIN for other in told) or not is_change(passage):
            continue
        told.append(passage.words)
        mark = words.search(passage.text)
        findings.append(
            Finding(
                kind="change",
                subject=_subject(passage, mark.start() if mark else 0),
                citations=tuple(cite(support) for support in supporting(sentence, sentences)),
                figures=telling_figures(passage),
                score=round(sentence.weight, 6),
            )
        )
    return findings


def by_kind(findings: Sequence[Finding]) -> Mapping[str, tuple[Finding, ...]]:
    """The findings of each kind, in their order."""
    kinds = dict.fromkeys(finding.kind for finding in findings)
    return {kind: tuple(finding for finding in findings if finding.kind == kind) for kind in kinds}
