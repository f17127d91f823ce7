"""Attacks that wait, repeat or come in parts are told whole."""

from __future__ import annotations

from ergos.sim.adversary.persistence import stories
from tests.sim.adversary.attacks import assert_complete


def test_every_attack_that_lasts_is_complete() -> None:
    assert_complete(stories())
