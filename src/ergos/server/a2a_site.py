"""A2A of a running kernel, put together: the agents its owner publishes, reached by the peers they named.

    a2a = await open_a2a(kernel, home, base=lambda: url)      # None, if nothing is published
    Starlette(routes=[*a2a.routes, …])                        # /a2a/…, /.well-known/agent-card.json
    await a2a.close()

Rules: composes; decides nothing. Without a published agent nothing is imported, opened or followed. Whoever mounts the
routes has checked Host; the callers are authenticated here, by their peers' tokens and nothing else: a token of a
person or a process is none here.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from ergos.app.equipment import Equipment
from ergos.app.home import Home, load_with
from ergos.app.peers_called import delegations_of
from ergos.base.errors import DefinitionError, SettingsError
from ergos.base.ids import Pid
from ergos.buses.a2a.ports import Gatekeeper
from ergos.buses.a2a.server.crowd import Crowd
from ergos.buses.a2a.server.door import CARD, PREFIX, Application, Door
from ergos.buses.mcp.server.task_ids import TaskIds
from ergos.kernel.bounds import MARK
from ergos.kernel.egress import EgressRecord, Secrets
from ergos.lib.folder import FolderPrograms
from ergos.runtime.kernel import Kernel
from ergos.server.a2a_board import Board, Known, Shared, repeat_of, task_id_of
from ergos.server.a2a_delegations import delegation_pass
from ergos.server.a2a_following import Follower, Live
from ergos.server.a2a_index import FILE, TaskIndex, TaskRow
from ergos.server.a2a_outbox import Outbox
from ergos.server.a2a_peers import Pass, Peers, Purses
from ergos.server.a2a_publishing import Publication
from ergos.server.a2a_push import GuardedOutside, Outside, Place, Pushes, Teller, place_of
from ergos.server.a2a_story import Numbered
from ergos.server.tally import Tally

if TYPE_CHECKING:
    from starlette.routing import Route

_SECRET: Final = b"ergos a2a 1"
"""What is signed to make the secret of task ids and of the card's key: it follows from the home's key alone."""


class A2a:
    """A2A of one kernel."""

    def __init__(
        self,
        kernel: Kernel,
        home: Home,
        base: Callable[[], str],
        publications: list[Publication],
        gatekeeper: Gatekeeper,
        *,
        outside: Outside,
        places: tuple[Place, ...] = (),
        repeats: bool = True,
    ) -> None:
        """`outside`: sends notifications, to public hosts and to `places`; `repeats`: as in `Shared`."""
        machine = kernel.machine
        assert machine.parts.signer is not None, "a home has a key"
        secret = hashlib.sha256(machine.parts.signer.sign(_SECRET).encode()).digest()
        self._kernel: Final = kernel
        self._index: Final = TaskIndex(home.folder / FILE)
        self._outbox: Final = Outbox(self._index)
        self._ids: Final = TaskIds(hashlib.sha256(secret + b"\0ids").digest())
        purses = Purses(machine, self._index)
        self._follower: Final = Follower(kernel, self._happened)
        self._teller: Final = Teller(machine, self._outbox, outside)
        shared = Shared(
            kernel=kernel,
            owner=home.settings.owner,
            peers=cast("Known", gatekeeper),
            purses=purses,
            index=self._index,
            follower=self._follower,
            ids=self._ids,
            turns=asyncio.Lock(),
            note=self._note,
            repeats=repeats,
            received=machine.parts.servers.received.keep if isinstance(machine.parts.servers, Equipment) else None,
        )
        self._boards: Final = {one.name: Board(one, shared) for one in publications}
        for board in self._boards.values():
            board.pushes = Pushes(board, self._outbox, places)
        self._tally: Final = Tally(machine, home.settings.owner, "a2a")
        self.door: Final = Door(
            self._applications(secret, base), gatekeeper, self._alone(), turned=self._tally.turned_away
        )
        """The ASGI application."""

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of the agents that are published."""
        return tuple(self._boards)

    @property
    def routes(self) -> list[Route]:
        """Where the door is mounted, with its paths as they are."""
        from starlette.routing import Route

        routes = [Route(f"{PREFIX}{{rest:path}}", self.door)]
        return [*routes, Route(CARD, self.door)] if self._alone() else routes

    async def start(self) -> None:
        """Find what a crash left out, and follow what has not ended. Raises: StoreError."""
        await self._follower.mark()
        await self._catch_up()
        for row in self._index.open_tasks():
            task_id = task_id_of(self._ids, row.pid, row.peer, row.agent)
            story = await self._follower.reading.story(task_id, row.pid)
            if story is not None:
                self._follower.add(story, told=row.told)
        self._follower.start()
        await self._follower.look()
        self._teller.start()
        self._tally.start(self._kernel.reactor.task)

    async def close(self) -> None:
        """Let nobody in any more; tasks go on."""
        await self._tally.close()
        await self._follower.close()
        await self._teller.close()
        self._index.close()

    def _alone(self) -> str:
        return next(iter(self._boards)) if len(self._boards) == 1 else ""

    def _applications(self, secret: bytes, base: Callable[[], str]) -> dict[str, Application]:
        from ergos.buses.a2a.cards import DerivedKey
        from ergos.buses.a2a.server.places import Published, application

        key, crowd = DerivedKey(secret), Crowd()
        made: dict[str, Application] = {}
        for name, board in self._boards.items():
            assert board.pushes is not None
            made[name] = application(Published(name, board, board.pushes), key, base, crowd)
        return made

    # What happens to tasks

    def _happened(self, live: Live, fresh: list[Numbered]) -> None:
        """Note it, and tell it wherever its peer wants to be told."""
        from ergos.buses.a2a.wire import stream_response

        story = live.story
        self._note(story.pid)
        self._teller.due(story.pid, [stream_response(one.event) for one in fresh])
        self._index.change(
            story.pid, story.status.state, story.status.at_ns, fresh[-1].seq, hidden=story.reply is not None
        )

    def _note(self, pid: Pid) -> None:
        """Note a task that has begun, if it is not noted yet."""
        live = self._follower.live(pid)
        if live is not None and live.begun is not None:
            self._index.put(live.begun.row)
            if live.begun.push is not None:
                self._outbox.put_push(pid, live.begun.push)
            live.begun = None

    async def _catch_up(self) -> None:
        """Note tasks that were begun and not noted: their processes say whose they are."""
        store = self._kernel.machine.store
        await store.flush()
        after = Pid(self._index.mark("pid"))
        while found := await store.processes(live_only=False, after=after):
            for process in found:
                agent, _, _ = process.agent.partition(MARK)
                begun = await self._follower.reading.begun(process) if agent in self._boards else None
                if begun is not None and self._index.noted(process.pid) is None:
                    peer, said, at_ns = begun
                    self._index.put(
                        TaskRow(
                            pid=process.pid,
                            peer=peer,
                            agent=agent,
                            context=said.context_id,
                            repeat=repeat_of(said),
                            made_ns=at_ns,
                            changed_ns=at_ns,
                            state="submitted",
                        )
                    )
            after = found[-1].pid
        self._index.put_mark("pid", after)


