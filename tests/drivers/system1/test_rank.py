"""Ranking by TF-IDF, cosine and PageRank."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import BoundError
from ergos.base.limits import SENTENCES_RANKED_MAX
from ergos.drivers.system1 import rank


def _dense(vectors: list[rank.Vector]) -> list[float]:
    """PageRank with the whole matrix of similarities, for comparison."""
    total = len(vectors)
    weights = [[0.0 if i == j else rank.cosine(a, b) for j, b in enumerate(vectors)] for i, a in enumerate(vectors)]
    ranks = [1 / total] * total
    for _ in range(200):
        moved = [(1 - rank.DAMPING) / total] * total
        for j, row in enumerate(weights):
            degree = sum(row)
            for i in range(total):
                share = row[i] / degree if degree > 1e-9 else 1 / total
                moved[i] += rank.DAMPING * ranks[j] * share
        ranks = moved
    return ranks


WORDS = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), min_size=1, max_size=8)


@given(WORDS)
def test_ranks_sum_to_one_and_none_is_negative(bags: list[list[str]]) -> None:
    ranks = rank.pagerank(rank.tfidf(bags))
    assert len(ranks) == len(bags)
    assert math.isclose(sum(ranks), 1, abs_tol=1e-9)
    assert min(ranks) > 0


@given(WORDS)
def test_ranking_without_the_matrix_equals_ranking_with_it(bags: list[list[str]]) -> None:
    vectors = rank.tfidf(bags)
    for sparse, dense in zip(rank.pagerank(vectors), _dense(list(vectors)), strict=True):
        assert math.isclose(sparse, dense, abs_tol=2e-3)


@given(WORDS)
def test_every_vector_has_length_one_or_no_word(bags: list[list[str]]) -> None:
    for bag, vector in zip(bags, rank.tfidf(bags), strict=True):
        assert math.isclose(sum(weight**2 for weight in vector.values()), 1 if bag else 0, abs_tol=1e-9)


def test_the_sentence_that_shares_most_is_ranked_first() -> None:
    texts = [
        "The bridge over the river was closed after the flood.",
        "The flood closed schools and the bridge over the river.",
        "The river rose by three metres in the flood.",
        "A singer released an album.",
    ]
    ranks = rank.textrank(texts)
    assert ranks.index(max(ranks)) in {0, 1}
    assert ranks.index(min(ranks)) == 3


def test_chinese_sentences_are_ranked_by_their_words() -> None:
    ranks = rank.textrank(["洪水淹没了河上的大桥。", "洪水过后，大桥和学校关闭。", "一位歌手发布了专辑。"])
    assert ranks.index(min(ranks)) == 2


def test_no_text_has_no_rank() -> None:
    assert rank.textrank([]) == ()


def test_texts_without_a_word_share_the_rank_equally() -> None:
    assert rank.textrank(["", "..."]) == pytest.approx((0.5, 0.5))


def test_more_sentences_than_the_bound_are_refused() -> None:
    with pytest.raises(BoundError, match="E304"):
        rank.textrank(["word"] * (SENTENCES_RANKED_MAX + 1))
