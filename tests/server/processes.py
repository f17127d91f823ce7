"""Processes of a running kernel behind its gate, as their clients reach them at /mcp."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from ergos.base.clock import Monotone
from ergos.base.ids import Pid
from ergos.drivers.host import FileSigner, HostClock, HostEntropy
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.packages import Tool
from ergos.kernel.permission.grants import Grant
from ergos.lib.folder import FolderPrograms
from ergos.lib.tool import tool
from ergos.runtime.foreign import foreign_definition
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.server.doorway import open_gate
from tests.server.talk import Talk


class Bench:
    """`Mounts`: tools for everybody, that remember what was done."""

    def __init__(self) -> None:
        self.done: list[str] = []

        @tool("pure", name="sum.add", reach="read")
        def add(a: int, b: int) -> int:
            """Adds."""
            return a + b

        @tool("irreversible", name="mail.send", reach="others", roles={"to": "recipient", "text": "text"})
        def send(to: str, text: str) -> str:
            """Sends a letter."""
            self.done.append(f"{to}: {text}")
            return f"sent to {to}"

        self._tools: dict[str, Tool] = {one.spec.name: one for one in (add, send)}

    def tool(self, name: str) -> Tool | None:
        return self._tools.get(name)

    def why_not(self, name: str) -> str:
        return ""

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._tools))


class Standing(msgspec.Struct):
    """A kernel behind its gate."""

    kernel: Kernel
    url: str
    bench: Bench
    talks: list[Talk] = []

    async def process(self, name: str, *tools: str, asks: tuple[str, ...] = (), **more: bool) -> tuple[Pid, Talk]:
        made = foreign_definition(name, resumable=True, command=("prog",), tools=tools)
        grants = tuple(Grant(agent=name, verb="act", name=one, ask=True) for one in asks)
        made = msgspec.structs.replace(made, grants=(*made.grants, *grants))
        pid = await self.kernel.desk.host(made, "alice")
        entered = await self.kernel.desk.enter(pid, ())
        return pid, self.talk(self.kernel.reactor.guests.tokens.token(entered.visitor), **more)

    def talk(self, token: str, **more: bool) -> Talk:
        self.talks.append(Talk(self.url, token, **more))
        return self.talks[-1]

    async def item(self) -> int:
        for _ in range(500):
            items = await self.kernel.machine.store.items(None, 10)
            if items:
                return items[0].id
            await asyncio.sleep(0.01)
        raise AssertionError("nothing waits")


def stand(folder: Path, scenario: Callable[[Standing], Awaitable[None]], bench: Bench | None = None) -> None:
    async def played() -> None:
        made = bench or Bench()
        signer = FileSigner(folder / "key")
        kernel = Kernel(
            Parts(
                store=SqliteStore(folder / "ergos.db"), clock=Monotone(HostClock()), entropy=HostEntropy(),
                programs=FolderPrograms(), door_secret=b"of the test", mounts=made, signer=signer,
            )
        )  # fmt: skip
        await kernel.start()
        gate = await open_gate(kernel, 0)
        standing = Standing(kernel, gate.url, made)
        try:
            await scenario(standing)
        finally:
            for talk in standing.talks:
                await talk.close()
            await gate.stop()
            await kernel.stop()

    asyncio.run(played())


def names(listed: dict[str, Any]) -> list[str]:
    return [one["name"] for one in listed["tools"]]


async def ended(talk: Talk, task: str) -> dict[str, Any]:
    """A task once it has ended."""
    for _ in range(500):
        now = await talk.result("tasks/get", {"taskId": task})
        if now["status"] != "working":
            return now
        await asyncio.sleep(0.02)
    raise AssertionError(now)
