"""The written attacks: none gets further than its story says, and every honest twin is allowed."""

from __future__ import annotations

import pytest

from ergos.sim.adversary.campaign import real
from ergos.sim.adversary.planted import DECISIONS
from ergos.sim.adversary.stories import families, told, wrongs

FAMILIES = {
    "goal hijack", "exfiltration by recipient", "exfiltration by URL", "exfiltration by path", "exfiltration by calendar",
    "exfiltration by file share", "exfiltration by code", "look-alike recipient", "encoding trick", "host trick", "wrong type",
    "tool shadowing", "part of what was said", "extra argument", "grant out of force", "memory poisoning",
    "quotation of the owner", "confused deputy", "approval replay", "rug pull", "split exfiltration", "amount salami",
    "wrong readers", "by way of a file", "honest",
}  # fmt: skip


def test_there_are_hundreds_of_stories_and_no_two_are_one() -> None:
    stories = told()
    assert len({(story.family, story.name) for story in stories}) == len(stories)
    assert sum(not story.honest for story in stories) >= 500
    assert sum(story.honest for story in stories) >= 50
    assert set(families()) == FAMILIES


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_story_ends_as_it_is_told(family: str) -> None:
    wrong = [f"{story.name}: {fault}" for story in told() if story.family == family for fault in wrongs(story)]
    assert wrong == []


@pytest.mark.parametrize("name", ["everything is refused", "everything is asked"])
def test_a_policy_that_allows_nothing_fails_every_honest_story(name: str) -> None:
    assert all(list(wrongs(story, DECISIONS[name])) for story in told() if story.honest)


@pytest.mark.parametrize(
    "name",
    ["labels are not looked at", "strangers ground values", "any part of what was said is said", "arguments are not looked at",
     "what no grant names is allowed", "a prefix has no separator", "a host is inside if it ends so", "readers are not looked at"],
)  # fmt: skip
def test_a_planted_mistake_lets_some_attack_through(name: str) -> None:
    assert any(list(wrongs(story, DECISIONS[name])) for story in told() if not story.honest)


def test_most_attacks_need_a_guard_at_all() -> None:
    def careless(moment: object) -> object:
        return DECISIONS["labels are not looked at"](moment) if moment else real(moment)

    through = sum(bool(list(wrongs(story, careless))) for story in told() if not story.honest)
    assert through > 200
