"""The report to an owner: what was done, delivered, spent, asked and failed, what waits, and what is planned.

    report = await report_of(reads, "alice", since_ns, until_ns)
    print(report_text(report, "zh", "Asia/Shanghai"))

It is made from the journal and the ledger alone, so it says what happened and nothing else, costs no token, and is the
same whenever it is made of the same time.

Rules: one pass over the records of the time reported on, found by bisection; texts of programs and strangers are
quoted, bounded and harmless.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast

import msgspec

from ergos.app.owner_words import TEXT_CHARS, WEEKLY, day, minute, name
from ergos.app.progress import Reads, Standing, standings
from ergos.base.clock import DAY
from ergos.base.errors import CorruptStoreError
from ergos.base.ids import Pid
from ergos.base.money import format_money
from ergos.kernel.events import Answered, Asked, Committed, Doubted, Exited, Resulted, decode_body
from ergos.kernel.permission.wording import Language
from ergos.kernel.ports import Store
from ergos.kernel.process import Process
from ergos.kernel.rows import Item
from ergos.kernel.values import Packed
from ergos.lib.steps_memory import Past, past_of
from ergos.lib.visible import one_line
from ergos.runtime.vault import Vault

REPORT_DAYS: Final = 7  # days a report is about unless it is said
LINES_MAX: Final = 30  # agents named in one part of a report; the others are counted
PIDS_AT_ONCE: Final = 500  # processes loaded at once
ITEMS_LOOKED_AT: Final = 10_000  # open items counted

_TAGS: Final = tuple(f'{{"k":"{tag}"'.encode() for tag in ("exit", "ask", "answer", "doubt", "result", "commit"))


class Tally(msgspec.Struct):
    """What one process left in the time reported on."""

    microusd: int = 0
    asked: int = 0
    approved: int = 0
    denied: int = 0
    answered: int = 0
    decided: int = 0
    """Calls in doubt."""
    end: Exited | None = None
    first: Packed | None = None
    """Memory after the first of its turns."""
    last: Packed | None = None


class AgentReport(msgspec.Struct, kw_only=True):
    """What the processes of one agent did."""

    agent: str
    runs: int = 0
    failed_runs: int = 0
    done: int = 0
    failed: int = 0
    killed: int = 0
    microusd: int = 0
    failure: str = ""
    """Why it last failed."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    owner: str
    since_ns: int
    until_ns: int
    agents: tuple[AgentReport, ...] = ()
    """Those that did, cost or failed at something, by name."""
    asked: int = 0
    approved: int = 0
    denied: int = 0
    answered: int = 0
    decided: int = 0
    waiting: tuple[Item, ...] = ()
    standings: tuple[Standing, ...] = ()
    now_ns: int = 0

    @property
    def microusd(self) -> int:
        """Spent in all."""
        return sum(one.microusd for one in self.agents)


async def report_of(
    reads: Reads, owner: str, since_ns: int, until_ns: int, now_ns: int, *, pid: Pid | None = None
) -> Report:
    """What happened from one instant to another; `pid`: to one process alone. Cost: O(records of that time)."""
    tallies = await _tallied(reads, since_ns, until_ns)
    if pid is not None:
        tallies = {pid: tallies[pid]} if pid in tallies else {}
    agents: dict[str, AgentReport] = {}
    kept: list[Tally] = []
    vault = Vault(cast("Store", reads))
    async for process, tally in _owned(reads, owner, tallies):
        kept.append(tally)
        await _add(agents.setdefault(process.agent, AgentReport(agent=process.agent)), process, tally, vault, since_ns)
    return Report(
        owner=owner,
        since_ns=since_ns,
        until_ns=until_ns,
        agents=tuple(one for _, one in sorted(agents.items()) if _counts(one)),
        asked=sum(one.asked for one in kept),
        approved=sum(one.approved for one in kept),
        denied=sum(one.denied for one in kept),
        answered=sum(one.answered for one in kept),
        decided=sum(one.decided for one in kept),
        waiting=tuple(one for one in await reads.items(owner, ITEMS_LOOKED_AT) if pid in (None, one.pid)),
        standings=tuple(one for one in await standings(reads, owner, now_ns) if pid in (None, one.pid)),
        now_ns=now_ns,
    )


async def seq_at(reads: Reads, at_ns: int) -> int:
    """The last record written before an instant. Records are in order of time. Cost: O(log records) reads."""
    low, high = 0, (await reads.head()).seq
    while low < high:
        middle = (low + high + 1) // 2
        found = 0
        async for record in reads.records(after=middle - 1, limit=1):
            found = record.at_ns
        if found < at_ns:
            low = middle
        else:
            high = middle - 1
    return low


async def _tallied(reads: Reads, since_ns: int, until_ns: int) -> dict[Pid, Tally]:
    tallies: dict[Pid, Tally] = {}
    async for record in reads.records(after=await seq_at(reads, since_ns)):
        if record.at_ns >= until_ns:
            break
        if record.pid <= 0 or not record.body.startswith(_TAGS):
            continue
        _count(tallies.setdefault(record.pid, Tally()), record.body)
    return tallies


def _count(tally: Tally, encoded: bytes) -> None:
    match decode_body(encoded):
        case Exited() as end:
            tally.end = end
        case Asked() | Doubted():
            tally.asked += 1
        case Answered(verdict=verdict):
            tally.approved += verdict == "approve"
            tally.denied += verdict == "deny"
            tally.answered += verdict == "answer"
            tally.decided += verdict in {"done", "redo", "fail"}
        case Resulted(charge=charge):
            tally.microusd += charge.microusd
        case Committed(memory=memory):
            tally.first = tally.first if tally.first is not None else memory
            tally.last = memory
        case _:
            pass


