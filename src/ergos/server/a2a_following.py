"""Follows the tasks of peers that have not ended: folds what is journaled into their stories and tells who listens.

One loop for all of them: it is told when something was written, reads the records behind the last it knows, and looks
which of its processes wait for a message. With nothing under way it sleeps.

Rules: what is told is durable; a story is folded in one place, so every stream of a task tells the same in the same
order; nobody who listens can hold up the others: who falls too far behind is let go.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import msgspec

from ergos.base.errors import CorruptStoreError, StoreError, ValueShapeError
from ergos.base.ids import Pid
from ergos.buses.a2a.ports import SETTLED, ArtifactCame, PushConfig, Said, StatusMoved, TaskRefused, TaskView
from ergos.kernel.process import Process, State
from ergos.runtime.kernel import Kernel
from ergos.server.a2a_index import TaskRow
from ergos.server.a2a_reading import Reading
from ergos.server.a2a_story import Numbered, Story

BEAT_S: Final = 0.005  # seconds that changes are gathered for: about what a disk takes to make one durable
LOOK_S: Final = 0.25  # seconds between two looks while a process computes: it may come to wait without a record
AGAIN_S: Final = 0.02  # seconds until a wait that was just seen is looked at again
AFTER_S: Final = 1.0  # seconds until the next look after one that failed
KEPT_MAX: Final = 512  # stories of ended tasks kept for who asks again


class Begun(msgspec.Struct, frozen=True):
    """What is noted of a task once its process is durable."""

    row: TaskRow
    push: PushConfig | None


class Live:
    """A task that has not ended, or that somebody listens to."""

    def __init__(self, story: Story, told: int = 0, begun: Begun | None = None) -> None:
        """`told`: place of the last record whose events were handed on before; `begun`: what is still to be noted."""
        self.story: Final = story
        self.begun = begun
        self.handed = story.began + sum(one.seq <= told for one in story.events)
        """How many of its events were handed on."""
        self.listeners: Final[set[Listening]] = set()


class Listening:
    """`Following` of one who listens."""

    def __init__(self, live: Live, first: TaskView, at: int) -> None:
        self._live: Final = live
        self._first: Final = first
        self._at = at
        self._stirred: Final = asyncio.Event()
        self._shut = False
        live.listeners.add(self)

    @property
    def first(self) -> TaskView:
        """How the task stood."""
        return self._first

    @property
    def now(self) -> TaskView:
        """How it stands."""
        return self._live.story.view()

    def stir(self, *, shut: bool = False) -> None:
        """Something happened, or nothing will any more."""
        self._shut = self._shut or shut
        self._stirred.set()

    async def events(self) -> AsyncIterator[StatusMoved | ArtifactCame]:
        """What happened after that; ends with the task."""
        story = self._live.story
        while True:
            while self._at < story.count:
                if self._at < story.began:
                    raise TaskRefused("broken", "this stream fell too far behind; subscribe again")
                numbered = story.events[self._at - story.began]
                self._at += 1
                yield numbered.event
            if story.ended:
                return
            await self._next()

    async def settled(self, gone: Callable[[], Awaitable[object]] | None) -> TaskView | Said:
        """The task once it has settled; sooner if who asked has gone."""
        story = self._live.story
        leaving = asyncio.ensure_future(gone()) if gone is not None else None
        try:
            while story.status.state not in SETTLED:
                waiting = asyncio.ensure_future(self._next())
                both = {waiting} if leaving is None else {waiting, leaving}
                try:
                    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    waiting.cancel()
                if leaving is not None and leaving.done():
                    break
                if waiting.done() and not waiting.cancelled():
                    waiting.result()
        finally:
            if leaving is not None:
                leaving.cancel()
        return story.reply or story.view()

    def close(self) -> None:
        """Listen no more."""
        self._live.listeners.discard(self)

    async def _next(self) -> None:
        if self._shut:
            raise TaskRefused("broken", "this server is stopping; the task goes on when it is back")
        await self._stirred.wait()
        self._stirred.clear()


class Follower:
    """The loop."""

    def __init__(self, kernel: Kernel, happened: Callable[[Live, list[Numbered]], None]) -> None:
        """`happened`: told of the events that became known of a task."""
        self._kernel: Final = kernel
        self._machine: Final = kernel.machine
        self._happened: Final = happened
        self.reading: Final = Reading(kernel.machine)
        self._lives: Final[dict[Pid, Live]] = {}
        self._ended: Final[OrderedDict[Pid, Story]] = OrderedDict()
        self._seq = 0
        self._looking: Final = asyncio.Lock()
        self._stirred: Final = asyncio.Event()
        self._deaf: Callable[[], None] | None = None
        self._running: asyncio.Task[None] | None = None

    async def mark(self) -> None:
        """What is read from here on is followed: mark the place, then read what there is, then start.

        Raises: StoreError.
        """
        await self._machine.store.flush()
        self._seq = (await self._machine.store.head()).seq

    def start(self) -> None:
        """Follow from the marked place; without one, from the beginning of the journal."""
        self._deaf = self._kernel.listen(self._stirred.set)
        self._running = self._kernel.reactor.task(self._follow())

    async def close(self) -> None:
        """Follow no more; who listens is let go."""
        if self._deaf is not None:
            self._deaf()
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
        for live in tuple(self._lives.values()):
            self._drop(live)

    # Tasks

    def add(self, story: Story, told: int = 0, begun: Begun | None = None) -> Live:
        """Follow this task, too."""
        live = self._lives[story.pid] = Live(story, told, begun)
        self._stirred.set()
        return live

    def forget(self, pid: Pid) -> None:
        """It never was."""
        self._lives.pop(pid, None)

    def live(self, pid: Pid) -> Live | None:
        """A task that is followed."""
        return self._lives.get(pid)

    async def story(self, task_id: str, pid: Pid) -> Story | None:
        """A task's story, as far as it is durable; None for a process that is no peer's task."""
        live = self._lives.get(pid)
        if live is not None:
            return live.story
        found = self._ended.get(pid)
        if found is None:
            found = await self.reading.story(task_id, pid)
            if found is not None and found.ended:
                self._keep(found)
        return found

    def listen(self, live: Live) -> Listening:
        """Listen from how it stands now."""
        return Listening(live, live.story.view(), live.story.count)

    def ended(self, story: Story) -> Listening:
        """Listen to what has ended: there is nothing to hear."""
        return self.listen(Live(story))

    def stir(self) -> None:
        """Something happened that no record tells of."""
        self._stirred.set()

    async def look(self) -> None:
        """Fold in what is durable by now. Raises: StoreError."""
        async with self._looking:
            await self._look()

    # The loop

    async def _follow(self) -> None:
        while True:
            try:
                await self.look()
            except StoreError:
                if self._machine.failed:
                    return  # the kernel stops: its own fault says why
                await asyncio.sleep(AFTER_S)  # the index is busy, say; nothing was taken note of, so nothing is lost
                self._stirred.set()
            try:
                async with asyncio.timeout(self._pause_s()):
                    await self._stirred.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(BEAT_S)

    async def _look(self) -> None:
        self._stirred.clear()
        resting = self._resting()
        await self._fold()
        still = self._resting()
        absent = await self._absent()
        for pid, live in list(self._lives.items()):
            if pid in absent or (pid in resting and still.get(pid) == resting[pid]):
                live.story.rests()
            self._tell(live)

    async def _fold(self) -> None:
        """Take in the records behind the last that is known."""
        store = self._machine.store
        await store.flush()
        head = (await store.head()).seq
        if not self._lives:  # now, not before: a task is added before anything of it is written
            self._seq = head
            return
        async for record in store.records(after=self._seq):
            self._seq = record.seq
            live = self._lives.get(record.pid)
            if live is None:
                continue
            try:
                await self.reading.take(live.story, record)
            except (CorruptStoreError, ValueShapeError):  # of this one nothing more can be told; of the others it can
                self._drop(live)

    def _drop(self, live: Live) -> None:
        self._lives.pop(live.story.pid, None)
        for listener in tuple(live.listeners):
            listener.stir(shut=True)

    def _tell(self, live: Live) -> None:
        story = live.story
        fresh = story.events[max(live.handed - story.began, 0) :]
        if fresh:
            self._happened(live, fresh)
            live.handed = story.count
        for listener in tuple(live.listeners):
            listener.stir()
        if story.ended:
            del self._lives[story.pid]
            self._keep(story)

    def _keep(self, story: Story) -> None:
        self._ended[story.pid] = story
        self._ended.move_to_end(story.pid)
        while len(self._ended) > KEPT_MAX:
            self._ended.popitem(last=False)

    def _resting(self) -> dict[Pid, int]:
        """Processes that wait for a message within their turn, and the number of their last change."""
        found: dict[Pid, int] = {}
        for pid in self._lives:
            resident = self._machine.table.get(pid)
            if resident is not None and _waits(resident.process):
                found[pid] = resident.ticket
        return found

    async def _absent(self) -> set[Pid]:
        """Those that wait so and are not in memory."""
        table = self._machine.table
        asked = [
            pid for pid, live in self._lives.items() if pid not in table and live.story.status.state not in SETTLED
        ]
        rows = await self._machine.store.load(tuple(asked)) if asked else ()
        return {row.process.pid for row in rows if _waits(row.process) and row.process.pid not in table}

    def _pause_s(self) -> float | None:
        """Seconds until the next look, if nothing is written: a process may come to wait without a record."""
        pause_s = None
        for pid, live in self._lives.items():
            resident = self._machine.table.get(pid)
            if resident is None or live.story.status.state in SETTLED:
                continue
            if _waits(resident.process):
                return AGAIN_S  # it came to that while the last look was under way
            if resident.process.state in (State.READY, State.RUNNING):
                pause_s = LOOK_S
        return pause_s


def _waits(process: Process) -> bool:
    """Whether a process waits for a message within its turn: a wait that no record tells of."""
    return process.state is State.WAITING and process.waits == "mail" and process.turn_open
