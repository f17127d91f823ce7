"""The attendant: tells an owner what came up, beside a running kernel.

It takes note of records as they are written (a new inbox item, the end of a process, a turn of a hosted agent, money
spent), looks at what they mean, and tells the owner in notices: with what it is, why, and what answers it. Between two
things that happen it sleeps until the next that is due: a reminder, an end, a report, a stall. Nothing is asked again
and again.

    noted ──► pass: what came up ──► marks (one fact) durable ──► told

Rules: the marks that a notice was begun are durable before it leaves, so over restarts each thing is told at most once;
what could not be delivered is said in the next notice, and stands in the inbox anyway. It decides nothing and answers
nothing. Must not know: how a notice travels.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from ergos.app.attention import Attention
from ergos.app.home import Home
from ergos.app.notices import Entry, Marks, come_up, due_ns, marks_of, taken, text_of
from ergos.app.notices_words import notice
from ergos.app.quiet import QuietTimes
from ergos.app.reporting import Reporting
from ergos.app.telling import AppriseTell, Tell, Tone
from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError, StoreError
from ergos.base.limits import STOP_GRACE_S
from ergos.drivers.host import FileSigner, HostEntropy
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.vault.home_vault import HomeVault
from ergos.kernel.events import Body
from ergos.kernel.permission.wording import Language
from ergos.kernel.rights import may_decide
from ergos.kernel.triggers import Calendar
from ergos.runtime.kernel import Kernel
from ergos.runtime.owner_settings import OwnerDesk
from ergos.runtime.residents import Resident, Rows

FACT: Final = "attendant/"
"""Of the fact that holds an owner's marks."""
LOOK_S_MAX: Final = 60  # seconds between two looks at the clock while something is due; a laptop's sleep is noticed
RETRY_S: Final = 60  # seconds until a pass that the world failed is made again
PASSES_MAX: Final = 8  # times a pass goes on because more came up meanwhile


class Attending(msgspec.Struct, frozen=True, kw_only=True):
    """For whom, and how."""

    owner: str
    language: Language
    places: tuple[str, ...]
    """Names of secrets, each an address; (): the owner is told nothing, only reports are made."""
    desk: OwnerDesk = OwnerDesk()


