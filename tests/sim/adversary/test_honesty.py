"""Honest twins are honest: they meet the same strangers, and everything in them is to be allowed."""

from __future__ import annotations

from ergos.sim.adversary.honesty import ASKS, stories


def test_an_honest_story_expects_nothing_but_to_be_allowed() -> None:
    found = list(stories())
    assert all(step.expected == "allowed" for story in found for step in story.steps)
    assert all(story.honest and story.steps for story in found)


def test_most_honest_stories_meet_a_stranger() -> None:
    found = list(stories())
    met = sum(any(integrity == "untrusted" for _, integrity in story.heard) for story in found)
    assert met > len(found) * 0.8


def test_every_request_is_told_in_both_languages() -> None:
    names = {story.name for story in stories()}
    for name in ASKS:
        assert sum(found.startswith(f"{name}, ") for found in names) == 6
