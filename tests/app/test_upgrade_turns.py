"""An open turn is driven again from the journal as recovery would, and nothing is performed or written."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.home import kernel_on, programs_of, reading
from ergos.app.upgrade_turns import Turns
from ergos.base.ids import Pid
from tests.app.backup_rig import SHOOTER, Rig

THEN_WAITS = SHOOTER.replace("return ctx.idle(None)", "await ctx.receive()")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


async def divergence(rig: Rig) -> str:
    async with reading(rig.home) as reads:
        turns = Turns(reads, programs_of(rig.home))
        await turns.prepare()
        before = (await reads.head()).seq
        found = await turns.divergence((await reads.load((Pid(1),)))[0].process)
        assert (await reads.head()).seq == before
        return found


async def shot(rig: Rig) -> None:
    await rig.begin(THEN_WAITS)
    async with kernel_on(rig.home, programs_of(rig.home)) as kernel:
        await rig.shoot(kernel, "one", 1)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "", ""),
        ('"fire", at=at', '"fire", at=at + "!"', "diverges"),
        ('await ctx.act("fire", at=at)', "pass", "diverges"),
        ("await ctx.receive()\n", "return 1\n", ""),
        ("await ctx.receive()\n", "1 / 0\n", ""),
        ("async def shooter", "def shooter", "shooter"),
    ],
)
def test_a_turn_that_would_go_another_way_is_found(rig: Rig, before: str, after: str, said: str):
    async def play() -> None:
        await shot(rig)
        path = rig.folder / "shooter.py"
        path.write_text(path.read_text().replace(before, after))
        found = await divergence(rig)
        assert said in found
        assert bool(said) == bool(found)
        assert rig.hits == ["one"]

    asyncio.run(play())
