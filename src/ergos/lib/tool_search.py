"""Finds tools by what is wanted of them, in English and Chinese: a ranking over names, summaries and parameters.

Okapi BM25 over weighted fields: a word in a tool's name counts more than one in its summary, that more than one in
the names of its parameters; words that few tools have count more than those of many. Words are cut from identifiers
(`createIssue`, `create_issue`), lose their endings, and count for what they mean in either language (`tool_words`);
Chinese is cut into overlapping pairs of characters.

Rules: pure and deterministic, ties by name; what a definition says of itself is data of its author: only its first
characters count, and a word said a hundred times counts as one said once.
Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009).
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import msgspec

from ergos.lib.tool_words import by_word

SUMMARY_CHARS: Final = 600  # characters of a summary that are searched; what comes later is padding or an attack
PARAMETERS_MAX: Final = 40  # names of parameters of one tool that are searched
QUERY_CHARS: Final = 4_000  # characters of a request that are read; a goal is shorter
WORD_CHARS: Final = 40  # characters of a word that count
HITS_MAX: Final = 50  # tools one search names
KEPT_MAX: Final = 4_096  # tools whose words are kept between conversations; some 2 KB each

FAMILY_WEIGHT: Final = 5.0  # of what stands before the first '.' of a name: who says "slack" means no other
NAME_WEIGHT: Final = 3.0
SUMMARY_WEIGHT: Final = 1.6
PARAMETER_WEIGHT: Final = 0.5
MEANING_WEIGHT: Final = 0.6  # of a word that only means the same
SATURATION: Final = 1.2  # k1 of BM25
LENGTH_SHARE: Final = 0.4  # b of BM25; low, because long summaries are not worse tools
SCORE_DIGITS: Final = 6  # digits after which two scores are a tie

_PIECE: Final = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z\u3400-\u9fff\uf900-\ufaff]+|\d+"
)
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_STOP: Final = frozenset(
    "a an and any are as at be been by can could do does for from give given has have here how i if in into is it its "
    "just let like may me my need of on one or our out please should so some tell than that the their them then there "
    "these they this those to tool up us use used uses using want was we were what when where which who will with "
    "would you your".split()
)
_STOP_HAN: Final = frozenset(
    "一个 一下 一些 这个 那个 我的 你的 他的 帮我 请你 需要 想要 可以 什么 怎么 如何 给我 用于 指定".split()
)


class Definition(Protocol):
    """What a tool says of itself, wherever it came from."""

    @property
    def name(self) -> str:
        """Its full name."""
        ...

    @property
    def summary(self) -> str:
        """What it does."""
        ...

    @property
    def parameters(self) -> dict[str, object]:
        """JSON schema of its arguments."""
        ...


class Hit(msgspec.Struct, frozen=True):
    """A tool that was found."""

    name: str
    score: float


class ToolIndex:
    """Tools that can be searched. Made once for a set of tools. Cost: one pass over their words."""

    def __init__(self, tools: Iterable[Definition]) -> None:
        self._weights: Final = {tool.name: _weights(tool) for tool in tools}
        held: Counter[str] = Counter()
        for weights in self._weights.values():
            held.update(weights.keys())
        count = len(self._weights)
        self._rarity: Final = {term: math.log(1 + (count - had + 0.5) / (had + 0.5)) for term, had in held.items()}
        self._lengths: Final = {name: sum(weights.values()) for name, weights in self._weights.items()}
        self._mean: Final = sum(self._lengths.values()) / count if count else 1.0
        self._holders: Final[dict[str, list[str]]] = {}
        for name, weights in self._weights.items():
            for term in weights:
                self._holders.setdefault(term, []).append(name)

    def search(self, query: str, limit: int = 10) -> tuple[Hit, ...]:
        """The tools that fit best, the best first; none that shares nothing with the query."""
        scores: dict[str, float] = {}
        for term, weight in _query_terms(query).items():
            rarity = self._rarity.get(term, 0.0) * weight
            for name in self._holders.get(term, ()):
                heard = self._weights[name][term]
                length = 1 - LENGTH_SHARE + LENGTH_SHARE * self._lengths[name] / (self._mean or 1.0)
                gain = rarity * heard * (SATURATION + 1) / (heard + SATURATION * length)
                scores[name] = scores.get(name, 0.0) + gain
        ranked = sorted((-round(score, SCORE_DIGITS), name) for name, score in scores.items())
        return tuple(Hit(name, -score) for score, name in ranked[: min(limit, HITS_MAX)])


def terms(text: str) -> list[str]:
    """The words of a text as they are compared, in order: stems, pairs of Chinese characters, meanings (`=mail`)."""
    found: list[str] = []
    for piece in _PIECE.findall(unicodedata.normalize("NFKC", text)):
        if _HAN.match(piece):
            found += _han_terms(piece)
            continue
        word = piece.lower()[:WORD_CHARS]
        if word in _STOP or (len(word) == 1 and not word.isdigit()):
            continue
        found.append(_stem(word))
        found += _meanings(word)
    return found


def _han_terms(run: str) -> list[str]:
    if len(run) == 1:
        return [run]
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    found = [pair for pair in pairs if pair not in _STOP_HAN]
    words = _words()
    longest = max(map(len, words))
    for at in range(len(run)):
        for length in range(2, min(longest, len(run) - at) + 1):
            found += [f"={name}" for name in words.get(run[at : at + length], ())]
    return found


def _meanings(word: str) -> list[str]:
    """What a word means; its stem is asked where the word itself is on no line."""
    words = _words()
    return [f"={name}" for name in words.get(word) or _stems().get(_stem(word), ())]


@functools.cache
def _words() -> Mapping[str, tuple[str, ...]]:
    return by_word()


@functools.cache
def _stems() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for word, names in by_word().items():
        if word.isascii():
            found.setdefault(_stem(word), names)
    return found


def _stem(word: str) -> str:
    """An English word without its usual ending; nothing else is touched."""
    if not word.isascii() or len(word) < 4:
        return word
    for ending, kept, least in (("ies", "y", 2), ("sses", "ss", 2), ("ing", "", 3), ("ed", "", 3), ("es", "", 4)):
        if word.endswith(ending) and len(word) - len(ending) >= least:
            stem = word[: -len(ending)] + kept
            if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsz":
                return stem[:-1]
            return stem.removesuffix("e")
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 4 else word


def _weights(tool: Definition) -> Mapping[str, float]:
    """How much each term says of a tool."""
    properties = tool.parameters.get("properties")
    named = list(properties)[:PARAMETERS_MAX] if isinstance(properties, dict) else []
    return _weighed(tool.name, tool.summary[:SUMMARY_CHARS], " ".join(str(one)[:WORD_CHARS] for one in named))


@functools.lru_cache(maxsize=KEPT_MAX)
def _weighed(name: str, summary: str, parameters: str) -> Mapping[str, float]:
    """Kept, because the same tools are searched in every conversation."""
    found: dict[str, float] = {}
    family, dot, _ = name.partition(".")
    if dot:
        found = dict.fromkeys(_exact(family), FAMILY_WEIGHT)
    for text, weight in ((name, NAME_WEIGHT), (summary, SUMMARY_WEIGHT), (parameters, PARAMETER_WEIGHT)):
        for term in dict.fromkeys(terms(text)):
            found[term] = found.get(term, 0.0) + weight
    return found


def _query_terms(query: str) -> dict[str, float]:
    """Each term once: who repeats a word does not want it more."""
    query = query[:QUERY_CHARS]
    found = dict.fromkeys((*terms(query), *_exact(query)))
    return {term: MEANING_WEIGHT if term.startswith("=") else 1.0 for term in found}


def _exact(text: str) -> list[str]:
    """The words as they stand: `teams` is a service, `team` is not."""
    return [f"@{word.lower()[:WORD_CHARS]}" for word in _PIECE.findall(unicodedata.normalize("NFKC", text))]
