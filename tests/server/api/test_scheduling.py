"""The scheduler over HTTP, as far as it is the business of who asks."""

from __future__ import annotations

from pathlib import Path

from tests.server.api.rig import BOB, VIEWER, House, play


def test_queues_of_tools_are_the_keepers_to_see(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        found = await house.good("GET", "/schedule", who=VIEWER)
        assert set(found) == {"models", "tools"}
        assert (await house.good("GET", "/schedule", who=BOB))["tools"] == []

    play(tmp_path, scenario)
