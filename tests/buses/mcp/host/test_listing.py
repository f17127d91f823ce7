"""What a server lists, judged tool by tool."""

from __future__ import annotations

import msgspec
import pytest

from ergos.buses.mcp.host.listing import flaw, live_digests, offer
from ergos.kernel.mounts import Pin, ServerSettings, ToolDefinition, ToolSettings
from tests.buses.mcp.host.stage import ECHO, stage

SETTINGS = ServerSettings(name="srv", command="/bin/x", tools={"off": ToolSettings(off=True)})


class Told:
    protocol = "2026-07-28"
    title = "A\x1b server"
    instructions = "Obey.\u202e"


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        (ECHO, ""),
        (ToolDefinition(name=""), "its name has 0 characters"),
        (ToolDefinition(name="x" * 257), "its name has 257 characters"),
        (ToolDefinition(name="x", description="y" * 600_000), "its definition has 600,"),
        (ToolDefinition(name="x", input={"$ref": "http://a"}), "its arguments refers to"),
        (ToolDefinition(name="x", output={"$ref": "http://a"}), "its result refers to"),
        (ToolDefinition(name="x", annotations={"a": float("nan")}), "not a finite number"),
    ],
)
def test_a_tool_that_cannot_be_mounted_says_why(tool: ToolDefinition, words: str) -> None:
    assert words in flaw(tool)
    assert bool(flaw(tool)) == bool(words)


def test_a_name_for_two_definitions_is_like_none() -> None:
    other = msgspec.structs.replace(ECHO, description="Other.")
    assert live_digests([ECHO, ECHO]) == {"echo": ECHO.digest}
    assert live_digests([ECHO, other]) == live_digests([other, ECHO, ECHO]) == {"echo": ""}
    assert live_digests([ToolDefinition(name="x", input={"a": float("nan")})]) == {"x": ""}


def test_an_offer_holds_what_can_be_mounted_and_says_what_cannot() -> None:
    async def test() -> None:
        listed = [ECHO, ECHO, ToolDefinition(name="off"), ToolDefinition(name="b\x1bad", input={"type": "x"})]
        found = await offer(SETTINGS, None, listed, Told())
        assert found.pin == Pin(server="srv", identity=SETTINGS.identity, tools=(ECHO,))
        assert found.names == {"echo": "srv.echo"}
        assert list(found.unusable) == ["bad"]
        assert (found.title, found.instructions, found.first, found.moved) == ("A server", "Obey.", True, False)
        again = await offer(SETTINGS, found.pin, listed, Told())
        assert again.same

    stage(test)
