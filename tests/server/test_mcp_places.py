"""The namespace as resources."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ergos.app.home import Home
from tests.server.owners import Standing, home_in, stand


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


def test_the_namespace_stands_under_its_own_names(home: Home):
    async def scenario(standing: Standing) -> None:
        talk = standing.talk
        pid = (await standing.plain.tool("run", {"path": standing.agent("asker")}))["structuredContent"]["pid"]
        listed = [one["uri"] for one in (await talk.result("resources/list"))["resources"]]
        assert "ergos:///inbox" in listed
        templates = [one["uriTemplate"] for one in (await talk.result("resources/templates/list"))["resourceTemplates"]]
        assert "ergos:///proc/{pid}/journal" in templates
        state = await talk.result("resources/read", {"uri": f"ergos:///proc/{pid}/state"})
        assert json.loads(state["contents"][0]["text"])["agent"] == "asker"
        journal = json.loads(
            (await talk.result("resources/read", {"uri": f"ergos:///proc/{pid}/journal"}))["contents"][0]["text"]
        )
        assert journal[0]["k"] == "spawn"
        for uri in ("ergos:///proc", "ergos:///", "ergos:///sys/limits", "ergos:///inbox"):
            assert (await talk.result("resources/read", {"uri": uri}))["contents"][0]["uri"] == uri
        for uri in (
            "ergos:///proc/99/state",
            "ergos:///../etc/passwd",
            "ergos://proc",
            "file:///etc/passwd",
            "skill://x/SKILL.md",
            "ergos:///proc/1/../2/state",
        ):
            assert await talk.code("resources/read", {"uri": uri}) == -32602, uri

    stand(home, scenario)
