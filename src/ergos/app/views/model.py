"""The read model of a home: what pages and programs ask about many processes and records, answered in milliseconds.

    views = Views(home.folder)                  # opens nothing yet; HOME/views.db is made at the first question
    deaf = kernel.listen(views.stirred)         # optional: folds in the background while the kernel writes
    own = views.of("alice")                     # an `OwnViews`; `keeper=True` shows the kernel's own records, too
    counts = await own.counts()
    ...
    deaf()
    await views.close()

Views are a fold of the journal (`fold`) in a file beside it (`file`), asked by SQL (`lists`, `sums`, `traces`). They
are good without a kernel, beside a kernel of another process, and several at once.

Rules: no task and no lock of the loop: folding and asking are jobs of ONE thread, so nothing here blocks the kernel. A
fold that is behind goes on by itself, a slice at a time, and questions come in between; a question that finds it nearly
up to date brings it up to date first, so that who was told that something is durable also sees it. Must not know: who
asks (seats do), what pages show. What an outcome is, and when it is verified: `runs`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal, TypeVar

from ergos.app.views.file import ViewsFile
from ergos.app.views.lists import Lists
from ergos.app.views.own import (
    AgentRow,
    By,
    CallRow,
    Counts,
    MailRow,
    OutcomeRow,
    ProcessRow,
    RecordRow,
    SpendRow,
    Standing,
    StretchRow,
    TrafficRow,
    TurnRow,
    VersionRow,
)
from ergos.app.views.sums import Sums
from ergos.app.views.traces import Traces
from ergos.base.clock import MILLISECOND, SECOND, Clock
from ergos.base.errors import CorruptStoreError, StoreError
from ergos.base.ids import Pid
from ergos.drivers.host import HostClock

T = TypeVar("T")

NEAR_RECORDS: Final = 5_000  # records within which an answer is brought up to date first
NEAR_MS: Final = 50  # milliseconds after which it answers all the same
IDLE_MAX: Final = 500  # slices in a row that find another program folding; about ten seconds
STIR_S: Final = 1.0  # seconds after something was written until it is folded, unless somebody asks before
"""A kernel that writes all the time is followed once a second: a slice costs less the more it holds."""
GIVE_WAY_MS: Final = 60  # milliseconds after a question in which nothing is folded: a page asks several in a row
WATCHED_S: Final = 10  # seconds after a question in which a fold that is behind rests but shortly
BUSY_S: Final = 2  # seconds after something was written in which the kernel counts as busy
REST_S: Final = 0.08  # seconds of rest between two slices beside a busy kernel: three times as long as a slice takes
REST_SHORT_S: Final = 0.015  # seconds of rest where somebody looks, or the kernel has nothing to do


class Views:
    """Of one home."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        """Opens nothing. `clock`: only to measure slices."""
        self._clock: Final = clock or HostClock()
        self._file: Final = ViewsFile(folder, self._clock)
        self._thread: Final = ThreadPoolExecutor(1, "ergos-views")
        self._slice: Future[None] | None = None
        self._due: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked_ns = 0
        """When somebody asked last."""
        self._stirred_ns = 0
        """When something was written last."""
        self._closed = False

    def of(self, owner: str, *, keeper: bool = False) -> Own:
        """What one owner may ask. `keeper`: of the home; sees the kernel's own records that are about nobody, too."""
        return Own(self, owner, keeper=keeper)

    @property
    def seq(self) -> int:
        """The record up to which it is folded."""
        return max(0, self._file.seq)

    # Following

    def stirred(self) -> None:
        """Something was written: it is folded soon. Called on the loop; cheap."""
        self._stirred_ns = self._clock.now_ns()
        if self._due is None and not self._closed:
            self._loop = asyncio.get_running_loop()
            self._due = self._loop.call_later(STIR_S, self._stir)

    async def caught_up(self) -> int:
        """Fold everything that is durable now; the record up to which it went. Raises: StoreError."""
        idle = 0
        while idle < IDLE_MAX:
            before = self._file.seq
            if not await self.ask(self._file.advance):
                return self.seq
            idle = idle + 1 if self._file.seq == before else 0
        raise StoreError("another program holds views.db", remedy="end it, or delete the file: it is made again")

    async def close(self) -> None:
        """Let go; what was not folded is folded the next time."""
        if self._closed:
            return
        self._closed = True
        if self._due is not None:
            self._due.cancel()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._file.close)
        self._thread.shutdown(wait=False)

    def _stir(self) -> None:
        self._due = None
        self._go_on()

    def _go_on(self) -> None:
        """Fold a slice in the thread, behind whoever asks, unless that is under way already."""
        if not self._closed and (self._slice is None or self._slice.done()):
            self._slice = self._thread.submit(self._fold)

    def _fold(self) -> None:
        """In the thread: a slice, unless somebody is being answered just now; the next one after a rest."""
        if self._closed or self._loop is None:
            return
        try:
            if 0 <= self._clock.now_ns() - self._asked_ns < GIVE_WAY_MS * MILLISECOND:
                self._file.settle()
            else:
                before = self._file.seq
                if not self._file.advance(hold=True) or self._file.seq == before:
                    self._file.settle()
                    return
        except StoreError:
            return  # who asks next is told
        if not self._closed:
            self._loop.call_soon_threadsafe(self._rest)

    def _rest(self) -> None:
        """Leave the interpreter to the kernel for a while: two threads that compute slow each other down."""
        if self._closed:
            return
        if self._due is not None:  # something was written meanwhile; this is sooner
            self._due.cancel()
        now_ns = self._clock.now_ns()
        watched = 0 <= now_ns - self._asked_ns < WATCHED_S * SECOND
        busy = 0 <= now_ns - self._stirred_ns < BUSY_S * SECOND
        rest_s = REST_S if busy and not watched else REST_SHORT_S
        self._due = asyncio.get_running_loop().call_later(rest_s, self._stir)

    # Asking

    async def ask(self, question: Callable[[], T]) -> T:
        """Put a question to the thread. Raises: StoreError."""
        if self._closed:
            raise StoreError("the views of this home were closed", remedy="ask again")
        self._asked_ns = self._clock.now_ns()
        self._loop = asyncio.get_running_loop()
        return await self._loop.run_in_executor(self._thread, question)

    async def answer(self, owner: str, question: Callable[[ViewsFile, Lists], T], *, keeper: bool) -> T:
        """Answer a question of an owner's, as far up to date as that is near. Raises: StoreError."""
        return await self.ask(lambda: self._answered(owner, question, keeper=keeper))

    def _answered(self, owner: str, question: Callable[[ViewsFile, Lists], T], *, keeper: bool) -> T:
        """In the thread."""
        file = self._file
        self._near()
        try:
            return question(file, Lists(file, owner, keeper=keeper))
        except CorruptStoreError:
            file.discard()
            self._near()
            return question(file, Lists(file, owner, keeper=keeper))

    def _near(self) -> None:
        """In the thread: bring it up to date, where it is nearly so; else see to it that it will be."""
        file = self._file
        behind = file.head() - file.seq
        if behind == 0:
            return
        until_ns = self._clock.now_ns() + NEAR_MS * MILLISECOND
        more = True
        if behind <= NEAR_RECORDS or file.seq <= 0:
            more = file.advance()
            while more and behind <= NEAR_RECORDS and self._clock.now_ns() < until_ns:
                more = file.advance()
        if more:
            self._go_on()


