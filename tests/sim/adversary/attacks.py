"""What every kind of written attack keeps to, or it would prove nothing; for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterable

from ergos.sim.adversary.telling import TOOLS, Story


def assert_complete(told: Iterable[Story]) -> None:
    """Each has its owner's words, a stranger's, and calls that may not happen by themselves; the kind has both languages."""
    stories = tuple(told)
    assert not any(story.honest for story in stories)
    for story in stories:
        if story.replays:  # of an approval: nobody says anything
            continue
        assert any(step.expected != "allowed" for step in story.steps), story.name
        assert {"untrusted", "user"} <= {integrity for _, integrity in story.heard}, story.name
    words = [str(text) for story in stories for text, integrity in story.heard if integrity == "user"]
    assert {text.isascii() for text in words} == {True, False}
    # A grant of an unknown tool would make an attack fail for the wrong reason.
    grants = [grant for story in stories for grant in story.grants if grant.verb == "act"]
    assert {grant.name for grant in grants if not grant.name.endswith("*")} <= set(TOOLS)
