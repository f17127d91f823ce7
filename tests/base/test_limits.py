"""Every bound is a positive number."""

from __future__ import annotations

from ergos.base import limits


def test_every_bound_is_positive_and_carries_its_unit() -> None:
    bounds = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert len(bounds) > 40
    assert all(isinstance(value, (int, float)) and value > 0 for value in bounds.values())