class Own:
    """The `OwnViews` of one owner."""

    def __init__(self, views: Views, owner: str, *, keeper: bool) -> None:
        self._views: Final = views
        self._owner: Final = owner
        self._keeper: Final = keeper

    async def counts(self) -> Counts:
        """Processes by state."""
        return await self._ask(lambda _, lists: lists.counts())

    async def processes(
        self,
        standing: Standing = "live",
        *,
        agent: str = "",
        text: str = "",
        before: Pid | None = None,
        limit: int = 50,
    ) -> tuple[ProcessRow, ...]:
        """Processes, the newest first."""
        return await self._ask(lambda _, lists: lists.processes(standing, agent, text, before, limit))

    async def one(self, pid: Pid) -> ProcessRow | None:
        """One process."""
        return await self._ask(lambda _, lists: lists.one(pid))

    async def agents(self) -> tuple[AgentRow, ...]:
        """Agents by when they moved last."""
        return await self._ask(lambda _, lists: lists.agents())

    async def versions(self, agent: str) -> tuple[VersionRow, ...]:
        """Versions of an agent."""
        return await self._ask(lambda _, lists: lists.versions(agent))

    async def spend(self, by: By, *, since_day: int = 0, agent: str = "") -> tuple[SpendRow, ...]:
        """Spending since a day."""
        return await self._ask(lambda file, lists: Sums(file, lists.number).spend(by, since_day, agent))

    async def outcomes(self, by: Literal["day", "agent"], *, since_day: int = 0) -> tuple[OutcomeRow, ...]:
        """What came of it since a day."""
        return await self._ask(lambda file, lists: Sums(file, lists.number).outcomes(by, since_day))

    async def records(
        self,
        *,
        kinds: tuple[str, ...] = (),
        pid: Pid | None = None,
        agent: str = "",
        before: int | None = None,
        limit: int = 50,
    ) -> tuple[RecordRow, ...]:
        """Records, the newest first."""
        return await self._ask(lambda _, lists: lists.records(kinds, pid, agent, before, limit))

    async def faults(self, *, since_ns: int = 0, limit: int = 20) -> tuple[RecordRow, ...]:
        """Failures, refusals and doubts, the newest first."""
        return await self._ask(lambda _, lists: lists.faults(since_ns, limit))

    async def traffic(self, *, since_ns: int = 0) -> tuple[TrafficRow, ...]:
        """Who works with whom."""
        return await self._ask(lambda file, lists: Sums(file, lists.number).traffic(since_ns))

    async def turns(
        self, pid: Pid, *, before: int | None = None, after: int | None = None, limit: int = 50
    ) -> tuple[TurnRow, ...]:
        """Turns of a process."""
        return await self._ask(lambda file, lists: Traces(file, lists.number).turns(pid, before, after, limit))

    async def stretches(
        self, pid: Pid, *, first: int = 0, last: int | None = None, parts: int = 50
    ) -> tuple[StretchRow, ...]:
        """Turns summed up in a few parts."""
        return await self._ask(lambda file, lists: Traces(file, lists.number).stretches(pid, first, last, parts))

    async def calls(
        self,
        pid: Pid,
        *,
        turn: int | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> tuple[CallRow, ...]:
        """Calls of a process, or of one turn."""
        return await self._ask(lambda file, lists: Traces(file, lists.number).calls(pid, turn, after, before, limit))

    async def mail(self, pid: Pid, *, before: int | None = None, limit: int = 50) -> tuple[MailRow, ...]:
        """What a process sent and took."""
        return await self._ask(lambda file, lists: Traces(file, lists.number).mail(pid, before, limit))

    async def _ask(self, question: Callable[[ViewsFile, Lists], T]) -> T:
        return await self._views.answer(self._owner, question, keeper=self._keeper)
