"""The tools' definitions and the mean costs that proposals name."""

from __future__ import annotations

import asyncio

from ergos.app.home import Home, kernel_on, reading
from ergos.app.mining.costs import costs_of, tools_of
from ergos.lib.folder import FolderPrograms


def test_every_built_in_tool_is_known_without_a_kernel(home: Home) -> None:
    assert tools_of(home)["mail.send"].roles["to"] == "recipient"
    assert not home.folder.exists()


def test_nothing_started_costs_nothing(home: Home) -> None:
    async def play() -> dict[str, int]:
        async with kernel_on(home, FolderPrograms()):
            pass
        async with reading(home) as reads:
            return await costs_of(reads, ())

    assert asyncio.run(play()) == {}