class Attendant:
    """One owner's."""

    def __init__(self, kernel: Kernel, attending: Attending, tell: Tell, calendar: Calendar) -> None:
        self._kernel: Final = kernel
        self._machine: Final = kernel.machine
        self._for: Final = attending
        self._tell: Final = tell
        self._marks = Marks()
        self._attention: Final = Attention(kernel.machine, attending.owner, attending.desk, attending.language)
        self._reporting: Final = Reporting(
            kernel.machine.store, attending.owner, attending.desk.notices, attending.language, calendar
        )
        self._quiet: Final = QuietTimes(attending.desk.notices)
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Task[None] | None = None
        self._again = False
        self._stopped = False

    async def start(self) -> None:
        """Take up where the last kernel left off, and take note from now on. Raises: StoreError."""
        store = self._machine.store
        assert self._machine.on_records is None, "a kernel has one attendant"
        await store.flush()
        facts = await store.facts()
        self._marks = marks_of(facts.get(f"{FACT}{self._for.owner}", ""))
        self._machine.on_records = self.noted
        fresh = f"{FACT}{self._for.owner}" not in facts
        await self._attention.recover(self._marks, fresh=fresh)
        if fresh:
            await self._keep()  # from here on nothing is the past
        self._look()

    async def stop(self) -> None:
        """Take note no more; what waits to be told is kept."""
        self._stopped = True
        self._machine.on_records = None
        if self._timer is not None:
            self._timer.cancel()
        if self._running is not None:
            _, late = await asyncio.wait({self._running}, timeout=STOP_GRACE_S)
            for task in late:  # what it was telling is marked as told
                task.cancel()
        if not self._machine.failed:
            try:
                await self._attention.look(self._marks, self._machine.tick())
                await self._keep()
            except ErgosError:
                return  # the next kernel looks at the same records again

    def noted(self, resident: Resident | None, bodies: tuple[Body, ...]) -> None:
        """Records are being written. Cost: a look at their kinds."""
        if self._attention.noted(resident, bodies):
            self._look()

    # Passes

    def _look(self) -> None:
        """Make a pass soon; one at a time."""
        self._again = True
        if self._running is None and not self._stopped and not self._machine.failed:
            self._running = self._kernel.reactor.task(self._passes())

    async def _passes(self) -> None:
        try:
            for _ in range(PASSES_MAX):
                if not self._again or self._stopped:
                    break
                self._again = False
                await self._pass()
        except StoreError:
            return  # the kernel has stopped for the same reason
        except ErgosError:
            self._sleep(self._machine.parts.clock.now_ns() + RETRY_S * SECOND)
            return
        finally:
            self._running = None
        if self._again:
            asyncio.get_running_loop().call_soon(self._look)

    async def _pass(self) -> None:
        marks, notices = self._marks, self._for.desk.notices
        now_ns = self._machine.tick()
        await self._attention.look(marks, now_ns)
        if self._reporting.due(marks, self._attention.hosted, now_ns):
            await self._report(now_ns)
        at_ns = due_ns(marks, self._quiet.home, notices.per_hour, now_ns) if self._for.places else None
        if not self._for.places:
            marks.waiting, marks.more = [], 0
        if at_ns is not None and at_ns <= now_ns:
            await self._told(now_ns)
            at_ns = due_ns(marks, self._quiet.home, notices.per_hour, now_ns)
        ahead = (at_ns, self._attention.next_ns, self._reporting.next_ns)
        upcoming = min((one for one in ahead if one is not None), default=None)
        if upcoming is not None:
            self._sleep(upcoming)

    def _sleep(self, at_ns: int) -> None:
        """Until this instant by the clock, which is asked again: it may be set, and the machine may sleep."""
        if self._timer is not None:
            self._timer.cancel()
        if self._stopped:
            return
        delay_s = max(0, at_ns - self._machine.parts.clock.now_ns()) / SECOND
        self._timer = asyncio.get_running_loop().call_later(min(delay_s, LOOK_S_MAX), self._woke, at_ns)

    def _woke(self, at_ns: int) -> None:
        self._timer = None
        if self._machine.parts.clock.now_ns() >= at_ns:
            self._look()
        elif not self._machine.failed:
            self._sleep(at_ns)

    async def _told(self, now_ns: int) -> None:
        """Tell what may be told now: written down first, then sent, never the other way round."""
        entries, more = taken(self._marks, now_ns)
        entries = await self._attention.unseen(entries)
        if not entries and not more:
            return
        undelivered, self._marks.undelivered = self._marks.undelivered, 0
        self._marks.sent_ns.append(now_ns)
        await self._keep()
        notices = self._for.desk.notices
        title, body = notice(entries, more, undelivered, self._for.language, notices.timezone)
        if not await self._tell.tell(self._for.places, title, body, _tone(entries)):
            self._marks.undelivered = undelivered + 1
        await self._told_delegates(entries, now_ns)

    async def _told_delegates(self, entries: tuple[Entry, ...], now_ns: int) -> None:
        """Tell others what they may decide; that the owner was told counts for them, too."""
        desk = self._for.desk
        theirs: dict[str, list[Entry]] = {}
        for one in entries if desk.delegate_secrets else ():
            case = await self._attention.case(one.number) if one.kind in {"item", "reminder"} else None
            for delegate in may_decide(desk.rights, case, now_ns) if case is not None else ():
                theirs.setdefault(delegate, []).append(one)
        for delegate, listed in theirs.items():
            if places := desk.delegate_secrets.get(delegate):
                title, body = notice(listed, 0, 0, self._for.language, desk.notices.timezone, delegate)
                await self._tell.tell(places, title, body, "warning")

    async def _report(self, now_ns: int) -> None:
        """Make what reports are due, mark them as made, then send them."""
        made = await self._reporting.made(self._marks, self._attention.hosted, now_ns)
        quiet = self._quiet.home(now_ns) is not None
        for one in made if quiet else ():  # it is told with what else waits for the end of the quiet hours
            come_up(self._marks, one.entry)
        await self._keep(tuple(one.fact for one in made if one.fact is not None))
        for one in made if self._for.places and not quiet else ():
            if not await self._tell.tell(self._for.places, one.title, one.text, "info"):
                self._marks.undelivered += 1

    async def _keep(self, facts: tuple[tuple[str, str], ...] = ()) -> None:
        """Write the marks down; durable on return."""
        machine = self._machine
        self._marks.cursor = await self._attention.cursor(self._marks.cursor)
        own = (f"{FACT}{self._for.owner}", text_of(self._marks))
        machine.submit(None, (), Rows(facts=(*facts, own)))
        await machine.store.flush()


def _tone(entries: tuple[Entry, ...]) -> Tone:
    kinds = {one.kind for one in entries}
    if "failed" in kinds:
        return "failure"
    return "success" if kinds <= {"delivery", "report"} else "warning" if kinds & {"item", "reminder"} else "info"


@asynccontextmanager
async def attending(home: Home, kernel: Kernel) -> AsyncGenerator[Attendant, None]:
    """The attendant of a home's owner, for as long as a kernel runs."""
    settings = home.settings
    whose = Attending(
        owner=settings.owner, language=settings.language, places=settings.tools.notices.secrets, desk=settings.desk
    )
    vault = HomeVault(home.folder, FileSigner(home.key), HostEntropy())
    attendant = Attendant(kernel, whose, AppriseTell(vault), HostCalendar())
    await attendant.start()
    try:
        yield attendant
    finally:
        await attendant.stop()
