"""Which texts say most of what the others say: TF-IDF vectors, cosine similarity, PageRank over it.

The graph of similarities is never built: a step of PageRank over cosine similarity is two passes over the
inverted index, so the cost is linear in the number of words, not quadratic in the number of texts.

Rules: pure and deterministic; weights depend on the texts only, never on their order of arrival in a set.
Must not know: documents, sources, languages.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from ergos.base.errors import BoundError
from ergos.base.limits import SENTENCES_RANKED_MAX
from ergos.drivers.system1 import segment

DAMPING: Final = 0.85  # probability of following a similarity; the value of both papers cited below
ITERATIONS_MAX: Final = 60  # steps of the power method; 0.85 ** 60 is below the tolerance of any use here
TOLERANCE: Final = 1e-7  # change of all ranks in one step at which the power method stops

Vector = Mapping[str, float]
"""Weights by term, Euclidean length 1; empty where a text has no words."""


def tfidf(bags: Sequence[Sequence[str]]) -> tuple[Vector, ...]:
    """Unit vectors of `bags` of words, with (1 + ln tf) · ln(1 + N / df) weights; linear in the words."""
    counts = [Counter(bag) for bag in bags]
    frequency = Counter(term for count in counts for term in count)
    total = len(bags)
    rarity = {term: math.log(1 + total / documents) for term, documents in frequency.items()}
    return tuple(
        unit({term: (1 + math.log(times)) * rarity[term] for term, times in count.items()}) for count in counts
    )


def unit(vector: Vector) -> Vector:
    """`vector` scaled to length 1; the empty vector stays empty."""
    length = math.sqrt(math.fsum(weight * weight for weight in vector.values()))
    return {term: weight / length for term, weight in vector.items()} if length else {}


def cosine(a: Vector, b: Vector) -> float:
    """Cosine of the angle of two unit vectors, in 0..1."""
    if len(b) < len(a):
        a, b = b, a
    return min(1.0, math.fsum(weight * b[term] for term, weight in a.items() if term in b))


def overlap(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard similarity |a ∩ b| / |a ∪ b|, in 0..1; 0 for two empty sets."""
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if shared else 0.0


def pagerank(vectors: Sequence[Vector]) -> tuple[float, ...]:
    """Stationary distribution over texts of a walk that prefers similar texts; sums to 1.

    Cost: `ITERATIONS_MAX` passes over the inverted index at most.
    Source: Brin & Page 1998, with the weighted form of Mihalcea & Tarau 2004.
    """
    total = len(vectors)
    if not total:
        return ()
    degrees = _neighbours(vectors, [1.0] * total)
    ranks = [1 / total] * total
    for _ in range(ITERATIONS_MAX):
        shares = [rank / degree if degree else 0.0 for rank, degree in zip(ranks, degrees, strict=True)]
        # The rank of a text that resembles nothing goes to all, or it would drain out of the sum.
        idle = math.fsum(rank for rank, degree in zip(ranks, degrees, strict=True) if not degree)
        floor = (1 - DAMPING + DAMPING * idle) / total
        moved = [floor + DAMPING * inflow for inflow in _neighbours(vectors, shares)]
        change = math.fsum(abs(new - old) for new, old in zip(moved, ranks, strict=True))
        ranks = moved
        if change < TOLERANCE:
            break
    whole = math.fsum(ranks)
    return tuple(rank / whole for rank in ranks)


def textrank(texts: Sequence[str]) -> tuple[float, ...]:
    """How central each text is among `texts`; one weight a text, summing to 1.

    Raises: BoundError beyond SENTENCES_RANKED_MAX texts.
    Source: Mihalcea & Tarau, TextRank, EMNLP 2004; Erkan & Radev, LexRank, JAIR 22, 2004 (cosine of TF-IDF).
    """
    if len(texts) > SENTENCES_RANKED_MAX:
        raise BoundError(
            f"{len(texts)} texts were to be ranked against each other; the bound is {SENTENCES_RANKED_MAX}",
            remedy="rank the best sentences of each story instead of all of them",
        )
    return pagerank(tfidf([segment.content_words(text) for text in texts]))


def _neighbours(vectors: Sequence[Vector], weights: Sequence[float]) -> list[float]:
    """For each text the sum of the similarity to every other text times that text's weight."""
    totals: defaultdict[str, float] = defaultdict(float)
    for vector, weight in zip(vectors, weights, strict=True):
        if weight:
            for term, value in vector.items():
                totals[term] += value * weight
    sums: list[float] = []
    for vector, weight in zip(vectors, weights, strict=True):
        inflow = sum(value * totals[term] for term, value in vector.items())
        itself = weight * sum(value * value for value in vector.values())
        # A text that shares no word with another is left with rounding noise instead of zero.
        sums.append(inflow - itself if inflow - itself > 1e-12 * max(1.0, inflow) else 0.0)
    return sums
