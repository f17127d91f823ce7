"""Attacks that point elsewhere are told whole."""

from __future__ import annotations

from ergos.sim.adversary.misdirection import stories
from tests.sim.adversary.attacks import assert_complete


def test_every_attack_by_misdirection_is_complete() -> None:
    assert_complete(stories())
