"""Homes that are backed up: an agent that shoots once for each message, and what it hit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from ergos.app.backup import Made, make_backup
from ergos.app.backup_restore import Restored, restore
from ergos.app.client import order
from ergos.app.home import Home, home_at, kernel_on, programs_of
from ergos.base.ids import Pid
from ergos.drivers.host import HostClock, HostEntropy
from ergos.runtime.control import Spawn
from ergos.runtime.kernel import Kernel
from ergos.runtime.settings import Settings

PASSPHRASE = "correct horse battery"
SHOOTER = """
import asyncio
from pathlib import Path

from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool

TARGET = Path(__file__).with_name("hits")


@tool(effect="irreversible", trusted=True, reach="own")
async def fire(at: str) -> str:
    with TARGET.open("a") as file:
        file.write(at + "\\n")
    while at == "slow" and not TARGET.with_name("go").exists():
        await asyncio.sleep(0.01)
    return "hit " + at


@agent(grants=[may("act", "fire")])
async def shooter(ctx: Context):
    at = str((await ctx.receive()).body)
    await ctx.act("fire", at=at)
    return ctx.idle(None)
"""


class Rig:
    """One home with one shooter, process 1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home: Home = home_at(folder / "home", {"HOME": str(folder), "ERGOS_OWNER": "me"})
        self.file = folder / "kept.backup"

    def other(self) -> Home:
        """Another home, which is not there yet."""
        return Home(Settings(home=self.folder / "other", owner="me"))

    @property
    def hits(self) -> list[str]:
        """What was shot at, in order."""
        found = self.folder / "hits"
        return found.read_text().split() if found.exists() else []

    async def begin(self, source: str = SHOOTER) -> None:
        """Start it; it waits for its first message."""
        path = self.folder / "shooter.py"
        await asyncio.to_thread(path.write_text, source)
        await order(self.home, Spawn(path=str(path), owner="me"))

    async def run(self, play: Callable[[Kernel], Awaitable[None]]) -> None:
        """A kernel that drives, for as long as this takes."""
        async with kernel_on(self.home, programs_of(self.home)) as kernel:
            await play(kernel)

    async def shoot(self, kernel: Kernel, at: str, hits: int) -> None:
        """Send a message and wait until so many shots were fired in all."""
        await kernel.desk.send(Pid(1), at)
        await self.until(lambda: len(self.hits) >= hits)
        await asyncio.sleep(0.05)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something, five seconds at most."""
        async with asyncio.timeout(5):
            while not holds():  # noqa: ASYNC110 - what is waited for is outside
                await asyncio.sleep(0.01)

    async def keep(self, **how: object) -> Made:
        """Take a backup beside whatever runs."""
        made = make_backup(self.home, self.file, HostClock(), HostEntropy(), **how)  # type: ignore[arg-type]
        return await asyncio.to_thread(asyncio.run, made)

    async def bring_back(self, home: Home | None = None, **how: object) -> Restored:
        """Restore it."""
        return await restore(self.file, home or self.home, HostClock(), HostEntropy(), **how)  # type: ignore[arg-type]
