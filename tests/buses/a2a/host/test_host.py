"""The peers of a kernel behind the port of mounts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ergos.base.errors import UsageError
from ergos.kernel.mounts import Pin, ToolDefinition
from ergos.kernel.peers import PeerSettings
from tests.buses.a2a.host.stage import hosted, plain_card, run

PEER = PeerSettings(name="acme", url="https://acme.example")


def pin(peer: PeerSettings = PEER, url: str = "https://acme.example/rpc") -> Pin:
    card = ToolDefinition(name="card", annotations={"card": plain_card(url), "signature": {"state": "none"}})
    return Pin(server="peers.acme", identity=peer.identity, tools=(card,))


def test_tools_are_known_by_their_full_names_once_their_card_is_approved():
    host = hosted(PEER).host
    assert host.tool("peers.acme.ask") is None
    host.approve("acme", pin())
    assert host.names() == ("peers.acme.ask", "peers.acme.cancel", "peers.acme.look")
    assert host.tool("peers.acme.ask") is not None
    for name in ("acme.ask", "peers.acme", "peers.acme.sing", "peers.other.ask", "peers", "peers.", "peers..ask"):
        assert host.tool(name) is None
    host.approve("peers.acme", None)
    assert host.names() == ()


def test_a_card_of_another_address_is_not_used():
    host = hosted(PEER).host
    host.approve("acme", pin(PeerSettings(name="acme", url="https://other.example")))
    assert host.tool("peers.acme.ask") is None
    assert "another address" in host.why_not("peers.acme.ask")


def test_a_card_that_cannot_be_used_says_why():
    host = hosted(PEER).host
    host.approve("acme", pin(url="https://10.0.0.1/rpc"))
    assert host.tool("peers.acme.ask") is None
    assert "may not be asked" in host.why_not("peers.acme.ask")


def test_a_pin_without_a_card_mounts_nothing():
    host = hosted(PEER).host
    host.approve("acme", Pin(server="peers.acme", identity=PEER.identity, tools=()))
    assert host.names() == ()


def test_a_peer_that_only_calls_us_is_not_called():
    async def test() -> None:
        host = hosted(PeerSettings(name="acme", accepts="secret:a")).host
        assert not host.named("peers.acme")
        with pytest.raises(UsageError, match="no peer"):
            await host.look("peers.acme")

    run(test)


def test_nothing_of_the_library_is_loaded_before_a_peer_is_asked():
    script = """
import sys
from ergos.buses.a2a.host.host import PeerHost
from ergos.buses.a2a.host.peer import PeerParts
from ergos.buses.a2a.host.handles import Handles
from ergos.buses.a2a.host.web import Wire
from ergos.drivers.host import HostClock
from ergos.kernel.mounts import Pin, ToolDefinition
from ergos.kernel.peers import PeerSettings
peer = PeerSettings(name="acme", url="https://acme.example")
host = PeerHost({"acme": peer}, PeerParts(wire=Wire(HostClock(), print), handles=Handles(b"k" * 32)))
card = {"supportedInterfaces": [{"url": "https://acme.example/rpc", "protocolBinding": "JSONRPC"}]}
host.approve("acme", Pin(server="peers.acme", identity=peer.identity, tools=(ToolDefinition(name="card", annotations={"card": card}),)))
assert host.tool("peers.acme.ask") is not None
print([name for name in ("a2a", "httpx", "google", "pydantic", "jwt") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
