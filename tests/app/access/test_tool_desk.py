"""Tools and peers belong to the home: its keeper sees them, its owner decides about them, freshly signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ergos.app.access.roles import Principal, Role, person
from ergos.app.access.seat import Ground, Seat
from ergos.app.access.tool_desk import check_decides, peers_of, tools_of
from ergos.app.home import home_at, kernel_on, programs_of, reads_of
from ergos.base.errors import RefusedError, SignInError
from ergos.base.world_errors import BusError
from ergos.drivers.host import HostClock
from ergos.runtime.control import AnyReply, AnyRequest, Look

SETTINGS = '[mcp.servers.notes]\ncommand = "/nowhere/notes"\n[a2a.peers.acme]\nurl = "https://acme.example"\n'


def keeper(role: Role, *, fresh: bool = True) -> Principal:
    return person("alice", role, "alice", keeper_of="alice", fresh=fresh)


CAROL = person("carol", "owner", "carol", keeper_of="alice", fresh=True)


def at(tmp_path: Path, scene: Callable[[Callable[[Principal], Seat], list[AnyRequest]], Awaitable[None]]) -> None:
    """Play a scene in a home that names a server and a peer, neither of which answers."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "settings.toml").write_text(SETTINGS)
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "alice"})
    asked: list[AnyRequest] = []

    async def perform(request: AnyRequest) -> AnyReply:
        asked.append(request)
        raise BusError("it does not answer")

    def views(_: str) -> Any:
        raise AssertionError

    async def play() -> None:
        async with kernel_on(home, programs_of(home), drive=False):
            pass
        reads = reads_of(home)
        ground = Ground(home=home, reads=reads, perform=perform, clock=HostClock(), views=views)
        try:
            await scene(lambda who: Seat(who, ground), asked)
        finally:
            await reads.close()

    asyncio.run(play())


def test_servers_and_peers_are_asked_through_the_seat(tmp_path: Path) -> None:
    async def scene(seat: Callable[[Principal], Seat], asked: list[AnyRequest]) -> None:
        rows = await tools_of(seat(keeper("operator")), "en").rows()
        assert "files.read" in {one.name for one in rows}
        (peer,) = await peers_of(seat(keeper("operator")), "en").rows()
        assert (peer.name, peer.state) == ("acme", "disabled")
        assert asked == [Look(server="notes"), Look(server="peers.acme")]

    at(tmp_path, scene)


def test_a_viewer_sees_what_comes_with_ergos_and_asks_nobody(tmp_path: Path) -> None:
    async def scene(seat: Callable[[Principal], Seat], asked: list[AnyRequest]) -> None:
        rows = await tools_of(seat(keeper("viewer")), "en").rows()
        assert rows
        assert all(one.origin != "server" for one in rows)
        with pytest.raises(RefusedError):
            peers_of(seat(keeper("viewer")), "en")
        assert asked == []

    at(tmp_path, scene)


def test_another_owner_sees_neither(tmp_path: Path) -> None:
    async def scene(seat: Callable[[Principal], Seat], asked: list[AnyRequest]) -> None:
        for look in (tools_of, peers_of):
            with pytest.raises(RefusedError):
                look(seat(CAROL), "en")
        assert asked == []

    at(tmp_path, scene)


def test_only_the_keeper_decides_and_only_freshly_signed_in(tmp_path: Path) -> None:
    async def scene(seat: Callable[[Principal], Seat], asked: list[AnyRequest]) -> None:
        check_decides(seat(keeper("owner")))
        for who in (keeper("operator"), keeper("viewer"), CAROL, msgspec.structs.replace(CAROL, role="agent")):
            with pytest.raises(RefusedError):
                check_decides(seat(who))
        with pytest.raises(SignInError):
            check_decides(seat(keeper("owner", fresh=False)))
        assert asked == []

    at(tmp_path, scene)
