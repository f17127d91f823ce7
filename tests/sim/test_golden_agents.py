"""The golden agents are all there, and have what they ask for."""

from __future__ import annotations

import pytest

from ergos.sim.golden_agents import GoldenPrograms
from ergos.sim.world import World


@pytest.mark.parametrize("agent", ["scribe", "page", "asker", "waker"])
def test_each_agent_has_its_code_and_is_the_same_each_time(agent: str) -> None:
    programs = GoldenPrograms(World(0))
    definition = programs.definition(agent)
    assert definition == programs.current(agent, agent)
    assert programs.package(definition).tasks
    assert bool(definition.triggers) == (agent == "waker")


def test_a_hiccup_comes_as_often_as_it_is_told() -> None:
    programs = GoldenPrograms(World(0))
    programs.hiccup()
    programs.hiccup.left = 1
    with pytest.raises(RuntimeError):
        programs.hiccup()
    programs.hiccup()
