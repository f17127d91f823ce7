"""Operations on what was spent and what came of it: account, spending, outcomes, goals, reports."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Final, Literal, cast

import msgspec

from ergos.app.catalogue import plain
from ergos.app.home import reading
from ergos.app.progress import Progress, standings
from ergos.app.progress import Standing as Stands
from ergos.app.views.own import By
from ergos.app.weekly import REPORT_DAYS, report_of, report_text
from ergos.base.clock import DAY
from ergos.base.errors import UnknownPathError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.kernel.permission.wording import Language
from ergos.server.api.operation import Asked, Operation, Takes
from ergos.server.api.shapes import (
    ROWS_MAX,
    Count,
    Micro,
    Moment,
    OfProcess,
    PidNumber,
    Since,
    at,
    day_of,
    ns_of,
)

ITEMS_LOOKED_AT: Final = 10_000  # open items looked at for those of one agent


class Meter(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent, and what is set aside for calls under way."""

    spent_microusd: Micro
    spent_tokens: Count
    held_microusd: Micro
    held_tokens: Count


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What an owner has spent and holds."""

    owner: str
    total: Meter
    days: dict[str, Meter]
    """By day, UTC."""
    agents: dict[str, Meter]


class SpendBy(Since, frozen=True):
    """How spending is summed up."""

    by: By = "day"
    agent: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent, of one day, agent or model."""

    key: str
    microusd: Micro
    tokens: Count
    calls: Count


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """Days ascending, others by money; at most 200."""

    rows: tuple[Spent, ...]


class OutcomesBy(Since, frozen=True):
    """How outcomes are summed up."""

    by: Literal["day", "agent"] = "day"


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, of one day or agent."""

    key: str
    delivered: Count
    verified: Count
    failed: Count
    microusd: Micro


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """Days ascending, agents by money; at most 200."""

    rows: tuple[Came, ...]


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """How a hosted agent stands."""

    pid: PidNumber
    agent: str
    state: str
    waits: str
    began: Moment
    runs: Count
    failures: Count
    spent_microusd: Micro
    milestones: tuple[str, ...]
    reached: tuple[str, ...]
    overdue: tuple[str, ...]
    done: Moment | None
    """When all milestones are likely reached; null: nobody can tell."""
    next: Moment | None
    next_by: str
    faults: tuple[str, ...]
    """Triggers that see nothing, and why."""
    broken: str
    asked: tuple[Count, ...]
    """Inbox items it waits for."""
    stalled: bool


class Goals(msgspec.Struct, frozen=True, kw_only=True):
    """Hosted agents, the oldest first, at most 200."""

    goals: tuple[Goal, ...]


class ReportOf(Takes, frozen=True):
    """Of which time."""

    since: Annotated[datetime.date, msgspec.Meta(description="Default: seven days before.")] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    until: Annotated[datetime.date, msgspec.Meta(description="Default: now.")] | msgspec.UnsetType = msgspec.UNSET
    language: Language = "en"


class ReportShown(msgspec.Struct, frozen=True, kw_only=True):
    """What agents did."""

    since: Moment
    until: Moment
    microusd: Micro
    text: str
    """In plain lines."""
    agents: tuple[dict[str, Any], ...]
    asked: Count
    approved: Count
    denied: Count
    answered: Count
    waiting: Count


async def account(asked: Asked, _: object, __: None) -> Account:
    """What the owner has spent."""
    owner = asked.seat.principal.owner
    try:
        found = cast("dict[str, Any]", await asked.seat.look(f"/ledger/{owner}"))
    except UnknownPathError:
        return Account(owner=owner, total=_NOTHING, days={}, agents={})
    return Account(
        owner=owner,
        total=_meter(found["total"]),
        days={key: _meter(one) for key, one in found["days"].items()},
        agents={key: _meter(one) for key, one in found["agents"].items()},
    )


_NOTHING: Final = Meter(spent_microusd=0, spent_tokens=0, held_microusd=0, held_tokens=0)


def _meter(one: dict[str, Any]) -> Meter:
    spent, held = one["spent"], one["held"]
    return Meter(
        spent_microusd=spent["microusd"],
        spent_tokens=spent["tokens"],
        held_microusd=held["microusd"],
        held_tokens=held["tokens"],
    )


async def spending(asked: Asked, takes: SpendBy, _: None) -> Spending:
    """What was spent."""
    found = await asked.seat.views.spend(takes.by, since_day=day_of(takes.since), agent=takes.agent)
    rows = (Spent(key=one.key, microusd=one.microusd, tokens=one.tokens, calls=one.calls) for one in found)
    return Spending(rows=tuple(rows))


async def outcomes(asked: Asked, takes: OutcomesBy, _: None) -> Outcomes:
    """What came of it."""
    found = await asked.seat.views.outcomes(takes.by, since_day=day_of(takes.since))
    return Outcomes(
        rows=tuple(
            Came(
                key=one.key, delivered=one.delivered, verified=one.verified, failed=one.failed, microusd=one.microusd
            )
            for one in found
        )
    )  # fmt: skip


async def goals(asked: Asked, _: object, __: None) -> Goals:
    """How the owner's hosted agents stand."""
    seat = asked.seat
    async with reading(seat.home) as reads:
        found = await standings(reads, seat.principal.owner, seat.now_ns)
    return Goals(goals=tuple(_goal(one, seat.now_ns) for one in found[:ROWS_MAX]))


