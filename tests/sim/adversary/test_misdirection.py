"""Each attack of this kind is complete: it has grants, words, a stranger, and calls that may not happen by themselves."""

from __future__ import annotations

from ergos.sim.adversary.misdirection import stories
from ergos.sim.adversary.telling import TOOLS


def test_every_attack_has_a_stranger_or_an_approval_and_something_that_may_not_happen() -> None:
    for story in stories():
        assert not story.honest
        if story.replays:
            continue
        assert any(step.expected != "allowed" for step in story.steps), story.name
        assert any(integrity == "untrusted" for _, integrity in story.heard), story.name
        assert any(integrity == "user" for _, integrity in story.heard), story.name


def test_every_attack_is_told_in_one_language_or_both() -> None:
    heard = [str(text) for story in stories() for text, integrity in story.heard if integrity == "user"]
    assert any(text.isascii() for text in heard)
    assert any(not text.isascii() for text in heard)


def test_a_granted_tool_is_one_of_the_known_ones() -> None:
    granted = {
        grant.name
        for story in stories()
        for grant in story.grants
        if grant.verb == "act" and not grant.name.endswith("*")
    }
    assert granted <= set(TOOLS)
