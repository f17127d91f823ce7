from statistics import fmean, median, stdev

import pytest

from ergos.sim.grid.chance import Draws


def test_a_stream_depends_on_seed_and_name_alone():
    def numbers(seed, stream):
        draws = Draws(seed, stream)
        return [draws.uniform() for _ in range(5)]

    assert numbers(1, "a") == numbers(1, "a")
    assert len({tuple(numbers(seed, stream)) for seed in (1, 2) for stream in "ab"}) == 4


def test_distributions_have_their_moments():
    draws = Draws(7, "moments")
    uniform = [draws.uniform() for _ in range(20_000)]
    assert 0 < min(uniform) < 0.001
    assert 0.999 < max(uniform) < 1
    assert fmean(uniform) == pytest.approx(0.5, abs=0.01)
    normal = [draws.normal() for _ in range(20_000)]
    assert fmean(normal) == pytest.approx(0, abs=0.03)
    assert stdev(normal) == pytest.approx(1, abs=0.03)
    assert fmean(draws.exponential(3.0) for _ in range(20_000)) == pytest.approx(3.0, rel=0.03)
    assert median(draws.lognormal(50.0, 1.5) for _ in range(20_000)) == pytest.approx(50.0, rel=0.06)
    assert sum(draws.chance(0.2) for _ in range(20_000)) == pytest.approx(4_000, rel=0.06)
    assert {draws.below(3) for _ in range(100)} == {0, 1, 2}


def test_choices_come_as_often_as_their_weight_says():
    draws = Draws(7, "choices")
    picked = [draws.choice("abc", (3, 1, 0)) for _ in range(8_000)]
    assert picked.count("a") == pytest.approx(6_000, rel=0.04)
    assert "c" not in picked
