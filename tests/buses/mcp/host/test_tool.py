"""A tool as it was approved: its arguments are checked here, its digest binds an approval."""

from __future__ import annotations

import msgspec
import pytest

from ergos.base.canonical import Plain
from ergos.base.errors import ToolFailedError
from ergos.buses.mcp.host.tool import McpTool
from ergos.kernel.labels import UNTRUSTED
from ergos.kernel.mounts import ServerSettings, ToolDefinition, ToolSettings
from ergos.kernel.packages import Errand
from tests.buses.mcp.host.stage import errand, stage

SETTINGS = ServerSettings(name="srv", command="/bin/x")
DEFINITION = ToolDefinition(
    name="t",
    input={
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": ["null", "string"]}},
        "required": ["a"],
    },
)


class Noting:
    """A server that notes what it was called with."""

    def __init__(self) -> None:
        self.got: list[dict[str, Plain]] = []

    async def call(self, tool: McpTool, args: dict[str, Plain], errand: Errand) -> dict[str, Plain]:
        self.got.append(args)
        return {"text": "ok"}


def test_its_arguments_are_checked_and_what_is_optional_and_null_is_not_given() -> None:
    async def test() -> None:
        server = Noting()
        tool = McpTool(SETTINGS, DEFINITION, server)
        came = await tool.run({"a": "x", "b": None, "c": None}, errand())
        assert (came.value, came.label) == ({"text": "ok"}, UNTRUSTED)
        await tool.run({"a": "x", "c": None}, errand())
        assert server.got == [{"a": "x"}, {"a": "x", "c": None}], "a null the schema takes is given"
        for args in ({}, {"a": None}, {"a": 1}, {"a": "x", "b": "1"}):
            assert tool.misfit(args)  # type: ignore[arg-type]
            with pytest.raises(ToolFailedError, match="was not called"):
                await tool.run(args, errand())  # type: ignore[arg-type]
        assert len(server.got) == 2
        with pytest.raises(ToolFailedError):
            await tool.probe({}, errand())

    stage(test)


def test_a_broken_schema_lets_nothing_through() -> None:
    tool = McpTool(SETTINGS, ToolDefinition(name="t", input={"$ref": "http://a.example"}), Noting())
    assert "nothing is fetched" in tool.misfit({})


def test_its_digest_is_another_after_any_change_of_what_it_is() -> None:
    others = [
        McpTool(SETTINGS, DEFINITION, Noting()),
        McpTool(SETTINGS, msgspec.structs.replace(DEFINITION, description="x"), Noting()),
        McpTool(SETTINGS, msgspec.structs.replace(DEFINITION, output={}), Noting()),
        McpTool(msgspec.structs.replace(SETTINGS, args=("-x",)), DEFINITION, Noting()),
        McpTool(msgspec.structs.replace(SETTINGS, hosts=("a.example",)), DEFINITION, Noting()),
        McpTool(msgspec.structs.replace(SETTINGS, tools={"t": ToolSettings(effect="pure")}), DEFINITION, Noting()),
    ]
    assert len({tool.digest for tool in others}) == len(others)
    assert McpTool(SETTINGS, DEFINITION, Noting()).digest == others[0].digest
