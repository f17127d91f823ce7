"""Which documents report the same event: stories, across sources and, by names and figures, across languages.

Two documents of one language are compared by their words and by their anchors; two of different languages by
anchors only: Latin names, figures, and the names `phrases.TWO_NAMES` knows in both languages. A pair of
documents days apart counts less.

Rules: every document is in exactly one story; the answer does not depend on the order of the documents; the
cost is near-linear, because each document meets only the nearest of its recent neighbours by shared words.
Must not know: sentences, findings, briefs.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final

import msgspec

from ergos.base.documents import Document, Language, Story
from ergos.base.errors import BoundError
from ergos.base.limits import SYSTEM1_DOCUMENTS_MAX
from ergos.drivers.system1 import phrases, rank, segment
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.glossary import PLACES, TERMS
from ergos.drivers.system1.lexicon import STOP_EN, STOP_ZH

READ_CHARS_MAX: Final = 4_000  # characters of a document compared; an event is told at the beginning of a report
ANCHORED_CHARS_MAX: Final = 800  # characters searched for names and figures
TERMS_MAX: Final = 60  # heaviest terms kept of one document
RECENT_MAX: Final = 32  # documents per term a new one is compared with, so that common terms stay linear
NEIGHBOURS_MAX: Final = 6  # nearest documents of which a merger is tried
MEMBERS_COMPARED_MAX: Final = 4  # members of a story compared with a member of another before they merge
SAME_EVENT_MIN: Final = 0.24  # similarity from which two documents of one language tell the same event
SAME_EVENT_ABROAD_MIN: Final = 0.2  # similarity of anchors for two documents of different languages
EVIDENCE_MIN: Final = 3.0  # names two documents of different languages must share; see `_evidence`
OCCASION_SIMILARITY: Final = 1.2  # similarity of two reports of one speaker at one conference, 1 being the threshold
OCCASION_DAYS_MAX: Final = 4  # days between two such reports; conferences are told of for days
LOOSE_AVERAGE_MIN: Final = 0.65  # average similarity from which one close pair merges two stories
GLOSS_SHARE: Final = 0.5  # weight of a glossed word against a name
WORD_SHARE: Final = 0.7  # weight of words against anchors
APART_HALF_LIFE_DAYS: Final = 4.0  # days between two reports after which their similarity counts half
FRESH_HALF_LIFE_DAYS: Final = 3.0  # days after which a story's freshness is half
UNDATED_FRESHNESS: Final = 0.5  # freshness of a story without a date: neither new nor old
COVERAGE_SHARE: Final = 0.6  # shares of the score; coverage leads, because what many report matters to many
FRESHNESS_SHARE: Final = 0.2
CENTRALITY_SHARE: Final = 0.2
KEYWORDS_MAX: Final = 6  # keywords of a story
_TITLE_WEIGHT: Final = 3  # occurrences a word of the title counts for
_DAY_NS: Final = 86_400 * 10**9

_NAME: Final = re.compile(
    r"(?<=[a-z,;:)”’\d一-鿿（「“《] )[A-Z][A-Za-z0-9.'’-]+|(?<![A-Za-z0-9])(?=[a-z0-9]*[A-Z])[A-Za-z]*[A-Z0-9]{2}[A-Za-z0-9-]*"
)
_OCCASION: Final = re.compile(r".+ (?:conference|summit|forum|congress|festival|championships?|expo)")
_SMALL: Final = re.compile(r"#number:\d{1,2}:")
_OCCASION_NAMED: Final = re.compile(
    r"\b(?:[A-Z][A-Za-z0-9-]+ ){1,3}(?:Conference|Summit|Forum|Congress|Festival|Championships?|Expo)\b"
)
_LATIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9.'’-]+")


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a document is compared by."""

    document: Document
    words: rank.Vector
    anchors: rank.Vector
    """Names and figures: what two documents of one language are compared by besides their words."""
    shared: rank.Vector
    """Anchors and, lighter, glossed words: what two documents of different languages are compared by."""


