"""The whole way in a real kernel: an agent writes a tool, its owner approves it, another turn calls it in the sandbox."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from ergos.app.making import MadeTools, Workshop, propose_tool
from ergos.base.clock import ManualClock
from ergos.drivers.sandbox.sandboxes import open_sandboxes
from ergos.kernel.models import ModelRequest, Reply, Text, ToolCall, ToolResult, Usage
from ergos.kernel.packages import Programs, Tool
from ergos.lib.folder import FolderPrograms
from ergos.lib.toolbox import FIRST_TOKENS_MAX, tokens
from ergos.runtime.machine import Parts
from tests.lib.house import House, Speaking, agent_in, ended
from tests.lib.tool_catalogue import catalogue

from .test_making import TESTS, source


class Mounted:
    """Made tools, the tool that proposes them, and others."""

    def __init__(self, made: MadeTools, *others: Tool) -> None:
        self._made = made
        self._others = {tool.spec.name: tool for tool in others}

    def tool(self, name: str) -> Tool | None:
        return self._others.get(name) or self._made.tool(name)

    def why_not(self, name: str) -> str:
        return self._made.why_not(name)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self._others, *self._made.names()}))


class Equipped(House):
    """A house with mounts."""

    mounts: Mounted

    def parts(self, programs: Programs) -> Parts:
        return msgspec.structs.replace(super().parts(programs), mounts=self.mounts)


PROPOSER = """
@agent(grants=[may("act", "tools.propose"), may("act", "made.f")])
async def scribe(ctx: Context):
    source, tests = ctx.memory
    came = await ctx.act("tools.propose", source=source, tests=tests, why="I need it.")
    if came["state"] == "pending":
        try:
            await ctx.act("made.f", a="x")
        except ErgosError as error:
            return {"state": came["state"], "digest": came["digest"], "refused": str(error)}
    return {"state": came["state"], "said": await ctx.act("made.f", a="hello")}
"""


def test_a_tool_is_proposed_approved_and_called(tmp_path: Path) -> None:
    path = agent_in(tmp_path, PROPOSER)
    workshop = Workshop(tmp_path / "made", ManualClock(7))

    async def go() -> tuple[object, object]:
        box = open_sandboxes(tmp_path)
        if box.name == "none":
            pytest.skip("this machine has no sandbox")
        try:
            house = Equipped(tmp_path)
            house.mounts = Mounted(MadeTools(workshop, box), propose_tool(workshop, box))
            programs = FolderPrograms()
            definition = programs.load(path)
            async with house.running(programs) as kernel:
                first = await ended(kernel, await kernel.desk.spawn(definition, "alice", [source(), TESTS]))
                workshop.approve("f", first.outcome["digest"], "alice")  # type: ignore[index, call-overload]
                second = await ended(kernel, await kernel.desk.spawn(definition, "alice", [source(), TESTS]))
            return first, second
        finally:
            box.close()

    first, second = asyncio.run(go())
    assert "made.f" in first.outcome["refused"]  # type: ignore[attr-defined]
    assert second.outcome == {"state": "approved", "said": "HELLO"}, second  # type: ignore[attr-defined]


class Echo:
    """A tool of a server that says which one it is."""

    def __init__(self, spec: object) -> None:
        self.spec = spec
        self.digest = "0" * 64

    def misfit(self, args: object) -> str:
        return ""

    async def run(self, args: object, errand: object) -> object:
        from ergos.kernel.packages import Performed

        return Performed(value=self.spec.name)  # type: ignore[attr-defined]


LAZY = """
from ergos.lib.conversation import converse

@agent(grants=[may("think", "model.*"), may("act", "shipping.*"), may("act", "github.*"), may("act", "slack.*"), may("act", "stripe.*"),
               may("act", "notion.*"), may("act", "salesforce.*"), may("act", "kubernetes.*"), may("act", "filesystem.*")])
async def clerk(ctx: Context):
    said = await converse(ctx, "Do what has to be done.")
    return {"said": said.text, "tools": len(ctx.tools())}
"""


def speak(request: ModelRequest) -> Reply:
    results = [part for message in request.messages for part in message.parts if isinstance(part, ToolResult)]
    if not results:
        call = ToolCall("c1", "tools_find", '{"query": "where is a parcel"}')
    elif len(results) == 1:
        assert "shipping_track_parcel" in [tool.name for tool in request.tools]
        call = ToolCall("c2", "shipping_track_parcel", '{"tracking_number": "7"}')
    elif len(results) == 2:
        call = ToolCall("c3", "bank_transfer_money", '{"amount": 7}')
    else:
        return Reply(parts=(Text(f"{results[1].text}; {results[2].failed}"),), usage=Usage(1, 1))
    return Reply(parts=(call,), stop="tools", usage=Usage(1, 1))


def test_a_model_finds_a_mounted_tool_and_calls_it_and_none_that_was_not_granted(tmp_path: Path) -> None:
    path = agent_in(tmp_path, LAZY)
    models = Speaking(speak)
    pure = [msgspec.structs.replace(spec, effect="pure") for spec in catalogue()]

    async def go() -> object:
        house = Equipped(tmp_path, models)
        house.mounts = Mounted(MadeTools(Workshop(tmp_path / "made", ManualClock(7)), None), *map(Echo, pure))  # type: ignore[arg-type]
        programs = FolderPrograms()
        definition = programs.load(path)
        async with house.running(programs) as kernel:
            return await ended(kernel, await kernel.desk.spawn(definition, "alice"))

    end = asyncio.run(go())
    assert end.outcome == {"said": "shipping.track_parcel; True", "tools": 65}, end  # type: ignore[attr-defined]
    assert tokens(models.asked[0].tools) <= FIRST_TOKENS_MAX
