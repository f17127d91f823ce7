"""Cues: every kind has some, under any of its names."""

from __future__ import annotations

from ergos.verify.standard_cues import CUES, cues_of


def test_a_label_has_the_cues_of_its_kind_under_any_of_its_names() -> None:
    assert cues_of("Urgent") == cues_of("紧急") == CUES["urgent"]
    assert cues_of("bills") == cues_of("发票") == CUES["invoice"]
    assert cues_of("rail") == ()


def test_cues_are_in_lower_case_and_say_something() -> None:
    assert all(cue and cue == cue.casefold() for cues in CUES.values() for cue in cues)