def stories(documents: Sequence[Document], now_ns: int) -> tuple[Story, ...]:
    """The stories the documents tell, by score descending; each document in exactly one.

    `now_ns` is UTC nanoseconds since 1970; a document dated after it is as fresh as can be.
    Raises: BoundError beyond SYSTEM1_DOCUMENTS_MAX documents.
    """
    if len(documents) > SYSTEM1_DOCUMENTS_MAX:
        raise BoundError(f"{len(documents)} documents came at once; the bound is {SYSTEM1_DOCUMENTS_MAX}")
    distinct = {document.id: document for document in documents}
    reads = _read(sorted(distinct.values(), key=lambda document: (document.published_ns or 0, document.id)))
    groups = [[reads[member] for member in group] for group in _merged(reads)]
    ordered = [_best_first(group) for group in groups]
    ranks = dict(zip((read.document.id for read in reads), rank.pagerank([read.words for read in reads]), strict=True))
    central = [math.fsum(ranks[read.document.id] for read in group) for group in ordered]
    top = max(central, default=0.0)
    told = [_story(group, now_ns, weight / top if top else 0.0) for group, weight in zip(ordered, central, strict=True)]
    return tuple(sorted(told, key=lambda story: (-story.score, story.documents)))


def named(text: str, language: Language) -> tuple[str, ...]:
    """Lower-case names and terms of `text` that both languages share, repetitions kept; linear.

    In Chinese text every Latin word is one; elsewhere a capital inside a sentence makes one.
    """
    found = [_two_names()[name] for name in _chinese_names().findall(text)]
    found += [name.lower() for name in _english_names().findall(text)]
    pattern = _LATIN if language == "zh" else _NAME
    found += [name.lower() for name in _OCCASION_NAMED.findall(text)]
    words = (segment.stem(match.lower().replace("’", "'").strip(".-'")) for match in pattern.findall(text))
    return tuple(found + [word for word in words if word not in STOP_EN and word not in contrasts()])


def anchors(text: str, language: Language) -> tuple[str, ...]:
    """`named` and the figures that tell an event, as "#kind:value:unit"; small numbers are none."""
    found = list(named(text, language))
    for figure in figures(text):
        telling = figure.kind in {"money", "percent", "multiple"} or (figure.kind == "date" and len(figure.value) == 10)
        if telling or (figure.kind == "number" and _is_telling(figure.value)):
            found.append(f"#{figure.kind}:{figure.value}:{figure.unit}")
    return tuple(found)


def _is_telling(value: str) -> bool:
    """Whether a plain number tells an event: from ten on, or with decimals."""
    return "." in value or len(value.lstrip("-")) > 1


def similarity(a: _Read, b: _Read) -> float:
    """How surely two documents tell the same event, scaled so that 1 is the threshold of their languages."""
    if _one_occasion(a, b):
        return OCCASION_SIMILARITY
    apart = 1.0
    if a.document.published_ns is not None and b.document.published_ns is not None:
        days = abs(a.document.published_ns - b.document.published_ns) / _DAY_NS
        apart = 0.5 ** (max(0.0, days - 1) / APART_HALF_LIFE_DAYS)
    if a.document.language == b.document.language:
        by_words = rank.cosine(a.words, b.words)
        # One name in common is a word in common, and counts as one.
        anchored = len(a.anchors.keys() & b.anchors.keys()) > 1
        by_anchors = rank.cosine(a.anchors, b.anchors) if anchored else 0.0
        both = WORD_SHARE * by_words + (1 - WORD_SHARE) * by_anchors if a.anchors and b.anchors else by_words
        return apart * both / SAME_EVENT_MIN
    if math.fsum(_evidence(anchor) for anchor in a.shared.keys() & b.shared.keys()) < EVIDENCE_MIN:
        return 0.0
    return apart * rank.cosine(a.shared, b.shared) / SAME_EVENT_ABROAD_MIN


def _one_occasion(a: _Read, b: _Read) -> bool:
    """Whether both tell within days of each other what the same one did or said at the same conference."""
    shared = {anchor for anchor in a.anchors.keys() & b.anchors.keys() if " " in anchor and anchor[0] != "#"}
    if len(shared) < 2 or not any(_OCCASION.fullmatch(anchor) for anchor in shared):
        return False
    dates = [read.document.published_ns for read in (a, b)]
    return dates[0] is not None and dates[1] is not None and abs(dates[0] - dates[1]) <= OCCASION_DAYS_MAX * _DAY_NS


