"""An adversary that finds nothing proves nothing: every planted mistake is found, and soon."""

from __future__ import annotations

import pytest

from ergos.sim.adversary.planted import BINDERS, DECISIONS, found

DECISIONS_MAX = 40_000


@pytest.mark.parametrize("name", [*DECISIONS, *BINDERS])
def test_a_planted_mistake_is_found(name: str) -> None:
    assert found(name, 1, DECISIONS_MAX) > 0


def test_the_policy_itself_is_not_found_guilty() -> None:
    assert found("no such mistake", 1, 4_000) == 0
