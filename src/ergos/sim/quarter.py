"""A quarter of a year of hosted agents in virtual time: kills, outages, sleeping laptops, clocks set wrong, updates.

What should have fired is worked out from the calendar by another way than the kernel's own, day by day and minute by
minute; then every time has to be accounted for by exactly one record, by its misfire policy and without drift.

Rules: one seed, one quarter; nothing is printed here. Raises BrokenError with what does not hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

import msgspec

from ergos.base.clock import DAY, SECOND, Monotone
from ergos.base.entropy import SeededEntropy
from ergos.base.ids import Pid
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.drivers.store_memory import MemoryDisk
from ergos.kernel.events import Armed, Fired, decode_body
from ergos.kernel.packages import Definition, Package, Program
from ergos.kernel.triggers import AnyTrigger, Files, Misfire, Outcome, Schedule
from ergos.lib.agent import Context, program_of
from ergos.runtime.kernel import Kernel
from ergos.runtime.machine import Parts
from ergos.sim.billing import expect
from ergos.sim.clockloop import VirtualLoop, finish
from ergos.sim.faults import Fault, FaultyStore, SimClock, Where
from ergos.sim.outside import SimWatchers

START: Final = datetime(2027, 1, 15, tzinfo=UTC)
"""Within the next 90 days the clocks change in New York, Berlin and on Lord Howe Island."""
DAYS: Final = 90
LIFE_S: Final = 3 * 86_400  # seconds a kernel lives at most before it is killed or stopped
OUTAGE_S: Final = 40 * 3_600  # seconds nothing runs after it, at most
PAUSE_S: Final = 4 * 3_600  # seconds between two disturbances of a life


class Pattern(msgspec.Struct, frozen=True):
    """A schedule, and the same in other words: on which days, at which times."""

    schedule: Schedule
    fits: Callable[[date], bool]
    times: tuple[time, ...]

    @property
    def zone(self) -> ZoneInfo:
        """Where its times are told."""
        return ZoneInfo(self.schedule.timezone or "UTC")


def _last_working_day(day: date) -> bool:
    return day.weekday() < 5 and all(
        (day + timedelta(ahead)).month != day.month or (day + timedelta(ahead)).weekday() >= 5 for ahead in range(1, 8)
    )


def _every(minutes: int, first: int, last: int) -> tuple[time, ...]:
    return tuple(time(at // 60, at % 60) for at in range(first * 60, last * 60, minutes))


def _pattern(
    name: str,
    rule: str,
    zone: str,
    misfire: Misfire,
    fits: Callable[[date], bool],
    times: tuple[time, ...],
    start: str = "",
) -> Pattern:
    rule, cron = ("", rule) if " " in rule else (rule, "")
    schedule = Schedule(name=name, timezone=zone, misfire=misfire, rule=rule, cron=cron, start=start)
    return Pattern(schedule, fits, times)


def _weekday(day: date) -> bool:
    return day.weekday() < 5


PATTERNS: Final = (
    _pattern("daily", "FREQ=DAILY;BYHOUR=8;BYMINUTE=0", "Asia/Shanghai", "run_once", lambda _: True, (time(8),)),
    _pattern(
        "office", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=30", "Europe/Berlin", "run_once", _weekday,
        (time(9, 30),),
    ),
    _pattern("hourly", "FREQ=HOURLY;BYMINUTE=0", "UTC", "skip", lambda _: True, _every(60, 0, 24)),
    _pattern(
        "market", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,15,30,45",
        "America/New_York", "catch_up", _weekday, _every(15, 9, 17),
    ),
    _pattern(
        "first", "FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=6;BYMINUTE=0", "Europe/Berlin", "catch_up",
        lambda day: day.day == 1, (time(6),),
    ),
    _pattern(
        "payday", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=17;BYMINUTE=0", "Europe/Berlin", "run_once",
        _last_working_day, (time(17),),
    ),
    _pattern(
        "fortnight", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;BYHOUR=16;BYMINUTE=0", "Europe/Berlin", "run_once",
        lambda day: day.weekday() == 4 and (day - date(2027, 1, 15)).days % 14 == 0, (time(16),),
        start="2027-01-15T00:00",
    ),
    _pattern("gap", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "Europe/Berlin", "catch_up", lambda _: True, (time(2, 30),)),
    _pattern(
        "half", "FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=12;BYMINUTE=0", "Asia/Tokyo", "skip",
        lambda day: day.day in (1, 15), (time(12),),
    ),
    _pattern("island", "*/30 8-18 * * 1-5", "Australia/Lord_Howe", "run_once", _weekday, _every(30, 8, 19)),
)  # fmt: skip


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the quarter was like."""

    expected: int
    """Times that schedules had, each accounted for once."""
    how: dict[str, int]
    """Records by what became of their times."""
    happenings: int
    """Files that arrived while their agent was armed, each told once."""
    lives: int
    sleeps: int
    clocks_set: int
    updates: int
    turns: int