async def _owned(reads: Reads, owner: str, tallies: dict[Pid, Tally]):  # noqa: ANN202
    """The processes of an owner among them."""
    pids = sorted(tallies)
    for at in range(0, len(pids), PIDS_AT_ONCE):
        for loaded in await reads.load(tuple(pids[at : at + PIDS_AT_ONCE])):
            if loaded.process.owner == owner:
                yield loaded.process, tallies[loaded.process.pid]


async def _add(into: AgentReport, process: Process, tally: Tally, vault: Vault, since_ns: int) -> None:
    into.microusd += tally.microusd
    if tally.end is not None and process.parent == 0:
        into.done += tally.end.state == "done"
        into.failed += tally.end.state == "failed"
        into.killed += tally.end.state == "killed"
        if tally.end.failure is not None and tally.end.state == "failed":
            into.failure = tally.end.failure.what
    if tally.first is None or tally.last is None:
        return
    first, last = await _past(vault, tally.first), await _past(vault, tally.last)
    # The run that the first turn ended belongs to this time if it ended within it.
    own = first.last_ns >= since_ns
    failed_first = own and first.failed > 0
    into.runs += max(0, last.runs - first.runs + (own and not failed_first and first.runs > 0))
    into.failed_runs += max(0, last.failures - first.failures + failed_first)
    if last.failures > first.failures or failed_first:
        into.failure = last.last_failure or into.failure


async def _past(vault: Vault, memory: Packed) -> Past:
    try:
        return past_of(await vault.value(memory))
    except CorruptStoreError:
        return Past()


def _counts(one: AgentReport) -> bool:
    return bool(one.runs or one.failed_runs or one.done or one.failed or one.killed or one.microusd)


# In words


def report_text(report: Report, language: Language, timezone: str = "") -> str:
    """The report in the owner's language, in plain lines."""
    words = WEEKLY[language]
    lines = [
        words["title"].format(
            owner=report.owner, since=day(report.since_ns, timezone), until=day(report.until_ns, timezone)
        )
    ]
    lines += _done(report, words)
    lines += _money(report, words)
    asked = words["asked"].format(
        asked=report.asked, yes=report.approved, no=report.denied, answered=report.answered, decided=report.decided
    )
    lines += (
        [asked] if report.asked or report.approved or report.denied or report.answered else [words["asked_nothing"]]
    )
    lines += _waits(report, words)
    lines += _planned(report, words, timezone)
    return "\n".join(lines)


def _done(report: Report, words: dict[str, str]) -> list[str]:
    busy = [one for one in report.agents if one.runs or one.done or one.killed or one.failed or one.failed_runs]
    lines = [words["done"] if busy else words["done_nothing"]]
    for one in busy[:LINES_MAX]:
        parts = [
            words[key].format(n=n) for key, n in (("runs", one.runs), ("ended", one.done), ("killed", one.killed)) if n
        ]
        lines.append(f"- {name(one.agent)}: " + words["comma"].join(parts or [words["nothing"]]))
    lines += _more(busy, words)
    failed = [one for one in report.agents if one.failed or one.failed_runs]
    if failed:
        lines.append(words["failed"])
        for one in failed[:LINES_MAX]:
            why = one_line(one.failure, TEXT_CHARS)
            lines.append(
                f"- {name(one.agent)}: {one.failed + one.failed_runs}"
                + (words["because"].format(why=why) if why else "")
            )
        lines += _more(failed, words)
    return lines


def _money(report: Report, words: dict[str, str]) -> list[str]:
    lines = [words["spent"].format(money=format_money(report.microusd))]
    spent = sorted((one for one in report.agents if one.microusd), key=lambda one: -one.microusd)
    lines += [f"- {name(one.agent)}: {format_money(one.microusd)}" for one in spent[:LINES_MAX]]
    return lines + _more(spent, words)


def _waits(report: Report, words: dict[str, str]) -> list[str]:
    if not report.waiting:
        return [words["waits_nothing"]]
    lines = [words["waits"].format(n=len(report.waiting))]
    lines += [f"- {item.id}: {one_line(item.text, TEXT_CHARS)}" for item in report.waiting[:LINES_MAX]]
    return lines + _more(report.waiting, words)


def _planned(report: Report, words: dict[str, str], timezone: str) -> list[str]:
    if not report.standings:
        return []
    lines = [words["planned"]]
    for one in report.standings[:LINES_MAX]:
        parts = [
            words["next"].format(at=minute(one.next_ns, one.work.timezone or timezone))
            if one.next_ns is not None
            else words["told"]
        ]
        if one.work.milestones:
            parts.append(words["milestones"].format(n=len(one.reached), of=len(one.work.milestones)))
        if one.forecast is not None:
            parts.append(
                words["forecast"].format(
                    early=day(one.forecast.early_ns, timezone), late=day(one.forecast.late_ns, timezone)
                )
            )
        if one.overdue:
            parts.append(words["overdue"].format(names=words["comma"].join(name(each.name) for each in one.overdue)))
        if one.stalled(report.now_ns):
            parts.append(words["stalled"])
        lines.append(f"- {name(one.agent)} ({one.pid}): " + words["comma"].join(parts))
    return lines + _more(report.standings, words)


def _more(every: Iterable[object], words: dict[str, str]) -> list[str]:
    count = len(tuple(every)) - LINES_MAX
    return [words["more"].format(n=count)] if count > 0 else []


def span_of(until_ns: int, since_ns: int | None = None) -> tuple[int, int]:
    """From when to when a report is, unless it is said otherwise."""
    return (since_ns if since_ns is not None else until_ns - REPORT_DAYS * DAY), until_ns
