"""What several documents write about: names and phrases, never a single everyday word.

A theme is a proper name, a pair of neighbouring words ("tool schemas", 知识工作) or a long Chinese word that at least
two documents use and most do not. A name known in both languages is one theme. Rules: the subject is spelled as the
sources spell it most often; linear. Must not know: stories, briefs, the reader's language.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import msgspec

from ergos.base.documents import Finding
from ergos.drivers.system1 import phrases, rank, segment
from ergos.drivers.system1.cluster import spelling, uninformative
from ergos.drivers.system1.glossary import PLACES
from ergos.drivers.system1.lexicon import ALIASES, COMMON_EN
from ergos.drivers.system1.names import names
from ergos.drivers.system1.passages import Passage, cite

THEMES_MAX: Final = 8  # a brief with more headings than this is an index
CITATIONS_MAX: Final = 3  # sources named for one theme
OVERLAP_MAX: Final = 0.6  # overlap of documents from which two phrases name one theme
SETTING_SHARE: Final = 0.25  # share of the documents from which a phrase is the setting of all, not a theme
LARGE_BATCH_DOCUMENTS: Final = 10  # documents from which shares mean something
PHRASE_CHARS_MAX: Final = 40  # characters of a theme; a longer name is a heading
_NAME_WEIGHT: Final = 1.5  # a name makes a better heading than a pair of words
_VERB_ENDINGS: Final = ("ed", "ing", "ly")  # of English words that seldom name a theme
_LONG_WORD_CHARS: Final = 4  # characters from which a Chinese word is a phrase: 数据中心
_PLAIN: Final = re.compile(r"[\w&.'’ -]+")
_DEMONYM: Final = re.compile(r"[A-Z][a-z]+(?:ican|ian|ese|ish|ans)s?")
_ACRONYM: Final = re.compile(r"[A-Z]{1,3}")


class _Use(msgspec.Struct):
    """Where a phrase stands, in order of weight."""

    is_name: bool
    passages: list[Passage]
    spellings: Counter[str]


def themes(passages: Sequence[Passage]) -> tuple[Finding, ...]:
    """At most THEMES_MAX themes of `passages`, which come best first; by score descending."""
    documents = {passage.document.id for passage in passages}
    sources = {_source(passage) for passage in passages}
    uses = _uses(passages)
    ceiling = len(documents) * SETTING_SHARE if len(documents) >= LARGE_BATCH_DOCUMENTS else len(documents)
    scored: list[tuple[float, str]] = []
    for phrase, use in uses.items():
        users = {passage.document.id for passage in use.passages}
        tellers = {_source(passage) for passage in use.passages}
        # Two sources make a theme; of one source alone it takes three documents.
        if not 2 <= len(users) <= max(2, ceiling) or (len(tellers) < 2 and len(sources) > 1 and len(users) < 3):
            continue
        rarity = math.log(1 + len(documents) / len(users))
        scored.append((len(tellers) * rarity * (_NAME_WEIGHT if use.is_name else 1.0), phrase))
    findings: list[Finding] = []
    told: list[tuple[str, frozenset[str]]] = []
    for score, phrase in sorted(scored, key=lambda item: (-item[0], item[1])):
        if len(findings) == THEMES_MAX:
            break
        mine = frozenset(passage.document.id for passage in uses[phrase].passages)
        if any(phrase in other or other in phrase or rank.overlap(mine, users) > OVERLAP_MAX for other, users in told):
            continue
        told.append((phrase, mine))
        findings.append(_theme(uses[phrase], score))
    return tuple(findings)


def in_both(name: str) -> str:
    """One lower-case key for a name in either language."""
    low = name.lower()
    return _keys().get(low, low)


@functools.cache
def _keys() -> dict[str, str]:
    rows = {name: row[0] for row in ALIASES for name in row}
    known = {**PLACES, **phrases.TWO_NAMES}
    return {**{chinese: rows.get(english, english) for chinese, english in known.items()}, **rows}


def _source(passage: Passage) -> str:
    return passage.document.source or passage.document.url


def _uses(passages: Sequence[Passage]) -> dict[str, _Use]:
    uses: dict[str, _Use] = {}
    for passage in passages:
        # Function words of other languages are unknown here, and would be taken for themes.
        if passage.document.language == "und":
            continue
        for spelled, is_name in _phrases(passage):
            key = in_both(spelled) if is_name or not spelled.isascii() else spelled
            use = uses.setdefault(key, _Use(is_name=is_name, passages=[], spellings=Counter()))
            use.is_name = use.is_name or is_name
            use.passages.append(passage)
            use.spellings[spelled if is_name else spelling_of(spelled, passage.text)] += 1
    return uses


def spelling_of(pair: str, text: str) -> str:
    """How `text` writes a pair of stems, or the pair itself."""
    if " " not in pair:
        return spelling(pair, text) or pair
    one, two = (re.escape(word) for word in pair.split(" "))
    found = re.search(rf"\b{one}(?:s|es)?[ -]{two}(?:s|es)?\b", text, re.IGNORECASE)
    return found[0].lower() if found else pair


def _phrases(passage: Passage) -> list[tuple[str, bool]]:
    """The phrases of a passage that may name a theme, each once, and whether it is a name."""
    found: dict[str, bool] = {}
    for name in names(passage.text):
        before = passage.text[max(0, name.span.start - len(" of the ")) : name.span.start]
        if _is_telling(name.text) and not (" " not in name.text and before.endswith("of the ")):
            found.setdefault(name.text, True)
    if passage.document.language == "zh":
        for known in (*phrases.TWO_NAMES, *PLACES):
            if known in passage.text and len(known) > 1:
                found.setdefault(known, True)
        words = segment.words(passage.text)
        for word in words:
            if len(word) >= _LONG_WORD_CHARS and not word.isascii() and not uninformative(word):
                found.setdefault(word, False)
        for one, two in pairwise(words):
            fit = all(len(word) > 1 and not word.isascii() and not uninformative(word) for word in (one, two))
            if fit and one + two in passage.text:
                found.setdefault(one + two, False)
        return list(found.items())
    running = [segment.stem(word) for word in segment.words(passage.text)]
    capital = {word for name in found for word in name.lower().split()}
    for one, two in pairwise(running):
        if all(_is_noun(word) and word not in capital for word in (one, two)) and f"{one} {two}":
            found.setdefault(f"{one} {two}", False)
    return list(found.items())


def _is_noun(word: str) -> bool:
    return len(word) > 2 and word.isalpha() and not uninformative(word) and not word.endswith(_VERB_ENDINGS)


def _is_telling(name: str) -> bool:
    """Whether a name can stand as a heading: no address, no version, no lone everyday word or short acronym."""
    if len(name) > PHRASE_CHARS_MAX or not _PLAIN.fullmatch(name) or not any(mark.isalpha() for mark in name):
        return False
    if " " in name or not name.isascii():
        return True
    if _ACRONYM.fullmatch(name) or _DEMONYM.fullmatch(name):
        return False
    return name.lower() not in COMMON_EN and not re.search(r"\d\.\d", name)


def _theme(use: _Use, score: float) -> Finding:
    chosen: dict[str, Passage] = {}
    for passage in use.passages:
        if len(chosen) < CITATIONS_MAX:
            chosen.setdefault(passage.document.id, passage)
    return Finding(
        kind="theme",
        subject=min(use.spellings, key=lambda spelled: (-use.spellings[spelled], spelled)),
        citations=tuple(cite(passage) for passage in chosen.values()),
        score=round(score, 6),
    )


def mentions(subject: str, passage: Passage) -> bool:
    """Whether a passage names the subject of a theme, or the name it has in the other language."""
    if _surface(subject).search(passage.text):
        return True
    words = frozenset(segment.content_words(subject))
    return len(words) > 1 and words <= passage.words


@functools.lru_cache(maxsize=4 * THEMES_MAX)
def _surface(subject: str) -> re.Pattern[str]:
    key = in_both(subject)
    same = {subject, key, *(name for name, other in _keys().items() if other == key)}
    latin = [name for name in sorted(same) if name.isascii()]
    han = [name for name in sorted(same) if not name.isascii()]
    parts = [rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, latin))})(?:s|es)?(?![A-Za-z0-9])"] if latin else []
    return re.compile("|".join([*parts, *map(re.escape, han)]), re.IGNORECASE)
