"""Servers at a URL: one origin, counted bytes, no address but a public one that a stranger names."""

from __future__ import annotations

import pytest

from ergos.base.errors import EgressRefusedError, ErgosError
from ergos.base.world_errors import BusError
from ergos.buses.mcp.host.web import permitted
from ergos.kernel.mounts import ServerSettings
from tests.buses.mcp.host.stage import Secrets, act, host_of, stage
from tests.buses.mcp.host.webserver import Site, serving


def test_a_server_at_a_url_is_looked_at_and_called_with_its_owners_headers() -> None:
    async def test() -> None:
        async with serving(Site()) as site:
            headers = {"X-Team": "red", "X-Key": "secret:team"}
            host = host_of(ServerSettings(name="site", url=site.url, headers=headers), vault=Secrets(team="s3cret"))
            offer = await host.look("site")
            assert offer.protocol == "2026-07-28"
            host.approve("site", offer.pin)
            assert (await act(host, "site.echo", text="hi")).value == {
                "text": "got hi",
                "structured": {"result": "got hi"},
            }
            assert {(one["x-team"], one["x-key"], one["accept-encoding"]) for one in site.seen} == {
                ("red", "s3cret", "identity")
            }
            await host.close()

    stage(test)


@pytest.mark.parametrize("odd", ["flood", "squeezed", "elsewhere"])
def test_a_server_at_a_url_that_misbehaves_is_an_error_of_its_own(odd: str) -> None:
    async def test() -> None:
        async with serving(Site(odd=odd)) as site:
            host = host_of(ServerSettings(name="site", url=site.url))
            with pytest.raises(ErgosError) as caught:
                await host.look("site")
            assert "site" in caught.value.what
            await host.close()

    stage(test)


def test_nobody_there_is_said_to_be() -> None:
    async def test() -> None:
        host = host_of(ServerSettings(name="site", url="http://127.0.0.1:9/mcp"))
        with pytest.raises(BusError, match="ended before it was ready"):
            await host.look("site")

    stage(test)


PUBLIC = "93.184.216.34"


@pytest.mark.parametrize(
    ("host", "addresses", "home", "fine"),
    [
        ("mcp.example.com", [PUBLIC], "mcp.example.com", True),
        ("mcp.example.com", ["10.0.0.1"], "mcp.example.com", True),
        ("auth.example.com", [PUBLIC], "mcp.example.com", True),
        ("auth.example.com", ["10.0.0.1"], "mcp.example.com", False),
        ("auth.example.com", [PUBLIC, "10.0.0.1"], "mcp.example.com", False),
        ("169.254.169.254", ["169.254.169.254"], "mcp.example.com", False),
        ("localhost", ["127.0.0.1"], "mcp.example.com", False),
        ("x", ["::1"], "mcp.example.com", False),
        ("x", ["::ffff:127.0.0.1"], "mcp.example.com", False),
        ("x", ["fe80::1%eth0"], "mcp.example.com", False),
        ("x", ["0.0.0.0"], "mcp.example.com", False),
        ("x", ["224.0.0.1"], "mcp.example.com", False),
        ("x", ["100.64.0.1"], "mcp.example.com", False),
        ("localhost", ["127.0.0.1"], "127.0.0.1", True),
        ("x", ["10.0.0.1"], "127.0.0.1", False),
        ("169.254.169.254", ["169.254.169.254"], "localhost", False),
    ],
)
def test_a_strangers_host_has_to_be_a_public_one(host: str, addresses: list[str], home: str, *, fine: bool) -> None:
    if fine:
        assert permitted(host, addresses, home) == addresses
    else:
        with pytest.raises(EgressRefusedError):
            permitted(host, addresses, home)
