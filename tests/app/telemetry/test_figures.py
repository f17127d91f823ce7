"""Running totals count every value once, in its bucket, and never more series than their bound."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.telemetry import figures, names
from ergos.app.telemetry.figures import OVERFLOW, Figures
from ergos.app.telemetry.spans import Measured


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_every_value_is_in_the_bucket_of_its_bounds(values: list[float]):
    found = Figures()
    for value in values:
        found.measure(Measured(metric=names.AGENT_DURATION, value=value))
    [one] = found.histograms[names.AGENT_DURATION].values()
    assert one.count == len(values)
    assert one.total == pytest.approx(sum(values))
    assert (one.least, one.most) == (min(values), max(values))
    buckets = [bisect_left(names.SECONDS, value) for value in values]
    assert one.counts == [buckets.count(number) for number in range(len(names.SECONDS) + 1)]


def test_a_bound_belongs_to_the_bucket_below_it():
    found = Figures()
    found.measure(Measured(metric=names.AGENT_DURATION, value=0.01))
    assert found.histograms[names.AGENT_DURATION][()].counts[0] == 1


def test_sums_add_up_by_their_attributes():
    found = Figures()
    for agent in ("a", "b", "a"):
        found.measure(Measured(metric=names.SPENT, value=2, attributes=(("agent", agent),)))
    assert found.sums[names.SPENT] == {(("agent", "a"),): 4, (("agent", "b"),): 2}


def test_too_many_series_are_counted_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(figures, "SERIES_MAX", 2)
    found = Figures()
    for number in range(5):
        for metric in (names.SPENT, names.TOOL_DURATION):
            found.measure(Measured(metric=metric, value=1, attributes=(("tool", str(number)),)))
    assert found.sums[names.SPENT][OVERFLOW] == 3
    assert found.histograms[names.TOOL_DURATION][OVERFLOW].count == 3