async def open_a2a(
    kernel: Kernel,
    home: Home,
    *,
    base: Callable[[], str],
    secrets: Secrets | None = None,
    passes: tuple[Pass, ...] = (),
    record: Callable[[EgressRecord, Pid], None] | None = None,
) -> A2a | None:
    """A2A of this kernel, started; None if nothing is published.

    `base`: the address under which this server is reached, without a slash at its end; `secrets`: the vault, where the
    tokens of peers are; `passes`: what else lets somebody in, besides tokens of delegations; `record`: journals what
    leaves.
    Raises: SettingsError, DefinitionError, StoreError.
    """
    settings = home.settings.a2a
    if not settings.publish:
        return None
    publications = published(kernel, home, tuple(Path(one) for one in settings.publish))
    places = tuple(found for peer in settings.peers.values() if (found := place_of(peer)) is not None)
    vault = secrets or NoSecrets()
    outside = GuardedOutside(kernel.machine, vault, record or kernel.desk.reached, places)
    parts = kernel.machine.parts
    assert parts.signer is not None, "a home has a key"
    own = delegation_pass(delegations_of(home.settings, parts.signer, parts.clock))
    gatekeeper = Peers(settings, secrets, (*passes, own))
    a2a = A2a(kernel, home, base, publications, gatekeeper, outside=outside, places=places)
    await a2a.start()
    return a2a


def published(kernel: Kernel, home: Home, folders: tuple[Path, ...], *, open_: bool = False) -> list[Publication]:
    """The agents in these folders. Raises: SettingsError for two of one name; DefinitionError."""
    programs = kernel.machine.parts.programs
    if not isinstance(programs, FolderPrograms):
        raise DefinitionError("this kernel finds no agents in folders", remedy="publish from a kernel of a home")
    load, owner = load_with(programs), home.settings.owner
    found: dict[str, Publication] = {}
    for folder in folders:
        one = Publication(folder, load, kernel, owner, open_=open_)
        if one.name in found:
            raise SettingsError(f"two published agents are called {one.name}", remedy="publish one of them")
        found[one.name] = one
    return list(found.values())


class NoSecrets:
    """A vault without a secret."""

    def get(self, name: str) -> str:
        """None. Raises: UsageError."""
        from ergos.base.errors import UsageError

        raise UsageError(f"there is no secret {name}")
