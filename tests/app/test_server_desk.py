"""Servers of tools, asked through whatever kernel there is: all of them by one, whether it runs already or not."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from ergos.app.client import bring_down
from ergos.app.daemon import launch
from ergos.app.home import Home, home_at, kernel_on
from ergos.app.server_desk import HomeServers
from ergos.base.errors import ErgosError, UsageError
from ergos.kernel.mounts import Offer, Pin, ToolDefinition
from ergos.lib.folder import FolderPrograms

SERVER = """
import json, sys
print("here I am", file=sys.stderr, flush=True)
for line in sys.stdin:
    said = json.loads(line)
    reply = {"jsonrpc": "2.0", "id": said.get("id")}
    if said["method"] == "initialize":
        told = {"protocolVersion": said["params"]["protocolVersion"], "capabilities": {"tools": {}}}
        reply["result"] = {**told, "serverInfo": {"name": "small", "version": "1"}}
    elif said["method"] == "tools/list":
        reply["result"] = {"tools": [{"name": "read", "inputSchema": {"type": "object"}}]}
    else:
        reply["error"] = {"code": -32601, "message": "no such method"}
    if "id" in said:
        print(json.dumps(reply), flush=True)
"""
FAILING = "import sys; sys.exit('I miss a variable')"


PIN = Pin(
    server="ours",
    identity="1" * 64,  # type: ignore[arg-type]
    tools=(ToolDefinition(name="ask", description="Asks.", input={"type": "object"}),),
)


@pytest.fixture
def here(tmp_path: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "settings.toml").write_text('[mcp.servers.ours]\ncommand = "/usr/bin/false"\n')
    return home_at(folder, {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})


def test_what_is_approved_without_a_kernel_is_written_down_and_read_back(here: Home) -> None:
    servers = HomeServers(here)
    assert asyncio.run(servers.pins()) == {}
    assert not here.store.exists()
    asyncio.run(servers.approve("ours", PIN, "me"))
    assert asyncio.run(servers.pins()) == {"ours": PIN}

    async def mounted() -> tuple[str, ...]:
        async with kernel_on(here, FolderPrograms(), drive=False) as kernel:
            assert kernel.machine.parts.mounts is not None
            return kernel.machine.parts.mounts.names()

    assert "ours.ask" in asyncio.run(mounted())


def test_pins_of_what_is_no_server_in_the_settings_are_not_theirs(here: Home) -> None:
    servers = HomeServers(here)
    asyncio.run(servers.approve("made.tool", PIN, "me"))
    assert asyncio.run(servers.pins()) == {}
    assert set(servers.settings()) == {"ours"}


def test_a_server_that_does_not_start_or_is_not_there_is_said(here: Home) -> None:
    servers = HomeServers(here)
    with pytest.raises(ErgosError):
        asyncio.run(servers.look("ours"))
    with pytest.raises(ErgosError):
        asyncio.run(servers.look("nobody"))
    with pytest.raises(ErgosError):
        asyncio.run(servers.log("nobody"))
    (here.folder / "settings.toml").write_text("")
    bare = HomeServers(home_at(here.folder, {"HOME": "/", "ERGOS_OWNER": "me"}))
    with pytest.raises(UsageError, match="no server of tools"):
        asyncio.run(bare.look("ours"))


@pytest.fixture
def served(home: Home, tmp_path: Path) -> Home:
    """A home with three servers that need no sandbox: two that work, one that ends at once."""
    (tmp_path / "good.py").write_text(SERVER)
    (tmp_path / "bad.py").write_text(FAILING)
    home.make()
    (home.folder / "settings.toml").write_text(
        "".join(
            f'[mcp.servers.{name}]\ncommand = "{sys.executable}"\nargs = ["{tmp_path / script}"]\nsandbox = false\n'
            for name, script in (("cat", "good.py"), ("dog", "good.py"), ("emu", "bad.py"))
        )
    )
    return home_at(home.folder, {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})


@pytest.mark.parametrize("running", [False, True])
def test_all_are_asked_at_once_and_one_that_fails_hides_no_other(served: Home, running: bool) -> None:
    if running:
        launch(served)
    desk = HomeServers(served)
    try:
        found = asyncio.run(desk.looks(["cat", "dog", "emu"]))
    finally:
        if running:
            asyncio.run(bring_down(served))
    for name in ("cat", "dog"):
        offer = found[name]
        assert isinstance(offer, Offer)
        assert [tool.name for tool in offer.pin.tools] == ["read"]
    assert isinstance(found["emu"], ErgosError)
    assert "emu" in found["emu"].what


def test_what_is_approved_without_a_kernel_is_known_to_the_next(served: Home) -> None:
    desk = HomeServers(served)
    assert asyncio.run(desk.pins()) == {}
    pin = asyncio.run(desk.look("cat")).pin
    asyncio.run(desk.approve("cat", pin, "me"))
    assert asyncio.run(desk.pins()) == {"cat": pin}
    assert asyncio.run(desk.look("cat")).same


def test_why_a_server_does_not_start_is_heard_without_a_kernel(served: Home) -> None:
    assert "I miss a variable" in "\n".join(asyncio.run(HomeServers(served).log("emu")))
