"""All stories: the attacks, family by family, and their honest twins."""

from __future__ import annotations

from ergos.sim.adversary import disguise, honesty, misdirection, persistence
from ergos.sim.adversary.telling import Story, wrongs

__all__ = ["families", "told", "wrongs"]


def told() -> tuple[Story, ...]:
    """Every story, in a fixed order."""
    return (*misdirection.stories(), *disguise.stories(), *persistence.stories(), *honesty.stories())


def families() -> dict[str, int]:
    """How many stories each family has."""
    counts: dict[str, int] = {}
    for story in told():
        counts[story.family] = counts.get(story.family, 0) + 1
    return counts
