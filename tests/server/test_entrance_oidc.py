"""A browser goes to the organisation and comes back signed in; nobody else's coming back signs it in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ergos.app.access.oidc import Oidc
from ergos.base.clock import ManualClock
from ergos.drivers.host import HostEntropy
from ergos.drivers.http.client import HttpClient
from ergos.runtime.server_settings import OidcSettings, Person
from ergos.server.entrance import Attempts
from ergos.server.entrance_oidc import DONE, EnterByOidc
from ergos.server.entrance_routes import Enter
from tests.app.access.issuer import CLIENT, Issuer, issuing
from tests.server.entrances import NOON_NS, PAGES, Door, Heard, door

COMING = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document", "accept": PAGES}
PEOPLE = {"ann@example.org": Person(owner="alice", role="owner"), "guest@example.org": Person(owner="bob")}


@asynccontextmanager
async def organisation(folder: Path) -> AsyncIterator[tuple[Door, Issuer]]:
    """A door whose people sign in at an issuer."""
    client = HttpClient()
    made: list[Issuer] = []

    def more(register: Any, clock: Any, enter: Enter, tries: Attempts) -> list[Any]:
        settings = OidcSettings(issuer=made[0].url, client_id=CLIENT, people=PEOPLE)
        oidc = Oidc(settings, client, clock, HostEntropy(), keeper="alice")
        return EnterByOidc(oidc, register, enter).routes()

    clock = ManualClock(NOON_NS)
    try:
        async with issuing(clock) as issuer:
            made.append(issuer)
            async with door(folder, clock=clock, more=more) as opened:
                yield opened, issuer
    finally:
        await client.close()


def play(folder: Path, scenario: Callable[[Door, Issuer], Awaitable[None]]) -> None:
    async def played() -> None:
        async with asyncio.timeout(60), organisation(folder) as (opened, issuer):
            await scenario(opened, issuer)

    asyncio.run(played())


async def there(door: Door, to: str = "/agents", **headers: str) -> Heard:
    return await door.ask("GET", f"/enter/oidc?{urlencode({'next': to})}", accept=PAGES, **headers)


async def back(door: Door, fields: dict[str, str], cookie: str) -> Heard:
    return await door.ask("GET", f"{DONE}?{urlencode(fields)}", cookie=cookie, **COMING)


def test_a_browser_goes_there_and_comes_back_signed_in(tmp_path: Path) -> None:
    async def scenario(door: Door, issuer: Issuer) -> None:
        sent = await there(door)
        assert sent.status == 303
        assert sent.headers["set-cookie"].endswith("; Path=/enter/oidc; Max-Age=600; HttpOnly; SameSite=Lax")
        fields = issuer.allow(sent.headers["location"])
        came = await back(door, fields, sent.cookie)
        assert (came.status, came.headers["location"]) == (303, "/agents")
        assert "SameSite=Strict" in came.headers["set-cookie"]
        follows = await door.ask("GET", "/agents", **COMING)  # a redirection from another site shows no strict cookie
        assert (follows.status, b"refresh" in follows.body) == (200, True)
        page = (await door.ask("GET", "/agents", cookie=came.cookie, accept=PAGES)).json
        assert (page["who"], page["role"], page["fresh"]) == ("alice", "owner", True)
        assert (await back(door, fields, sent.cookie)).status == 401

    play(tmp_path, scenario)


def test_another_browsers_coming_back_signs_nobody_in(tmp_path: Path) -> None:
    async def scenario(door: Door, issuer: Issuer) -> None:
        attacker, victim = await there(door), await there(door)
        fields = issuer.allow(attacker.headers["location"])
        for cookie in (victim.cookie, "", f"{victim.cookie}; {attacker.cookie}"):
            answer = await back(door, fields, cookie)
            assert answer.status == 401
            assert not answer.cookie
        assert (await back(door, {"error": "access_denied", "state": "x"}, "")).status == 401
        doubled = await door.ask("GET", f"{DONE}?state=a&state=b&code=c", **COMING)
        assert doubled.status == 401

    play(tmp_path, scenario)


def test_who_is_a_stranger_is_told_so_and_nobody_is_locked_out(tmp_path: Path) -> None:
    async def scenario(door: Door, issuer: Issuer) -> None:
        issuer.claims["email"] = "eve@example.org"
        sent = await there(door, "//evil.example")
        answer = await back(door, issuer.allow(sent.headers["location"]), sent.cookie)
        assert (answer.status, answer.cookie) == (403, "")
        issuer.claims["email"] = "guest@example.org"
        sent = await there(door, "//evil.example")
        answer = await back(door, issuer.allow(sent.headers["location"]), sent.cookie)
        assert (answer.status, answer.headers["location"]) == (303, "/")
        for _ in range(20):
            assert (await back(door, {"code": "x", "state": "x"}, "")).status == 401
        assert (await there(door)).status == 303  # no page can lock anybody out by sending them here

    play(tmp_path, scenario)


def test_an_issuer_that_is_away_is_said_in_one_sentence(tmp_path: Path) -> None:
    async def scenario(door: Door, issuer: Issuer) -> None:
        issuer.raw = b"{}"
        answer = await there(door)
        assert answer.status == 502
        assert issuer.url.encode() not in answer.body

    play(tmp_path, scenario)
