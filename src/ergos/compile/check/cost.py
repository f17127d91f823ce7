"""What a program may cost: the worst case and the expectation of one firing and of a month.

Only steps that a model may do cost money, beside tools with a price. Of a model the worst case is a full window and the
longest answer, as often as a task is tried; each element of an `each` counts.

Rules: pure; what is not known is None, never zero; nothing here limits anything, the ledger does.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.limits import ATTEMPTS_MAX
from ergos.base.money import FREE, MICRO
from ergos.compile.circumstances import Circumstances
from ergos.kernel.triggers import AnyTrigger, Schedule
from ergos.kernel.usage import ModelPrice, Usage
from ergos.lib.agent_file import AgentFile
from ergos.lib.work import Step

NEEDS_MODEL: Final = frozenset({"translate"})
"""Standard tasks that System 1 does not do."""
ANSWER_TOKENS_MAX: Final = 4_096  # tokens of an answer, as a model solver leaves room for at most
EXPECTED: Final = Usage(input_tokens=3_500, output_tokens=500)
"""One usual task: some pages in, some sentences out."""
EACH_MAX: Final = 1_000  # elements of one `each`, as the program of steps has it
EACH_EXPECTED: Final = 10  # elements of one usual `each`
MONTH_DAYS: Final = 31  # days of the longest month
DAY_NS: Final = 86_400 * 1_000_000_000
FIRINGS_COUNTED: Final = 100  # firings that are looked up one by one; more go on at the same rate


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Micro-dollars; None: not known."""

    firing_worst: int | None
    firing_expected: int | None
    month_worst: int | None
    month_expected: int | None
    """None also where nobody can say how often it fires."""
    firings_month: int | None
    """By the schedules alone; None where something else wakes it."""
    paid: tuple[str, ...] = ()
    """Ids of steps that a model may do."""


def cost_of(file: AgentFile, circumstances: Circumstances) -> Cost:
    """What it may cost."""
    paid = tuple(step.id for step in file.work.steps if _may_be_paid(step, file, circumstances))
    worst, expected = _firing(file, circumstances, paid)
    count = firings(file, circumstances)
    most = _most(file.work.triggers, count)
    return Cost(
        firing_worst=worst,
        firing_expected=expected,
        month_worst=None if worst is None else worst * most,
        month_expected=None if expected is None or count is None else expected * count,
        firings_month=count,
        paid=paid,
    )


def firings(file: AgentFile, circumstances: Circumstances) -> int | None:
    """How often its schedules fire in a month from now; 1 without triggers; None where something else wakes it."""
    triggers = file.work.triggers
    if not triggers:
        return 1
    if not all(isinstance(one, Schedule) for one in triggers):
        return None
    return sum(
        count(one, file.work.timezone, circumstances, MONTH_DAYS * DAY_NS)
        for one in triggers
        if isinstance(one, Schedule)
    )


def count(schedule: Schedule, timezone: str, circumstances: Circumstances, within_ns: int) -> int:
    """How often a schedule fires within a time from now; beyond FIRINGS_COUNTED an estimate. Cost: bounded."""
    calendar, now_ns = circumstances.calendar, circumstances.now_ns
    zone = timezone or "UTC"
    if calendar.misfit(schedule, zone):
        return 0
    at_ns: int | None = now_ns
    for found in range(FIRINGS_COUNTED):
        at_ns = calendar.next_ns(schedule, zone, at_ns, now_ns)
        if at_ns is None or at_ns > now_ns + within_ns:
            return found
    return FIRINGS_COUNTED * within_ns // (at_ns - now_ns)


def _firing(file: AgentFile, circumstances: Circumstances, paid: tuple[str, ...]) -> tuple[int | None, int | None]:
    price = circumstances.model_price
    worst = expected = 0
    for step in file.work.steps:
        most, usual = (EACH_MAX, EACH_EXPECTED) if step.each else (1, 1)
        spec = circumstances.tools.get(step.name) if step.verb == "act" else None
        if spec is not None and spec.price != FREE:
            if spec.price is None:
                return None, None
            worst += most * spec.price.of(0)
            expected += usual * spec.price.of(0)
        if step.id in paid:
            if price is None:
                return None, None
            worst += most * _worst_task(file, price)
            expected += usual * price.of(EXPECTED) if step.name in NEEDS_MODEL else 0
    return worst, expected


def _worst_task(file: AgentFile, price: ModelPrice) -> int:
    """One task tried as often as it may be, within the cap of one call."""
    once = price.of(Usage(input_tokens=file.window_tokens, output_tokens=ANSWER_TOKENS_MAX))
    if file.caps.call is not None and file.caps.call.microusd >= 0:
        once = min(once, file.caps.call.microusd)
    return once * ATTEMPTS_MAX


def _may_be_paid(step: Step, file: AgentFile, circumstances: Circumstances) -> bool:
    kinds = step.solvers or file.solvers
    return step.verb == "think" and circumstances.model and (not kinds or "model" in kinds)


def _most(triggers: tuple[AnyTrigger, ...], scheduled: int | None) -> int:
    """Firings of a month at most."""
    if scheduled is not None:
        return scheduled
    return sum(one.per_hour for one in triggers) * 24 * MONTH_DAYS


def dollars(microusd: int) -> str:
    """As people read it: '$5.00', '$0.0042', '$0'."""
    if microusd % 10_000 == 0 or microusd >= 10 * MICRO:
        return f"${microusd / MICRO:,.2f}" if microusd else "$0"
    return f"${microusd / MICRO:,.4f}" if microusd >= 100 else f"${microusd / MICRO:.6f}"
