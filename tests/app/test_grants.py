"""The grants of a home as they stand, as the kernel's own charter counts them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.catalogue import Catalogue
from ergos.app.grants import Held, day, held
from ergos.app.home import Home, home_at, kernel_on, load_with, reading
from ergos.base.clock import SECOND
from ergos.kernel.permission.grants import Grant, Matcher, grant_id
from ergos.lib.folder import FolderPrograms
from ergos.runtime.kernel import Kernel

AGENT = """
from ergos.kernel.permission.grants import Grant
from ergos.lib.agent import Context, agent
from ergos.lib.tool import tool


@tool(effect="pure", local=True)
def look(at: str) -> str:
    return at


@agent(grants=[Grant(agent="*", verb="act", name="look", times=2)])
async def looker(ctx: Context):
    return await ctx.act("look", at="here")
"""
GIVEN = Grant(agent="looker", verb="act", name="other", args={"to": Matcher("equals", ("bob",))}, expires_ns=5 * SECOND)


def listed(home: Home, owner: str = "me", now_ns: int = 0) -> list[Held]:
    async def look() -> list[Held]:
        async with reading(home) as reads:
            return await held(reads, Catalogue(home, reads), owner, "en", now_ns)

    return asyncio.run(look())


def ran(home: Home, path: Path, *more: str) -> None:
    """Run the agent once; then revoke these."""

    async def play() -> None:
        programs = FolderPrograms()
        async with kernel_on(home, programs) as kernel:
            await kernel.desk.end_of(await kernel.desk.spawn(load_with(programs)(path, {}), "me"))
            for one in more:
                await kernel.desk.revoke("me", one, "me")

    asyncio.run(play())


@pytest.fixture
def looker(tmp_path: Path) -> Path:
    path = tmp_path / "looker.py"
    path.write_text(AGENT)
    return path


@pytest.fixture
def here(tmp_path: Path) -> Home:
    return home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})


def test_calls_that_were_made_are_counted_and_what_is_used_up_says_so(here: Home, looker: Path) -> None:
    for left, standing in ((1, "in force"), (0, "used up")):
        ran(here, looker)
        (one,) = listed(here)
        assert (one.agent, one.left, one.standing) == ("looker", left, standing)
        assert "look" in one.sentence


def test_what_was_taken_back_is_shown_as_such_wherever_it_came_from(here: Home, looker: Path) -> None:
    ran(here, looker)
    (one,) = listed(here)
    ran(here, looker, one.id)
    (one,) = listed(here)
    assert one.standing == "revoked"


def test_confirmed_grants_follow_those_of_definitions_and_are_their_owners_alone(here: Home, looker: Path) -> None:
    async def give(kernel: Kernel) -> None:
        await kernel.desk.grant("me", GIVEN, "me")
        await kernel.desk.grant("you", GIVEN, "you")

    async def play() -> None:
        async with kernel_on(here, FolderPrograms(), drive=False) as kernel:
            await give(kernel)

    ran(here, looker)
    asyncio.run(play())
    mine, yours = listed(here), listed(here, "you")
    assert [one.agent for one in mine] == ["looker", ""]
    assert [one.id for one in yours] == [grant_id(GIVEN)]
    assert (mine[1].standing, mine[1].left) == ("in force", None)
    assert listed(here, now_ns=5 * SECOND)[1].standing == "expired"
    assert listed(here, "nobody") == []


def test_an_instant_is_a_day_or_a_day_and_a_time() -> None:
    assert day(0) == "1970-01-01"
    assert day(3_661 * SECOND) == "1970-01-01 01:01 UTC"