def _evidence(anchor: str) -> float:
    """How much an anchor in common says: a figure twice as much as a name, a glossed word half as much."""
    if anchor.startswith("~"):
        return GLOSS_SHARE
    if not anchor.startswith("#"):
        return 1.0
    return 1.0 if _SMALL.fullmatch(anchor) else 2.0


@functools.cache
def _chinese_names() -> re.Pattern[str]:
    return _any_of(_two_names())


@functools.cache
def _english_names() -> re.Pattern[str]:
    return re.compile(rf"\b({_any_of(_two_names().values()).pattern})s?\b", re.IGNORECASE)


@functools.cache
def _two_names() -> dict[str, str]:
    return {**PLACES, **phrases.TWO_NAMES}


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """One of `words`, the longest first."""
    return re.compile("|".join(map(re.escape, sorted(set(words), key=lambda word: (-len(word), word)))))


@functools.cache
def _terms() -> tuple[re.Pattern[str], dict[str, str]]:
    """Pattern of the Chinese terms, and the English stem of each."""
    return _any_of(TERMS), {chinese: _root(english) for chinese, english in TERMS.items()}


@functools.cache
def _roots() -> frozenset[str]:
    return frozenset(_terms()[1].values())


def _root(word: str) -> str:
    """An English word without the endings of number and tense, so crude that only a word list may be met with it."""
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def glossed(text: str, language: Language) -> tuple[str, ...]:
    """Stems of the words of `text` that `glossary` knows in both languages, as "~stem"; linear."""
    if language == "zh":
        pattern, roots = _terms()
        return tuple(f"~{roots[word]}" for word in pattern.findall(text))
    found = (_root(word) for word in segment.words(text))
    return tuple(f"~{root}" for root in found if root in _roots())


def _read(documents: Sequence[Document]) -> tuple[_Read, ...]:
    bags: list[list[str]] = []
    names: list[tuple[str, ...]] = []
    both: list[tuple[str, ...]] = []
    for document in documents:
        title = segment.content_words(document.title)
        bags.append([*title * _TITLE_WEIGHT, *segment.content_words(document.text[:READ_CHARS_MAX])])
        head = f"{document.title}\n\n{document.text[:ANCHORED_CHARS_MAX]}"
        names.append(anchors(head, document.language))
        both.append((*names[-1], *glossed(head, document.language)))
    vectors = zip(rank.tfidf(bags), rank.tfidf(names), rank.tfidf(both), strict=True)
    return tuple(
        _Read(document=document, words=_heaviest(words), anchors=_heaviest(anchor), shared=_heaviest(_lighter(shared)))
        for document, (words, anchor, shared) in zip(documents, vectors, strict=True)
    )


def _lighter(vector: rank.Vector) -> rank.Vector:
    """The vector with glossed words at GLOSS_SHARE of their weight."""
    return {anchor: weight * (GLOSS_SHARE if anchor[0] == "~" else 1.0) for anchor, weight in vector.items()}


def _heaviest(vector: rank.Vector) -> rank.Vector:
    """The TERMS_MAX heaviest terms, again of length 1."""
    heaviest = sorted(vector.items(), key=lambda item: (-item[1], item[0]))[:TERMS_MAX]
    return rank.unit(dict(heaviest))


def _merged(reads: Sequence[_Read]) -> list[list[int]]:
    """Groups of positions: average-link agglomeration along the nearest-neighbour graph, closest pairs first.

    Source: group-average clustering (Manning, Raghavan & Schütze 2008, section 17.3) on a sparse graph.
    """
    pairs = sorted(_near_pairs(reads), key=lambda pair: (-pair[0], pair[1], pair[2]))
    member_of = list(range(len(reads)))
    members = {position: [position] for position in member_of}
    for _, left, right in pairs:
        one, two = sorted((member_of[left], member_of[right]))
        if one == two:
            continue
        compared = list(product(_sample(members[one], left), _sample(members[two], right)))
        if math.fsum(similarity(reads[a], reads[b]) for a, b in compared) >= LOOSE_AVERAGE_MIN * len(compared):
            members[one].extend(members[two])
            for position in members.pop(two):
                member_of[position] = one
    return list(members.values())


def _sample(group: Sequence[int], one: int) -> list[int]:
    return [one, *[member for member in group if member != one][: MEMBERS_COMPARED_MAX - 1]]


