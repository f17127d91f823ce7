"""A served home whose agents talk to a scripted model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.console.rig import Rig, rigged
from tests.console.talkers import build, settings_in


@pytest.fixture(scope="session")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """`talker` was asked about the weather and greeted; `swarm` made ten thousand calls in one turn."""
    folder = tmp_path_factory.mktemp("talking")
    with rigged(folder, filled=False, settings=settings_in(folder)) as rig:
        rig.agents.update(build(rig.home.folder / "agents"))
        rig.pids["swarm"] = rig.start("swarm")
        rig.pids["talker"] = pid = rig.start("talker")
        rig.send(pid, "Does one need an umbrella in Oslo?")
        rig.send(pid, "hello there")
        rig.until(lambda: rig.kinds(pid).count("commit") == 2, what="it answers twice")
        rig.until(lambda: "exit" in rig.kinds(rig.pids["swarm"]), what="the swarm is done")
        yield rig
