"""Reports that are made by themselves: which are due, and what they say.

One of the home, at the times of its settings, and one of each hosted agent whose AGENT.md says when. Times that passed
while nothing ran are made up for once, with a report of all of that time.

Rules: a report is made from the journal alone; a time that cannot be read means no report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ergos.app.inbox import REPORT, Made
from ergos.app.notices import Entry, Marks
from ergos.app.notices_words import BODY_CHARS_MAX, harmless
from ergos.app.owner_words import day, name
from ergos.app.progress import Reads
from ergos.app.weekly import report_of, report_text
from ergos.base.ids import Pid
from ergos.kernel.permission.wording import Language
from ergos.kernel.triggers import Calendar, Schedule
from ergos.runtime.owner_settings import NoticeSettings

HOME: Final = ""
"""The mark of the home's own report."""


class Hosted(msgspec.Struct, frozen=True, kw_only=True):
    """A hosted agent that may have a report of its own."""

    agent: str
    report: str
    """Recurrence; '': none."""
    timezone: str


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was made."""

    title: str
    text: str
    entry: Entry
    """By which it is told where it cannot be sent now."""
    fact: tuple[str, str] | None = None
    """By which it stands in the inbox."""


class Reporting:
    """The reports of one owner."""

    def __init__(
        self, reads: Reads, owner: str, settings: NoticeSettings, language: Language, calendar: Calendar
    ) -> None:
        self._reads: Final = reads
        self._owner: Final = owner
        self._settings: Final = settings
        self._language: Final[Language] = language
        self._calendar: Final = calendar
        self._next: dict[str, int] = {}
        self._known: dict[str, tuple[str, str, int]] = {}
        """By mark: rule, zone and last time of what stands in `_next`."""

    @property
    def next_ns(self) -> int | None:
        """When the next one is due."""
        return min(self._next.values(), default=None)

    def due(self, marks: Marks, hosted: Mapping[Pid, Hosted], now_ns: int) -> bool:
        """Whether a report is due. Cost: a comparison for each report, unless one changed."""
        wanted = {str(pid): (one.report, one.timezone) for pid, one in hosted.items() if one.report}
        if self._settings.report:
            wanted[HOME] = (self._settings.report, self._settings.timezone)
        for mark in [mark for mark in self._next if mark not in wanted]:
            del self._next[mark]
        for mark, (rule, zone) in wanted.items():
            last_ns = marks.reports.setdefault(mark, now_ns)
            if self._known.get(mark) == (rule, zone, last_ns):
                continue
            self._known[mark] = (rule, zone, last_ns)
            schedule = Schedule(name="report", rule=rule, timezone=zone)
            self._next.pop(mark, None)
            if not self._calendar.misfit(schedule, zone):
                at_ns = self._calendar.next_ns(schedule, zone, last_ns, last_ns)
                if at_ns is not None:
                    self._next[mark] = at_ns
        return any(at_ns <= now_ns for at_ns in self._next.values())

    async def made(self, marks: Marks, hosted: Mapping[Pid, Hosted], now_ns: int) -> list[Ready]:
        """Make those that are due; they are marked as made."""
        found: list[Ready] = []
        for mark in sorted(mark for mark, at_ns in self._next.items() if at_ns <= now_ns):
            since_ns = marks.reports[mark]
            pid = Pid(int(mark)) if mark != HOME else None
            found.append(await self._one(pid, hosted, since_ns, now_ns))
            marks.reports[mark] = now_ns
        self.due(marks, hosted, now_ns)
        return found

    async def _one(self, pid: Pid | None, hosted: Mapping[Pid, Hosted], since_ns: int, now_ns: int) -> Ready:
        zone = hosted[pid].timezone if pid is not None else self._settings.timezone
        report = await report_of(self._reads, self._owner, since_ns, now_ns, now_ns, pid=pid)
        text = harmless(report_text(report, self._language, zone))
        if len(text) > BODY_CHARS_MAX:
            text = text[: text.rfind("\n", 0, BODY_CHARS_MAX) + 1] + "… `ergos report`"
        span = f"{day(since_ns, zone)} – {day(now_ns, zone)}"
        about = f" {name(hosted[pid].agent)}" if pid is not None else ""
        title = f"ErgOS 报告{about}：{span}" if self._language == "zh" else f"ErgOS report{about}: {span}"
        fact = None
        if pid is None:
            seq = (await self._reads.head()).seq + 1  # that of the record after, so that it is not seen yet
            made = Made(seq=seq, since_ns=since_ns, until_ns=now_ns)
            fact = (f"{REPORT}{self._owner}", msgspec.json.encode(made).decode())
        entry = Entry(
            key=f"report/{pid or 0}/{now_ns}", kind="report", at_ns=now_ns, pid=pid or 0, text=about + " " + span
        )
        return Ready(title=title, text=text, entry=entry, fact=fact)