async def goal(asked: Asked, takes: OfProcess, _: None) -> Goal:
    """How one of them stands."""
    seat = asked.seat
    process = (await seat.process(Pid(takes.pid))).process
    async with reading(seat.home) as reads:
        progress = Progress(reads)
        if not await progress.is_hosted(process):
            raise UnknownProcessError(f"process {takes.pid} is not hosted", remedy="GET /goals lists those that are")
        items = await reads.items(seat.principal.owner, ITEMS_LOOKED_AT)
        mine = tuple(item.id for item in items if item.pid == process.pid)
        return _goal(await progress.standing(process, seat.now_ns, mine), seat.now_ns)


def _goal(one: Stands, now_ns: int) -> Goal:
    return Goal(
        pid=one.pid,
        agent=one.agent,
        state=one.state.value,
        waits=one.waits,
        began=at(one.began_ns) or "",
        runs=one.past.runs,
        failures=one.past.failures,
        spent_microusd=one.spent_microusd,
        milestones=tuple(each.name for each in one.work.milestones),
        reached=tuple(each.name for each in one.reached),
        overdue=tuple(each.name for each in one.overdue),
        done=at(one.forecast.done_ns) if one.forecast is not None else None,
        next=at(one.next_ns),
        next_by=one.next_by,
        faults=tuple(f"{each.name}: {each.why}" for each in one.faults),
        broken=one.broken,
        asked=one.asked,
        stalled=one.stalled(now_ns),
    )


async def report(asked: Asked, takes: ReportOf, _: None) -> ReportShown:
    """What agents did."""
    seat = asked.seat
    until_ns = seat.now_ns if takes.until is msgspec.UNSET else _bounded(ns_of(takes.until), seat.now_ns)
    since_ns = until_ns - REPORT_DAYS * DAY if takes.since is msgspec.UNSET else _bounded(ns_of(takes.since), until_ns)
    async with reading(seat.home) as reads:
        made = await report_of(reads, seat.principal.owner, since_ns, until_ns, seat.now_ns)
    return ReportShown(
        since=at(max(0, since_ns)) or "",
        until=at(max(0, until_ns)) or "",
        microusd=made.microusd,
        text=report_text(made, takes.language, seat.home.settings.desk.notices.timezone),
        agents=tuple(cast("dict[str, Any]", plain(one)) for one in made.agents),
        asked=made.asked,
        approved=made.approved,
        denied=made.denied,
        answered=made.answered,
        waiting=len(made.waiting),
    )


def _bounded(at_ns: int, most_ns: int) -> int:
    """Within the time that a journal can know."""
    return min(max(0, at_ns), most_ns)


OPERATIONS: Final = (
    Operation(
        id="getAccount", method="GET", path="/ledger", tag="ledger", run=account, reply=Account,
        summary="Show what was spent and is held: in all, by day and by agent.",
    ),
    Operation(
        id="listSpending", method="GET", path="/ledger/spend", tag="ledger", run=spending, takes=SpendBy,
        reply=Spending, summary="Show what was spent, by day, agent or model.",
    ),
    Operation(
        id="listOutcomes", method="GET", path="/ledger/outcomes", tag="ledger", run=outcomes, takes=OutcomesBy,
        reply=Outcomes, summary="Show what came of it, by day or agent.",
    ),
    Operation(
        id="listGoals", method="GET", path="/goals", tag="goals", run=goals, reply=Goals,
        summary="Show how hosted agents stand: milestones, runs, spending, what comes next, what has stalled.",
    ),
    Operation(
        id="getGoal", method="GET", path="/goals/{pid}", tag="goals", run=goal, takes=OfProcess, reply=Goal,
        refuses=(404,), summary="Show how one hosted agent stands.",
    ),
    Operation(
        id="getReport", method="GET", path="/report", tag="goals", run=report, takes=ReportOf, reply=ReportShown,
        summary="Report what agents did: done, delivered, spent, asked, failed, waiting. No model is asked.",
    ),
)  # fmt: skip
