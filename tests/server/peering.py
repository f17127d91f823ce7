"""Tasks of peers on a kernel in virtual time: what the server joins together, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ergos.base.ids import Pid
from ergos.buses.a2a.ports import AgentFacts, Caller, Said
from ergos.buses.mcp.server.task_ids import TaskIds
from ergos.kernel.bounds import Bounds
from ergos.kernel.packages import Definition
from ergos.kernel.peers import PeerSettings
from ergos.lib.agent import Context
from ergos.runtime.kernel import Kernel
from ergos.runtime.narrowing import within
from ergos.server.a2a_board import Board, Shared
from ergos.server.a2a_following import Follower, Live
from ergos.server.a2a_index import TaskIndex
from ergos.server.a2a_peers import Purses
from ergos.server.a2a_story import Numbered
from tests.runtime.kernels import Rig, an_agent, play

ACME, GLOBEX = Caller("acme"), Caller("globex")
FACTS = AgentFacts(name="clerk", description="d", version="1", skills=())


async def clerk(ctx: Context) -> object:
    """Says what it was told; goes on until it is told to stop."""
    told: Any = ctx.memory
    while told["value"]["text"] != "stop":
        await ctx.send(0, {"heard": told["value"]["text"]})
        message = await ctx.receive()
        assert message is not None
        told = message.body
    return "stopped"


class Known:
    def __init__(self, **more: PeerSettings) -> None:
        self.peers = {"acme": PeerSettings(name="acme"), "globex": PeerSettings(name="globex"), **more}

    def settings(self, caller: Caller) -> PeerSettings | None:
        return self.peers.get(caller.name)


class Shown:
    """A `Publication` of what is on a test's shelf."""

    name = "clerk"

    def __init__(self, definition: Definition) -> None:
        self._definition = definition

    def facts(self) -> AgentFacts:
        return FACTS

    def definition(self, bounds: Bounds) -> Definition:
        return within(self._definition, bounds)


class Office:
    """A board, what it shares, and what became known."""

    def __init__(
        self, kernel: Kernel, definition: Definition, path: Path, known: Known, *, repeats: bool = True
    ) -> None:
        self.kernel = kernel
        self.happened: list[tuple[Pid, Numbered]] = []
        self.index = TaskIndex(path)
        purses = Purses(kernel.machine, self.index)
        self.follower = Follower(kernel, self._happened)
        self.board = Board(
            Shown(definition),  # type: ignore[arg-type]
            Shared(
                kernel=kernel,
                owner="alice",
                peers=known,
                purses=purses,
                index=self.index,
                follower=self.follower,
                ids=TaskIds(b"s" * 32),
                turns=asyncio.Lock(),
                note=self._note,
                repeats=repeats,
            ),
        )

    def _note(self, pid: Pid) -> None:
        live = self.follower.live(pid)
        if live is not None and live.begun is not None:
            self.index.put(live.begun.row)
            live.begun = None

    def _happened(self, live: Live, fresh: list[Numbered]) -> None:
        self._note(live.story.pid)
        self.happened += [(live.story.pid, one) for one in fresh]
        status = live.story.status
        self.index.change(live.story.pid, status.state, status.at_ns, fresh[-1].seq, hidden=False)


def office(
    tmp_path: Path,
    scenario: Callable[[Rig, Office], Awaitable[None]],
    known: Known | None = None,
    made: Callable[[Rig], Definition] | None = None,
    **more: Any,
) -> None:
    """Play a scenario with a clerk, or another agent, that peers may use."""

    async def played(rig: Rig) -> None:
        kernel = await rig.boot()
        opened = Office(
            kernel,
            made(rig) if made is not None else rig.put(an_agent(clerk)),
            tmp_path / "a2a.db",
            known or Known(),
            **more,
        )
        opened.follower.start()
        await scenario(rig, opened)
        await opened.follower.close()
        opened.index.close()

    play(played)


def said(text: str, message_id: str = "", task_id: str = "", context_id: str = "") -> Said:
    return Said(
        id=message_id or f"m-{text}", role="user", parts=({"text": text},), task_id=task_id, context_id=context_id
    )
