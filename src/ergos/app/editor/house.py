"""The kernel behind an editor: a session is a process of one agent, whoever's kernel runs it.

The first message starts the process with it; where the agent only waits for a message then, it gets it as one. Later
messages go into its mailbox. A session whose process has ended starts another with its next message.

Rules: the kernel is asked through its control socket, the store is read beside it. Whoever started us owns this home.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

import msgspec

from ergos.app.answers import shown_choices
from ergos.app.catalogue import Catalogue
from ergos.app.client import ask
from ergos.app.editor.sessions import SessionFile
from ergos.app.editor.telling import Telling
from ergos.app.home import Home, reading
from ergos.app.tap import Said, Tap
from ergos.base.canonical import Plain
from ergos.base.clock import SECOND, Clock
from ergos.base.entropy import Entropy
from ergos.base.errors import NotRunningError, UnknownPathError, UsageError
from ergos.base.ids import Pid
from ergos.buses.acp.ports import Choice, Happening, Rest, Session, Wish, Words
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.kernel.calls import Verdict
from ergos.kernel.process import ENDED, Process, State
from ergos.kernel.rows import Item, Loaded
from ergos.runtime.control import Answer, EndOf, Fine, Send, Signal, Spawn, Standing, Status, StatusOf

LOOK_S: Final = 0.05  # seconds between two looks at a process that works: an editor's person watches
LOOK_S_MAX: Final = 0.5  # seconds between two looks at one that has not moved for a while
ITEMS_MAX: Final = 1_000  # inbox items looked at
TEAM_MAX: Final = 100  # processes of a team whose items are asked in the editor
SLEEP_S: Final = 60  # seconds from which a process that sleeps is not waited for: its next words come some other day
TITLE_CHARS: Final = 80  # characters of a session's title
CHOICES_MAX: Final = 20  # answers of a question that are offered; of more, one is typed
_ID_BITS: Final = 96

Heard: TypeAlias = "AsyncGenerator[Said | None]"


class EditorHouse:
    """`House` of one home and one agent."""

    def __init__(self, home: Home, agent: Path, clock: Clock, entropy: Entropy, tap: Tap | None = None) -> None:
        """`agent`: the folder or file of the agent, absolute. `tap`: of a kernel of our own; its models are heard word
        by word then.
        """
        self._home: Final = home
        self._agent: Final = agent
        self._clock: Final = clock
        self._entropy: Final = entropy
        self._tap: Final = tap
        self._file: Final = SessionFile(home.folder)
        self._asks: Final[dict[str, int]] = {}
        """Sessions that wait for words, and the inbox item these answer."""

    async def begin(self, cwd: str) -> Session:
        """A session in which nothing was said yet."""
        number = self._entropy.below(1 << _ID_BITS, stream="editor")
        session = Session(id=f"ergos-{number:024x}", cwd=cwd, at_ns=self._clock.now_ns())
        self._file.put(session)
        return session

    async def find(self, name: str) -> Session:
        """A session. Raises: UnknownPathError."""
        found = self._file.all().get(name)
        if found is None:
            raise UnknownPathError(f"there is no session {name[:80]!r}", remedy="begin another")
        return found

    async def sessions(self) -> tuple[Session, ...]:
        """All of them, the newest first."""
        return tuple(sorted(self._file.all().values(), key=lambda one: one.at_ns, reverse=True))

    async def past(self, session: Session) -> AsyncIterator[Happening]:
        """What was said and done so far."""
        if not session.pid:
            return
        async with reading(self._home) as reads:
            telling = Telling(Pid(session.pid), Catalogue(self._home, reads).unpacked)
            if session.title and not await _received(reads, Pid(session.pid)):
                yield Words(who="owner", text=session.title)
            async for record in reads.records(pid=Pid(session.pid)):
                for happening in await telling.of(record):
                    yield happening

    async def say(self, session: Session, text: str) -> AsyncIterator[Happening]:
        """Say something and tell what happens."""
        async with reading(self._home) as reads:
            number = self._asks.pop(session.id, 0)
            current = await self._process(reads, session)
            waiting = await reads.item(number) if number else None
            after = (await reads.head()).seq
            fresh = current is None or current.state in ENDED
            if fresh:
                session = await self._start(session, text)
            else:
                assert current is not None
                await self._go_on(current, waiting, text)
            telling = Telling(Pid(session.pid), Catalogue(self._home, reads).unpacked)
            if not fresh:
                await self._knows(reads, telling, Pid(session.pid), after)
            async for happening in self._told(reads, session, telling, after, text if fresh else ""):
                yield happening

    async def answer(self, session: Session, wish: Wish, choice: Choice) -> None:
        """Decide what was shown, and nothing else. Raises: UsageError."""
        async with reading(self._home) as reads:
            pid = Pid((await self.find(session.id)).pid)
            item = next((one for one in await self._items(reads, pid) if one.id == wish.number), None)
            now = await _wish(self._home, reads, item) if item is not None else None
        if now != wish:
            raise UsageError(f"item {wish.number} is not what was shown any more", remedy="`ergos inbox` shows it")
        verdict, value = _verdict(wish, choice)
        await ask(self._home, Answer(number=wish.number, verdict=verdict, by=self._home.settings.owner, value=value))

    async def cancel(self, session: Session) -> None:
        """Pause the process: nothing more begins before the next message resumes it."""
        async with reading(self._home) as reads:
            process = await self._process(reads, session)
        if process is None or process.state in ENDED or process.state in {State.PAUSED, State.PARKED}:
            return
        try:
            await ask(self._home, Signal(pid=process.pid, name="pause", by=self._home.settings.owner))
        except UsageError:
            return  # it ended, or waits for a decision, meanwhile

    # Beginning

    async def _process(self, reads: SqliteReads, session: Session) -> Process | None:
        found = await reads.load((Pid(session.pid),)) if session.pid else ()
        if not found or found[0].process.owner != self._home.settings.owner:
            return None
        return found[0].process

    async def _start(self, session: Session, text: str) -> Session:
        """A process that begins with these words."""
        owner = self._home.settings.owner
        made = cast("Fine", await ask(self._home, Spawn(path=str(self._agent), owner=owner, memory=text)))
        title = " ".join(text.split())[:TITLE_CHARS]
        started = msgspec.structs.replace(
            session, pid=int(made.pid), title=session.title or title, at_ns=self._clock.now_ns()
        )
        self._file.put(started)
        return started

    async def _go_on(self, process: Process, waiting: Item | None, text: str) -> None:
        owner = self._home.settings.owner
        if process.state is State.PAUSED:
            await ask(self._home, Signal(pid=process.pid, name="resume", by=owner))
        if waiting is not None and waiting.kind == "question" and waiting.pid == process.pid:
            await ask(self._home, Answer(number=waiting.id, verdict="answer", by=owner, value=text))
        else:
            await ask(self._home, Send(pid=process.pid, body=text))

    async def _knows(self, reads: SqliteReads, telling: Telling, pid: Pid, until: int) -> None:
        """Calls of the open turn that were told in an earlier prompt."""
        loaded = await reads.load((pid,))
        for record in await reads.turn(pid, loaded[0].process.turn) if loaded else ():
            if record.seq <= until:
                await telling.of(record)

    # Telling

    async def _told(
        self, reads: SqliteReads, session: Session, telling: Telling, after: int, first: str
    ) -> AsyncIterator[Happening]:
        """What happens until the agent rests. `first`: words it began with, which it may yet want as a message."""
        heard = self._heard(Pid(session.pid))
        try:
            async for happening in self._watched(reads, session, telling, after, first, heard):
                yield happening
        finally:
            await heard.aclose()

    async def _watched(
        self, reads: SqliteReads, session: Session, telling: Telling, after: int, first: str, heard: Heard
    ) -> AsyncIterator[Happening]:
        pid, asked, look_s = Pid(session.pid), set[int](), LOOK_S
        read, written = telling.read, telling.written
        telling.moved = turn = 0
        await anext(heard)  # from here on nothing is missed
        while True:
            loaded, halted = await self._settled(reads, pid)
            count = 0
            async for record in reads.records(pid=pid, after=after):
                after, turn, count = record.seq, record.turn, count + 1
                for happening in await telling.of(record):
                    if not _echo(happening):
                        yield happening
            if halted:
                yield Rest(why="stopped")
                return
            for item in await self._items(reads, pid):
                if item.id not in asked:
                    asked.add(item.id)
                    wish = await _wish(self._home, reads, item)
                    if not wish.choices:
                        self._asks[session.id] = item.id
                    yield wish
                    loaded = None  # what was answered moves it
            if loaded is not None:
                if first and not telling.moved and _wants_a_message(loaded.process):
                    await ask(self._home, Send(pid=pid, body=first))
                    first = ""
                    continue
                why = _why(loaded.process)
                yield Rest(why=why, read=telling.read - read, written=telling.written - written)
                return
            look_s = LOOK_S if count else min(look_s * 1.5, LOOK_S_MAX)
            until = asyncio.get_running_loop().time() + look_s
            while asyncio.get_running_loop().time() < until:
                said = await anext(heard)
                for words in telling.pour(turn, said.key, said.text, anew=said.anew) if said is not None else ():
                    yield words

    async def _heard(self, pid: Pid) -> AsyncGenerator[Said | None]:
        """What models say in this process as they say it; None: nothing for a moment."""
        if self._tap is not None and not self._tap.full:
            async for said in self._tap.watch(pid, LOOK_S):
                yield said
        while True:
            await asyncio.sleep(LOOK_S)
            yield None

    async def _settled(self, reads: SqliteReads, pid: Pid) -> tuple[Loaded | None, bool]:
        """The process, if nothing will happen to it by itself; and whether STOP is in force."""
        try:
            standing = cast("Standing", await ask(self._home, EndOf(pid=pid, within_s=0.0, or_halted=True)))
            status = cast("Status", await ask(self._home, StatusOf()))
        except NotRunningError:
            raise NotRunningError(
                f"the kernel stopped; nothing of process {pid} is lost", remedy="`ergos up`, then go on"
            ) from None
        halted = status.halted and not standing.ended
        if not standing.ended and standing.state in {State.READY, State.RUNNING}:
            return None, halted
        [loaded] = await reads.load((pid,))
        process = loaded.process
        if process.state in ENDED or process.state in {State.PAUSED, State.PARKED}:
            return loaded, halted
        if process.state is not State.WAITING or loaded.mail:
            return None, halted
        asleep = (process.wake_at_ns or 0) - self._clock.now_ns() > SLEEP_S * SECOND
        rests = process.waits in {"mail", "owner", "program"} or not process.turn_open
        rests = rests or (process.waits == "timer" and asleep)
        return (loaded if rests else None), halted

    async def _items(self, reads: SqliteReads, pid: Pid) -> tuple[Item, ...]:
        """What waits for the owner because of this process or its children."""
        mine, team = {pid}, [pid]
        for one in team:
            children = [child.pid for child in await reads.children(one) if child.state not in ENDED]
            team += children[: TEAM_MAX - len(team)]
            mine.update(team)
        return tuple(item for item in await reads.items(self._home.settings.owner, ITEMS_MAX) if item.pid in mine)


async def _received(reads: SqliteReads, pid: Pid) -> bool:
    """Whether the process has read a message."""
    async for record in reads.records(pid=pid):
        if b'"kind":"receive"' in record.body:
            return True
    return False


async def _wish(home: Home, reads: SqliteReads, item: Item) -> Wish:
    """An inbox item as it is shown."""
    shown = await Catalogue(home, reads).item(item)
    call = shown["call"]
    return Wish(
        number=item.id,
        kind=item.kind,
        text=str(shown["text"]),
        call=call,
        digest=item.digest,
        choices=_choices(item, call),
    )


def _choices(item: Item, call: Plain) -> tuple[Choice, ...]:
    match item.kind:
        case "approval":
            return (
                Choice(id="approve", text="Approve this call, once", yes=True),
                Choice(id="deny", text="Deny", yes=False),
            )
        case "doubt":
            return (
                Choice(id="done", text="It happened", yes=True),
                Choice(id="redo", text="It did not happen: do it again", yes=True),
                Choice(id="fail", text="It failed", yes=False),
            )
        case "question":
            texts = list(shown_choices(call)) if isinstance(call, list) else []
            if not 0 < len(texts) <= CHOICES_MAX:
                return ()
            return tuple(Choice(id=str(number), text=text, yes=True) for number, text in enumerate(texts))


def _verdict(wish: Wish, choice: Choice) -> tuple[Verdict, Plain]:
    if wish.kind == "question":
        assert isinstance(wish.call, list)
        return "answer", wish.call[int(choice.id)]
    return cast("Verdict", choice.id), None


def _echo(happening: Happening) -> bool:
    """What the owner has just typed is not told to them again."""
    return isinstance(happening, Words) and happening.who == "owner"


def _wants_a_message(process: Process) -> bool:
    """Whether it has done nothing but wait for a message."""
    return process.state is State.WAITING and process.waits == "mail" and process.turn == 1


def _why(process: Process) -> Literal["idle", "ended", "failed", "cancelled", "asks"]:
    match process.state:
        case State.DONE:
            return "ended"
        case State.FAILED:
            return "failed"
        case State.KILLED | State.PAUSED:
            return "cancelled"
        case _:
            return "asks" if process.waits == "owner" or process.state is State.PARKED else "idle"
