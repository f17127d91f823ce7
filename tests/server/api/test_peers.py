"""Peers over HTTP: listed, shown, decided about by the digest that was shown, by whom the home belongs to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.buses.a2a.host.stage import scripted
from tests.server.api.rig import BOB, OPERATOR, STALE, VIEWER, House, standing


@asynccontextmanager
async def at(folder: Path, url: str) -> AsyncIterator[House]:
    """A house that knows a peer at this address, and one that only calls."""
    (folder / "home").mkdir()
    (folder / "home" / "settings.toml").write_text(
        f'[a2a.peers.acme]\nurl = "{url}"\n[a2a.peers.caller]\naccepts = "secret:calls"\n'
    )
    async with standing(folder) as house:
        yield house


def test_a_peers_card_is_approved_by_the_digest_that_was_shown_and_taken_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with scripted() as (peer, url), at(tmp_path, url) as house:
            rows = (await house.good("GET", "/peers", who=OPERATOR))["peers"]
            assert [(one["name"], one["state"]) for one in rows] == [("acme", "pending"), ("caller", "calls")]
            shown = await house.good("GET", "/peers/acme")
            assert shown["card"]["name"] == peer.card["name"]
            assert shown["sentences"]
            body = {"digest": shown["peer"]["digest"]}
            assert await house.refused("POST", "/peers/acme/approve", body, who=STALE) == (403, "E313")
            assert await house.refused("POST", "/peers/acme/approve", {"digest": "f" * 64}) == (409, "E100")
            assert (await house.ask("POST", "/peers/acme/approve", body)).status == 204
            assert (await house.good("GET", "/peers/acme"))["peer"]["state"] == "ready"
            peer.card["description"] = "Another."
            changed = await house.good("GET", "/peers/acme")
            assert changed["peer"]["state"] == "changed"
            assert any("Another." in line for line in changed["difference"])
            assert await house.refused("POST", "/peers/acme/approve", body) == (409, "E100")
            assert (await house.ask("POST", "/peers/acme/withdraw")).status == 204
            assert await house.refused("POST", "/peers/acme/withdraw") == (409, "E100")

    asyncio.run(scenario())


def test_peers_are_the_keepers(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with at(tmp_path, "http://127.0.0.1:9") as house:
            for who in (BOB, VIEWER):
                assert await house.refused("GET", "/peers", who=who) == (403, "E300")
            assert await house.refused("POST", "/peers/acme/withdraw", who=OPERATOR) == (403, "E300")
            assert await house.refused("GET", "/peers/nobody") == (404, "E101")
            assert await house.refused("POST", "/peers/nobody/reject", {"digest": "0" * 64}) == (404, "E101")
            assert (await house.good("GET", "/peers"))["peers"][0]["state"] == "disabled", "it does not answer"

    asyncio.run(scenario())
