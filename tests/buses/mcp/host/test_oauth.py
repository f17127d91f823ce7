"""Signing in: once, by a person, for this server; renewed without one; kept in the vault and sent nowhere else."""

from __future__ import annotations

import json
from urllib.parse import urljoin

import pytest

from ergos.base.errors import ErgosError
from ergos.base.world_errors import BusError
from ergos.buses.mcp.host.host import McpHost
from ergos.kernel.mounts import OAuthSettings, ServerSettings
from tests.buses.mcp.host.stage import CLOCK, Secrets, act, host_of, stage
from tests.buses.mcp.host.webserver import Site, serving


class Browser:
    """A person who says yes."""

    def __init__(self) -> None:
        self.visits: list[str] = []

    async def visit(self, server: str, url: str) -> str:
        import httpx2

        self.visits.append(server)
        async with httpx2.AsyncClient(trust_env=False) as client:
            reply = await client.get(url)
        return urljoin(url, reply.headers["location"])


def signing(site: Site, vault: Secrets, browser: Browser | None) -> McpHost:
    settings = ServerSettings(name="site", url=site.url, oauth=OAuthSettings())
    return McpHost({"site": settings}, None, {}, clock=CLOCK, vault=vault, consent=browser)


async def used(host: McpHost) -> None:
    host.approve("site", (await host.look("site")).pin)
    assert (await act(host, "site.echo", text="hi")).value == {"text": "got hi", "structured": {"result": "got hi"}}
    await host.close()


def test_a_person_signs_in_once_and_the_token_is_for_this_server() -> None:
    async def test() -> None:
        async with serving(Site(locked=True)) as site:
            vault, browser = Secrets(), Browser()
            await used(signing(site, vault, browser))
            await used(signing(site, vault, None))
            assert browser.visits == ["site"]
            (_, asked), (_, exchanged) = site.asked
            assert asked["resource"] == exchanged["resource"] == site.url
            assert asked["code_challenge_method"] == "S256"
            assert exchanged["code_verifier"]
            assert sorted(vault.kept) == ["mcp.site.client", "mcp.site.token"]
            assert "token-2" in vault.kept["mcp.site.token"]

    stage(test)


def test_an_expired_token_is_renewed_without_a_person() -> None:
    async def test() -> None:
        async with serving(Site(locked=True)) as site:
            vault, browser = Secrets(), Browser()
            await used(signing(site, vault, browser))
            kept = json.loads(vault.kept["mcp.site.token"])
            vault.kept["mcp.site.token"] = json.dumps({**kept, "expires_ns": 1})
            await used(signing(site, vault, None))
            assert [kind for kind, _ in site.asked] == ["authorize", "authorization_code", "refresh_token"]
            assert "token-3" in vault.kept["mcp.site.token"]

    stage(test)


def test_without_a_person_it_is_said_how_to_sign_in() -> None:
    async def test() -> None:
        async with serving(Site(locked=True)) as site:
            with pytest.raises(BusError, match="wants its owner to sign in") as caught:
                await signing(site, Secrets(), None).look("site")
            assert "ergos tools login site" in caught.value.what_to_do

    stage(test)


def test_a_refusal_is_told() -> None:
    async def test() -> None:
        async with serving(Site(locked=True, odd="refuses")) as site:
            with pytest.raises(BusError, match="did not let its owner in: access_denied"):
                await signing(site, Secrets(), Browser()).look("site")

    stage(test)


def test_a_place_to_sign_in_that_is_no_public_host_is_not_visited() -> None:
    async def test() -> None:
        async with serving(Site(locked=True, odd="metadata-address")) as site:
            browser = Browser()
            with pytest.raises(ErgosError):
                await signing(site, Secrets(), browser).look("site")
            assert browser.visits == []

    stage(test)


def test_without_a_vault_nobody_signs_in() -> None:
    async def test() -> None:
        settings = ServerSettings(name="site", url="http://127.0.0.1:9/mcp", oauth=OAuthSettings())
        with pytest.raises(BusError, match="there is no vault"):
            await host_of(settings).look("site")

    stage(test)


def test_what_is_kept_broken_is_as_good_as_nothing() -> None:
    async def test() -> None:
        async with serving(Site(locked=True)) as site:
            vault, browser = Secrets(), Browser()
            vault.kept |= {"mcp.site.token": "{not json", "mcp.site.client": "[]"}
            await used(signing(site, vault, browser))
            assert browser.visits == ["site"]

    stage(test)
