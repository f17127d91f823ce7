"""Attacks that look like what was granted are told whole."""

from __future__ import annotations

from ergos.sim.adversary.disguise import stories
from tests.sim.adversary.attacks import assert_complete


def test_every_attack_by_disguise_is_complete() -> None:
    assert_complete(stories())
