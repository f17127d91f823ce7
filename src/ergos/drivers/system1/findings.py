"""What is worth telling across documents: themes, figures, changes, and where sources disagree.

Rules: a finding is made of sentences as they stand, each cited exactly; nothing is inferred beyond what a pattern
of words and figures shows. The documents are read in the order of their stories, to a bound, so the cost is
linear. Must not know: briefs, the reader's language.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from ergos.base.documents import Document, Figure, Finding, Story
from ergos.base.errors import ValueShapeError
from ergos.base.limits import SENTENCES_RANKED_MAX
from ergos.drivers.system1 import phrases, rank, segment
from ergos.drivers.system1.cluster import named, spelling, uninformative
from ergos.drivers.system1.disagreements import disagreements, in_document
from ergos.drivers.system1.passages import PASSAGES_MAX, Passage, cite, clause, passages

THEMES_MAX: Final = 8  # a brief with more headings than this is an index
FIGURES_MAX: Final = 16
CHANGES_MAX: Final = 16
DISAGREEMENTS_MAX: Final = 16
CITATIONS_MAX: Final = 3  # sources named for one finding; more convince no one further
SUBJECT_CHARS_MAX: Final = 90  # characters of a finding's subject
SAME_STATEMENT_MIN: Final = 0.4  # overlap of content words from which two sentences state the same
THEME_OVERLAP_MAX: Final = 0.6  # overlap of documents from which two words name one theme
PASSAGES_MIN: Final = 4  # sentences read even of the last document
LARGE_BATCH_DOCUMENTS: Final = 10  # documents from which a plain word needs one source more to be a theme
NAME_WEIGHT: Final = 1.5  # a name makes a better heading than a word
_VERB_ENDINGS: Final = ("ed", "ing", "ly")  # of English words that seldom name a theme
_TELLING: Final = frozenset({"money", "percent", "multiple", "number"})


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence with its weight among all sentences read."""

    passage: Passage
    story: int
    """Index into the stories."""
    weight: float
    """Centrality × quality × earliness × score of the story; comparable within one batch only."""


def find(documents: Sequence[Document], stories: Sequence[Story]) -> tuple[Finding, ...]:
    """Themes, numbers, changes and disagreements, each kind by score descending.

    Spans of figures count in the cited document. Reads at most SENTENCES_RANKED_MAX sentences.
    Raises: ValueShapeError when a story names a document that is not among `documents`.
    """
    sentences = read(documents, stories)
    story_of = {sentence.passage.document.id: sentence.story for sentence in sentences}
    return (
        *_themes(sentences),
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


def _source(passage: Passage) -> str:
    return passage.document.source or passage.document.url


def supporting(first: Ranked, others: Sequence[Ranked]) -> list[Passage]:
    """The passage and the best of those in other documents that state the same figures in like words.

    At most CITATIONS_MAX; across languages names stand for the words.
    """
    chosen = [first.passage]
    mine = _stated(first.passage)
    for other in others:
        if len(chosen) == CITATIONS_MAX:
            break
        if other.passage.document.id in {passage.document.id for passage in chosen}:
            continue
        if _alike(first.passage, other.passage) and _stated(other.passage) == mine:
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


def _themes(sentences: Sequence[Ranked]) -> list[Finding]:
    """Words and names that several sources use and most documents do not."""
    users: defaultdict[str, dict[str, None]] = defaultdict(dict)
    sources: defaultdict[str, set[str]] = defaultdict(set)
    names: Counter[str] = Counter()
    documents: set[str] = set()
    for sentence in sentences:
        passage = sentence.passage
        documents.add(passage.document.id)
        if passage.document.language == "und":
            # Its function words are unknown here, and would be taken for themes.
            continue
        for name in named(passage.text, passage.document.language):
            names[name] += 1
        for term in _terms(passage):
            users[term][passage.document.id] = None
            sources[term].add(_source(passage))
    needed = 2 if len({_source(sentence.passage) for sentence in sentences}) > 1 else 1
    # In a larger batch two reports share many a word by chance, but seldom a name or a pair of words.
    common = needed + (len(documents) >= LARGE_BATCH_DOCUMENTS)
    scored = [
        (_theme_score(len(sources[term]), len(users[term]), len(documents), is_name=term in names), term)
        for term in users
        if len(users[term]) >= 2 and len(sources[term]) >= (needed if term in names or " " in term else common)
    ]
    findings: list[Finding] = []
    told: list[frozenset[str]] = []
    for score, term in sorted(scored, key=lambda item: (-item[0], item[1])):
        if len(findings) == THEMES_MAX:
            break
        mine = frozenset(users[term])
        if any(rank.overlap(mine, other) > THEME_OVERLAP_MAX for other in told):
            continue
        finding = _theme(term, score, sentences)
        if finding is not None:
            told.append(mine)
            findings.append(finding)
    return findings


def _terms(passage: Passage) -> list[str]:
    """Words of the passage that may name a theme, and pairs of neighbours among its English words."""
    words = segment.content_words(passage.text)
    single = [word for word in dict.fromkeys(words) if not uninformative(word) and not word.endswith(_VERB_ENDINGS)]
    if passage.document.language != "en":
        return single
    running = [segment.stem(word) for word in segment.words(passage.text)]
    wanted = set(single)
    pairs = [f"{one} {two}" for one, two in pairwise(running) if {one, two} <= wanted]
    return single + list(dict.fromkeys(pairs))


def _theme_score(sources: int, users: int, documents: int, *, is_name: bool) -> float:
    """Sources × rarity: more sources make a theme, being in every document makes it the setting of all."""
    return sources * math.log(1 + documents / users) * (NAME_WEIGHT if is_name else 1.0)


def _theme(term: str, score: float, sentences: Sequence[Ranked]) -> Finding | None:
    chosen: list[Passage] = []
    spellings: Counter[str] = Counter()
    wanted = set(term.split())
    for sentence in sentences:
        passage = sentence.passage
        if not wanted <= passage.words:
            continue
        if spelled := spelling(term, passage.text):
            spellings[spelled] += 1
        new_document = passage.document.id not in {other.document.id for other in chosen}
        if new_document and len(chosen) < CITATIONS_MAX:
            chosen.append(passage)
    # "MAKER" and "maker" are two words that lower case has made one.
    if not spellings or len({spelled.isupper() for spelled in spellings}) > 1:
        return None
    subject = min(spellings, key=lambda spelled: (-spellings[spelled], spelled))
    return Finding(
        kind="theme",
        subject=subject,
        citations=tuple(cite(passage) for passage in chosen),
        score=round(score, 6),
    )


def by_kind(findings: Sequence[Finding]) -> Mapping[str, tuple[Finding, ...]]:
    """The findings of each kind, in their order."""
    kinds = dict.fromkeys(finding.kind for finding in findings)
    return {kind: tuple(finding for finding in findings if finding.kind == kind) for kind in kinds}
