"""Chance that can be repeated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.entropy import SeededEntropy


@given(st.integers() | st.text(), st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 10**30)), max_size=20))
def test_streams_are_independent_and_repeatable(seed: int | str, draws: list[tuple[str, int]]) -> None:
    mixed, alone = SeededEntropy(seed), SeededEntropy(seed)
    found = [mixed.below(bound, stream=stream) for stream, bound in draws]
    assert all(0 <= n < bound for n, (_, bound) in zip(found, draws, strict=True))
    only_a = [n for n, (stream, _) in zip(found, draws, strict=True) if stream == "a"]
    assert only_a == [alone.below(bound, stream="a") for stream, bound in draws if stream == "a"]


def test_a_chance_of_zero_never_happens_and_of_one_always() -> None:
    entropy = SeededEntropy(1)
    assert not any(entropy.chance(0, 5, stream="x") for _ in range(50))
    assert all(entropy.chance(5, 5, stream="x") for _ in range(50))
    assert 20 < sum(entropy.chance(1, 2, stream="y") for _ in range(100)) < 80
