"""The names are those of the conventions, and no two things share one."""

from __future__ import annotations

from ergos.app.telemetry import names
from ergos.app.telemetry.figures import BOUNDS, UNITS


def test_no_two_attributes_share_a_name():
    texts = [value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)]
    assert len(set(texts)) == len(texts)


def test_every_metric_has_a_unit_and_histograms_have_ascending_bounds():
    assert set(BOUNDS) < set(UNITS)
    for bounds in BOUNDS.values():
        assert list(bounds) == sorted(set(bounds))
        assert len(bounds) == 14
