"""Peers through a kernel that drives nothing: looked at, approved, and still approved when the next one starts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ergos.app.home import home_at, kernel_on, programs_of
from ergos.app.peers_desk import HomePeers
from ergos.base.errors import ErgosError
from ergos.kernel.mounts import Offer
from tests.buses.a2a.host.stage import scripted


def test_a_card_is_looked_at_approved_and_mounted_by_the_next_kernel(tmp_path: Path):
    async def test() -> None:
        async with scripted() as (peer, url):
            (tmp_path / "settings.toml").write_text(
                f'[a2a.peers.acme]\nurl = "{url}"\n[a2a.peers.gone]\nurl = "http://127.0.0.1:9"'
            )
            home = home_at(tmp_path, {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})
            desk = HomePeers(home)
            assert await desk.pins() == {}
            assert await desk.looks([]) == {}
            found = await desk.looks(["acme", "gone"])
            offer, gone = found["acme"], found["gone"]
            assert isinstance(offer, Offer)
            assert offer.first
            assert isinstance(gone, ErgosError)
            await desk.approve("acme", offer.pin, "me")
            assert (await desk.pins())["acme"] == offer.pin
            async with kernel_on(home, programs_of(home)) as kernel:
                mounts = kernel.machine.parts.mounts
                assert mounts is not None
                assert mounts.tool("peers.acme.ask") is not None
            peer.card["description"] = "Another."
            again = (await desk.looks(["acme"]))["acme"]
            assert isinstance(again, Offer)
            assert not again.same
            await desk.approve("acme", None, "me")
            assert await desk.pins() == {}
            async with kernel_on(home, programs_of(home)) as kernel:
                assert kernel.machine.parts.mounts is not None
                assert kernel.machine.parts.mounts.tool("peers.acme.ask") is None

    asyncio.run(test())