def _near_pairs(reads: Sequence[_Read]) -> list[tuple[float, int, int]]:
    """Pairs at or above the threshold, each document with at most NEIGHBOURS_MAX earlier ones."""
    postings: defaultdict[str, list[int]] = defaultdict(list)
    pairs: list[tuple[float, int, int]] = []
    for position, read in enumerate(reads):
        weights: defaultdict[int, float] = defaultdict(float)
        terms = [*read.words.items(), *((f"@{anchor}", weight) for anchor, weight in read.shared.items())]
        for term, weight in terms:
            for earlier in postings[term][-RECENT_MAX:]:
                weights[earlier] += weight
            postings[term].append(position)
        nearest = sorted(weights, key=lambda earlier: (-weights[earlier], earlier))[: NEIGHBOURS_MAX * 2]
        found = [(similarity(reads[earlier], read), earlier, position) for earlier in nearest]
        pairs.extend(sorted((pair for pair in found if pair[0] >= 1), reverse=True)[:NEIGHBOURS_MAX])
    return pairs


def _best_first(group: Sequence[_Read]) -> list[_Read]:
    """The most central document first, then the longer, the earlier, the smaller id."""
    if len(group) == 1:
        return list(group)
    compared = group[: NEIGHBOURS_MAX * 2]
    weights = {read.document.id: math.fsum(similarity(read, other) for other in compared) for read in group}

    def order(read: _Read) -> tuple[float, int, int, str]:
        document = read.document
        return (-round(weights[document.id], 6), -len(document.text), document.published_ns or 0, document.id)

    return sorted(group, key=order)


def _story(group: Sequence[_Read], now_ns: int, centrality: float) -> Story:
    documents = [read.document for read in group]
    sources = {document.source or document.url for document in documents}
    dates = [document.published_ns for document in documents if document.published_ns is not None]
    freshness = UNDATED_FRESHNESS
    if dates:
        freshness = 0.5 ** (max(0, now_ns - max(dates)) / _DAY_NS / FRESH_HALF_LIFE_DAYS)
    score = (
        COVERAGE_SHARE * (1 - 0.5 ** (len(sources) - 1)) + FRESHNESS_SHARE * freshness + CENTRALITY_SHARE * centrality
    )
    best = documents[0]
    return Story(
        title=best.title.strip() or best.text.strip()[:80] or best.url,
        documents=tuple(document.id for document in documents),
        score=round(score, 6),
        keywords=_keywords(group),
    )


def _keywords(group: Sequence[_Read]) -> tuple[str, ...]:
    """The heaviest words of the documents in the language of the best one, as its text spells them.

    None for a language whose function words are unknown: they would be the heaviest.
    """
    best = group[0].document
    if best.language == "und":
        return ()
    weights: defaultdict[str, float] = defaultdict(float)
    for read in group:
        if read.document.language == best.language:
            for word, weight in read.words.items():
                weights[word] += weight
    text = f"{best.title}\n{best.text[:READ_CHARS_MAX]}"
    chosen: list[str] = []
    for word, _ in sorted(weights.items(), key=lambda item: (-item[1], item[0])):
        if len(chosen) == KEYWORDS_MAX:
            break
        if not uninformative(word) and (spelled := spelling(word, text)):
            chosen.append(spelled)
    return tuple(chosen)


def uninformative(word: str) -> bool:
    """Whether a content word names no subject: generic words, number words, anything with a digit."""
    # The stop words again: "it's" has been stemmed to one.
    if len(word) < 2 or word in STOP_EN or word in STOP_ZH:
        return True
    return word in _generic() or any(character.isdigit() for character in word)


@functools.cache
def contrasts() -> frozenset[str]:
    """Stems of the words that make two otherwise equal subjects different ones."""
    return frozenset(segment.stem(word) for word in phrases.CONTRASTS.split())


@functools.cache
def _generic() -> frozenset[str]:
    return frozenset(segment.stem(word) for row in phrases.GENERIC.values() for word in row.split())


def spelling(word: str, text: str) -> str:
    """How `text` writes a content word most often; empty where it does not, or where it is a single letter."""
    if len(word) < 2:
        return ""
    if not word.isascii():
        return word if word in text else ""
    forms = Counter(re.findall(rf"\b{re.escape(word)}s?\b", text, re.IGNORECASE))
    if not forms:
        return ""
    return min(forms, key=lambda form: (-forms[form], form))
