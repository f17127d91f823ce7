"""The built-in tools called by agents through a real kernel: each call under a grant of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from ergos.base.clock import Monotone
from ergos.base.entropy import SeededEntropy
from ergos.drivers.host import HostClock
from ergos.drivers.store_memory import MemoryDisk, MemoryStore
from ergos.drivers.tools.catalogue import BuiltinMounts, BuiltinParts, builtins, workspaces_of
from ergos.drivers.tools.seal import Seal
from ergos.kernel.tool_settings import ToolSettings
from ergos.lib.agent import Agent, Context, agent, anything, may, under
from ergos.lib.code_mode import run_code
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from tests.drivers.tools.errands import at_rest, confining
from tests.runtime.kernels import Shelf

pytest.importorskip("pydantic_monty", reason="the extra 'code' is not installed")

TOOLS = ("files.read", "files.append")


@agent(
    name="scribe",
    grants=[
        may("act", "python.cell"),
        may("act", "files.append", path=under("notes"), text=anything()),
        may("act", "files.read", path=under("notes")),
    ],
)
async def scribe(ctx: Context) -> Any:
    code = """
for word in words:
    files.append(path='notes/log.md', text=word + '\\n')
try:
    files.read(path='other/log.md')
    refused = False
except PermissionError:
    refused = True
[files.read(path='notes/log.md')['text'], refused]
"""
    return (await run_code(ctx, code, tools=TOOLS, inputs={"words": ["one", "two"]})).value


def played(tmp_path: Path, made: Agent, scenario: Callable[[Kernel, Any], Coroutine[Any, Any, Any]]) -> Any:
    settings = ToolSettings()
    shelf = Shelf()
    definition = shelf.put(made)

    async def play() -> Any:
        with confining(tmp_path) as sandboxes:
            parts = BuiltinParts(
                workspaces=workspaces_of(tmp_path / "home", "alice", settings),
                sandboxes=sandboxes,
                seal=Seal(b"k" * 32),
            )
            kernel = Kernel(
                Parts(
                    store=MemoryStore(MemoryDisk()),
                    clock=Monotone(HostClock()),
                    entropy=SeededEntropy(0),
                    programs=shelf,
                    mounts=BuiltinMounts(builtins(parts)),
                    sandboxes=sandboxes,
                    watchdog=False,
                )
            )
            async with kernel:
                came = await asyncio.wait_for(scenario(kernel, definition), 60)
            await at_rest(sandboxes)
            return came

    return asyncio.run(play())


def test_code_does_what_the_grants_of_its_agent_allow_and_nothing_else(tmp_path: Path) -> None:
    async def scenario(kernel: Kernel, definition: Any) -> Any:
        return await kernel.desk.end_of(await kernel.desk.spawn(definition, "alice"))

    ended = played(tmp_path, scribe, scenario)
    assert ended.outcome == ["one\ntwo\n", True], ended
    assert (tmp_path / "home" / "work" / "scribe" / "notes" / "log.md").read_text() == "one\ntwo\n"
