"""The order of least mean response time, from histories in which running programs count."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.scheduler.lifetimes import BINS, EDGES, KINDS_MAX, LIFETIMES_MAX, Kind, Lifetimes, Table, bin_of


def lived(lifetimes: Lifetimes, kind: str, *lengths: float) -> None:
    for length in lengths:
        record = lifetimes.kind(kind)
        lifetimes.born(record)
        lifetimes.grow(record, 0.0, length)
        lifetimes.end(record, length, complete=True)
    lifetimes.refresh(1_000)


def test_short_kinds_rank_before_long_ones_once_they_are_known() -> None:
    lifetimes = Lifetimes()
    assert lifetimes.rank(lifetimes.kind("short"), 0.0) == lifetimes.rank(lifetimes.kind("long"), 0.0)
    lived(lifetimes, "short", *[1_000.0] * 50)
    lived(lifetimes, "long", *[1_000_000.0] * 50)
    assert lifetimes.rank(lifetimes.kind("short"), 0.0) < lifetimes.rank(lifetimes.kind("long"), 0.0) / 10


def test_where_every_program_is_equally_long_the_one_nearest_its_end_runs_first() -> None:
    lifetimes = Lifetimes()
    lived(lifetimes, "fixed", *[100_000.0] * 500)
    kind = lifetimes.kind("fixed")
    ranks = [lifetimes.rank(kind, tokens) for tokens in (0.0, 20_000.0, 50_000.0, 80_000.0)]
    assert ranks == sorted(ranks, reverse=True)


def test_where_most_end_early_and_the_rest_late_newcomers_run_first() -> None:
    lifetimes = Lifetimes()
    lived(lifetimes, "two", *[1_000.0] * 400, *[1_000_000.0] * 100)
    kind = lifetimes.kind("two")
    assert lifetimes.rank(kind, 0.0) < lifetimes.rank(kind, 5_000.0)


def test_before_anything_is_known_the_least_served_runs_first() -> None:
    lifetimes = Lifetimes()
    kind = lifetimes.kind("unknown")
    ranks = [lifetimes.rank(kind, 1_000.0 * 4**n) for n in range(6)]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 6


def test_running_programs_are_censored_not_ignored() -> None:
    seen, blind = Kind(), Kind()
    for kind in (seen, blind):
        for _ in range(20):
            kind.end(500.0)
    seen.alive[bin_of(100_000.0)] = 80
    prior = [0.1] * BINS
    assert seen.hazards(prior, 1.0)[bin_of(500.0)] < blind.hazards(prior, 1.0)[bin_of(500.0)] / 3


@given(st.lists(st.floats(1.0, 1e8), min_size=1, max_size=60), st.floats(0.0, 1e8))
def test_rank_and_remainders_are_positive_and_finite(lengths: list[float], at: float) -> None:
    lifetimes = Lifetimes()
    lived(lifetimes, "some", *lengths)
    kind = lifetimes.kind("some")
    assert 0.0 < lifetimes.rank(kind, at) < 1e10
    assert 0.0 < lifetimes.remaining(kind, at) < 1e10
    assert 0.0 < lifetimes.remaining_q90(kind, at) < 1e10


@given(st.lists(st.floats(0.0, 1.0), min_size=BINS, max_size=BINS))
def test_the_index_is_never_worse_than_waiting_for_the_very_end(hazards: list[float]) -> None:
    table = Table(hazards)
    for rank, mean in zip(table.rank, table.mean, strict=True):
        assert rank <= mean * (1 + 1e-9) + 1e-6


def test_the_index_of_a_known_distribution_is_exact() -> None:
    hazards = [0.0] * BINS
    hazards[10] = 1.0
    middle = 0.5 * (EDGES[10] + EDGES[11])
    assert Table(hazards).rank[0] == pytest.approx(middle)
    assert Table(hazards).mean[5] == pytest.approx(middle - EDGES[5])


def test_edges_ascend_and_every_length_has_its_bin() -> None:
    assert all(low < high for low, high in pairwise(EDGES))
    assert bin_of(0.0) == 0
    assert bin_of(1e30) == BINS - 1


def test_history_is_bounded_by_kind_and_number() -> None:
    lifetimes = Lifetimes()
    for n in range(KINDS_MAX + 50):
        lived_kind = lifetimes.kind(f"kind {n}")
        lifetimes.born(lived_kind)
        lifetimes.end(lived_kind, 10.0, complete=True)
    assert len(lifetimes._kinds) == KINDS_MAX
    kind = Kind()
    for _ in range(3 * LIFETIMES_MAX):
        kind.end(100.0)
    assert kind.total <= LIFETIMES_MAX


def test_kinds_with_running_programs_are_not_forgotten() -> None:
    lifetimes = Lifetimes()
    for n in range(KINDS_MAX):
        lifetimes.born(lifetimes.kind(f"kind {n}"))
    beyond = lifetimes.kind("one more")
    lifetimes.born(beyond)
    lifetimes.end(beyond, 5.0, complete=True)
    assert len(lifetimes._kinds) == KINDS_MAX
    assert all(count >= 0 for count in beyond.alive)


def test_a_killed_program_teaches_nothing() -> None:
    lifetimes = Lifetimes()
    kind = lifetimes.kind("k")
    lifetimes.born(kind)
    lifetimes.end(kind, 0.0, complete=False)
    assert not lifetimes.changed
    assert not any(kind.alive)


def test_tables_change_only_when_refreshed_and_a_bounded_part_at_a_time() -> None:
    lifetimes = Lifetimes()
    kinds = [lifetimes.kind(f"k{n}") for n in range(3)]
    before = lifetimes.rank(kinds[2], 0.0)
    for kind in kinds:
        for _ in range(30):
            lifetimes.born(kind)
            lifetimes.end(kind, 50.0, complete=True)
    assert lifetimes.rank(kinds[2], 0.0) == before
    lifetimes.refresh(2)
    assert lifetimes.changed
    lifetimes.refresh(2)
    assert not lifetimes.changed
    assert lifetimes.rank(kinds[2], 0.0) < before