async def host(ctx: Context) -> object:
    """Counts what wakes it."""
    seen = ctx.memory if isinstance(ctx.memory, int) else 0
    await ctx.watch()
    if ctx.beginning.cause == "mail" and (await ctx.receive(within_s=0)) is not None:
        seen += 1
    return ctx.idle(seen)


class Hosts:
    """Finds the code of the hosted agents, whose versions go up."""

    def __init__(self) -> None:
        self.version = 1

    def definition(self, agent: str) -> Definition:
        """An agent with its one trigger."""
        return Definition(agent=agent, program=agent, code=str(self.version), triggers=(TRIGGERS[agent],))

    def package(self, definition: Definition) -> Package:
        """The same for all."""
        del definition
        return Package(program=cast("Program", program_of(host)))

    def current(self, agent: str, program: str) -> Definition | None:
        """As of the last update."""
        del program
        return self.definition(agent)


TRIGGERS: Final[dict[str, AnyTrigger]] = {
    **{pattern.schedule.name: pattern.schedule for pattern in PATTERNS},
    "clerk": Files(name="inbox", folder="in"),
    "next": Outcome(name="end", agent="nobody"),
}


class Quarter:
    """One quarter."""

    def __init__(self, seed: int, days: int = DAYS) -> None:
        self._entropy: Final = SeededEntropy(f"quarter/{seed}")
        self._days: Final = days
        self.disk: Final = MemoryDisk()
        self._clock: Final = SimClock(int(START.timestamp()) * SECOND)
        self._end_ns: Final = self._clock.offset_ns + days * DAY
        self._hosts: Final = Hosts()
        self._outside: Final = SimWatchers(again_s=1_800)
        self._pids: Final[dict[str, Pid]] = {}
        self._counts: Final = {"lives": 0, "sleeps": 0, "clocks_set": 0, "updates": 0}

    def run(self) -> Told:
        """Live through it and judge. Raises: BrokenError."""
        now_s = 0.0
        while True:
            loop = VirtualLoop(now_s)
            self._clock.loop = loop
            over = self._clock.now_ns() >= self._end_ns
            try:
                loop.run_until_complete(self._live(loop, last=over))
            finally:
                finish(loop)
            now_s = loop.time() + self._draw(OUTAGE_S, "outage")
            self._counts["lives"] += 1
            if over:
                return self._judged()

    def _draw(self, below: int, stream: str) -> int:
        return self._entropy.below(below, stream=stream)

    async def _live(self, loop: VirtualLoop, *, last: bool) -> None:
        """One life of the kernel: killed at a commit, or stopped in order."""
        gone: asyncio.Future[None] = loop.create_future()
        where: Where = ("before", "after", "torn")[self._draw(3, "where")]
        fault = None if last or self._draw(3, "gently") == 0 else Fault(10 + self._draw(600, "commit"), where, 1)
        store = FaultyStore(self.disk, fault, lambda: None if gone.done() else gone.set_result(None), 0.0)
        kernel = Kernel(
            Parts(
                store=store,
                clock=Monotone(self._clock),
                entropy=SeededEntropy("kernel"),
                programs=self._hosts,
                watchdog=False,
                calendar=HostCalendar(),
                watchers=self._outside,
            ),
            version="sim",
            host="sim",
        )
        self._outside.bell = kernel.reactor.watches
        doing = loop.create_task(self._doing(kernel, last=last))
        await asyncio.wait((gone, doing), return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            doing.cancel()
        else:
            doing.result()
            await asyncio.wait((gone, loop.create_task(kernel.stop())), return_when=asyncio.FIRST_COMPLETED)
        kernel.machine.failed = kernel.reactor.stopping = True
        store.crash()
        kernel.machine.close_turns()

    async def _doing(self, kernel: Kernel, *, last: bool) -> None:
        await kernel.start()
        for agent in TRIGGERS:
            if agent not in self._pids or self._pids[agent] not in self.disk.processes:
                self._pids[agent] = await kernel.desk.spawn(self._hosts.definition(agent), "alice")
        if last:
            await asyncio.sleep(3_600)
            return
        left = LIFE_S
        while left > 0 and self._clock.now_ns() < self._end_ns:
            pause = 1 + self._draw(PAUSE_S, "pause")
            await asyncio.sleep(pause)
            left -= pause
            self._disturb()

    def _disturb(self) -> None:
        """Something that happens to a laptop."""
        match self._draw(6, "what"):
            case 0:  # the lid is shut for a night
                self._clock.jump(self._draw(14 * 3_600, "sleep"))
                self._counts["sleeps"] += 1
            case 1:  # somebody sets the clock, or it is corrected
                self._clock.jump(self._draw(1_200, "set") - 600)
                self._counts["clocks_set"] += 1
            case 2:
                self._hosts.version += 1
                self._counts["updates"] += 1
            case _:
                self._outside.happens("inbox", f"file {self._draw(10_000, 'file')}")

    # Judgement

    def _judged(self) -> Told:
        fired: dict[Pid, list[tuple[int, Fired]]] = {}
        armed: dict[Pid, list[tuple[int, Armed]]] = {}
        for record in self.disk.journal:
            if record.body.startswith(b'{"k":"fire"'):
                body = decode_body(record.body)
                assert isinstance(body, Fired)
                fired.setdefault(record.pid, []).append((record.at_ns, body))
            elif record.body.startswith(b'{"k":"arm"'):
                arming = decode_body(record.body)
                assert isinstance(arming, Armed)
                armed.setdefault(record.pid, []).append((record.at_ns, arming))
        how: dict[str, int] = {}
        expected = 0
        for pattern in PATTERNS:
            pid = self._pids[pattern.schedule.name]
            expect(len(armed[pid]) == 1, f"{pattern.schedule.name} was armed {len(armed[pid])} times")
            expected += _accounted(pattern, armed[pid][0][0], fired.get(pid, []), self._end_ns)
            for _, one in fired.get(pid, []):
                how[one.how] = how.get(one.how, 0) + 1
        keys = [one.key for _, one in fired.get(self._pids["clerk"], [])]
        there = len(self._outside.world.get("inbox", []))
        expect(keys == [str(number) for number in range(there)][-len(keys) :] if keys else there == 0, "a file is lost")
        turns = sum(process.turn for process in self.disk.processes.values())
        return Told(expected=expected, how=how, happenings=len(keys), turns=turns, **self._counts)


def expected_ns(pattern: Pattern, after_ns: int, until_ns: int) -> Iterator[int]:
    """Every time of a pattern within a span, from the calendar alone: ascending, each once."""
    first = datetime.fromtimestamp(after_ns // SECOND, UTC).date() - timedelta(2)
    last = datetime.fromtimestamp(until_ns // SECOND, UTC).date() + timedelta(2)
    found: set[int] = set()
    for ahead in range((last - first).days + 1):
        day = first + timedelta(ahead)
        if pattern.fits(day):
            found.update(_instant_ns(day, at, pattern.zone) for at in pattern.times)
    yield from (at_ns for at_ns in sorted(found) if after_ns < at_ns <= until_ns)


def _instant_ns(day: date, at: time, zone: ZoneInfo) -> int:
    """A local time; the first of two, and of none the first instant that the zone has after it."""
    local = datetime.combine(day, at)
    while True:
        found = local.replace(tzinfo=zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) == local:
            return int(found.timestamp()) * SECOND
        local += timedelta(minutes=1)


def _accounted(pattern: Pattern, armed_ns: int, fired: list[tuple[int, Fired]], end_ns: int) -> int:
    """Each time stands in exactly one record, by the policy. How many there are."""
    name, schedule = pattern.schedule.name, pattern.schedule
    if not fired:
        expect(not list(expected_ns(pattern, armed_ns, end_ns)), f"{name} never fired")
        return 0
    until_ns = max(max(one.due_ns or 0, one.through_ns or 0) for _, one in fired)
    times = list(expected_ns(pattern, armed_ns, until_ns))
    place = 0
    for at_ns, one in fired:
        assert one.due_ns is not None
        first, through = one.since_ns or one.due_ns, max(one.due_ns, one.through_ns or 0)
        stands = []
        while place < len(times) and times[place] <= through:
            stands.append(times[place])
            place += 1
        expect(bool(stands) and stands[0] == first, f"{name}: {first} is accounted for, {stands[:1]} should be")
        expect(one.due_ns in stands, f"{name} fired at {one.due_ns}, which is none of its times")
        late_s = (at_ns - one.due_ns) / SECOND
        expect((late_s <= schedule.grace_s) == (one.how == "met"), f"{name} was {one.how} {late_s:.0f} s late")
        allowed = {"run_once": {"late", "skipped"}, "skip": {"skipped"}, "catch_up": {"made_up"}}[schedule.misfire]
        expect(one.how == "met" or one.how in allowed, f"{name} was {one.how}")
        expect(len(stands) == 1 or one.how in ("late", "skipped"), f"{name}: one record stands for {len(stands)} times")
    expect(place == len(times), f"{name}: {len(times) - place} times are accounted for by nothing")
    return len(times)
