"""What an agent may do is shown as it stands, of one owner only."""

from __future__ import annotations

import asyncio

import pytest

from ergos.app.access.roles import person
from ergos.app.home import Home, kernel_on, programs_of, reading
from ergos.base.errors import RefusedError, UnknownPathError
from ergos.base.ids import Pid
from ergos.kernel.permission.grants import Grant, grant_id
from ergos.runtime.seen import note_seen
from tests.app.trace_house import home_in, ran, seat_on

MORE = Grant(agent="forecaster", verb="act", name="files.read", times=3)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A forecast was made; one grant was confirmed, one revoked."""
    home = home_in(tmp_path_factory.mktemp("own") / "house")

    async def play() -> None:
        await ran(home, "forecaster")
        programs = programs_of(home)
        definition = programs.load(home.folder.parent / "forecaster.py")
        async with kernel_on(home, programs) as kernel:
            await kernel.desk.grant("ann", MORE, "ann")
            await kernel.desk.revoke("ann", grant_id(definition.grants[1]), "ann")

    asyncio.run(play())
    return home


def test_grants_say_where_they_come_from_and_whether_they_hold(told: Home):
    async def look() -> None:
        async with reading(told) as reads:
            seat = seat_on(told, reads)
            definition = await seat.definition((await seat.process(Pid(1))).process)
            found = await seat.own.given("forecaster", definition, seat.now_ns)
            assert [(one.force, one.brought, one.left) for one in found] == [
                ("in force", True, None),
                ("revoked", True, None),
                ("in force", False, 3),
            ]
            other = seat_on(told, reads, person("eve", "owner", "eve", keeper_of="ann"))
            assert await other.own.given("forecaster", None, seat.now_ns) == ()

    asyncio.run(look())


def test_meters_are_those_of_one_owner(told: Home):
    async def look() -> None:
        async with reading(told) as reads:
            seat = seat_on(told, reads)
            meters = await seat.own.meters("forecaster", seat.now_ns)
            assert sorted(meters) == ["agent", "day", "month", "owner", "week"]
            assert meters["day"].spent.microusd > 0
            other = seat_on(told, reads, person("eve", "owner", "eve", keeper_of="ann"))
            assert await other.own.meters("forecaster", seat.now_ns) == {}

    asyncio.run(look())


def test_a_version_that_no_process_of_an_owner_ran_on_does_not_exist(told: Home):
    async def look() -> None:
        async with reading(told) as reads:
            seat = seat_on(told, reads)
            digest = (await seat.process(Pid(1))).process.definition
            assert (await seat.own.version("forecaster", digest)).agent == "forecaster"
            other = seat_on(told, reads, person("eve", "owner", "eve", keeper_of="ann"))
            for one, name in ((seat, "asker"), (other, "forecaster")):
                with pytest.raises(UnknownPathError):
                    await one.own.version(name, digest)

    asyncio.run(look())


def test_an_agent_reads_none_of_it(told: Home):
    async def look() -> None:
        async with reading(told) as reads:
            agent = seat_on(told, reads, person("x", "agent", "ann", keeper_of="ann"))
            with pytest.raises(RefusedError):
                _ = agent.own

    asyncio.run(look())


def test_items_and_the_place_one_has_seen_are_those_of_one_owner(told: Home):
    async def play() -> None:
        async with kernel_on(told, programs_of(told)) as kernel:
            await note_seen(kernel.machine, "ann", 3)

    asyncio.run(play())

    async def look() -> None:
        async with reading(told) as reads:
            seat = seat_on(told, reads)
            assert await seat.own.items() == await reads.items("ann", 1_000)
            seq, at_ns = await seat.own.seen()
            assert seq == 3
            assert at_ns > 0
            other = seat_on(told, reads, person("eve", "owner", "eve", keeper_of="ann"))
            assert await other.own.items() == ()
            assert await other.own.seen() == (0, 0)

    asyncio.run(look())
