"""Hosted agents as a chapter of the report: what it costs to wait."""

from __future__ import annotations

import tempfile

from bench.hosted import WEEK_DAYS, Idling, Week
from bench.measures import Chapter, Row
from bench.rounds import Plan, Series, child

AGENTS = 1_000
HOURS = WEEK_DAYS * 24


def hosting(plan: Plan) -> Chapter:
    """A thousand agents and a week in which nothing happens."""
    count = plan.sized(AGENTS, 200)
    weeks: list[Week] = []
    idles: list[Idling] = []
    for _ in range(plan.sized(3, 1)):
        with tempfile.TemporaryDirectory(prefix="hosted-", dir=plan.folder) as folder:
            weeks.append(child(Week, "bench.hosted", "week", folder, count))
            idles.append(child(Idling, "bench.hosted", "idle", folder, plan.sized(65, 10)))
    judged = count >= AGENTS
    cpu = Series(tuple(one.cpu_s / HOURS for one in weeks))
    real = Series(tuple(one.cpu_s / one.wall_s * 3_600 for one in idles))
    who = f"{count:,} hosted agents"
    tokens = max(one.tokens for one in weeks)
    rows = (
        Row(
            measure=f"{who}, a simulated week of quiet: tokens used",
            target="0",
            ours=f"{tokens}",
            met=tokens == 0 if judged else None,
        ),
        Row(
            measure=f"{who}, a simulated week of quiet: CPU an hour",
            target="<= 1 s",
            ours=cpu.shown(lambda value: f"{value:.2f} s"),
            met=cpu.median <= 1 if judged else None,
        ),
        Row(
            measure=f"{who}, idle in real time: CPU an hour",
            target="<= 1 s",
            ours=real.shown(lambda value: f"{value:.2f} s"),
            met=real.median <= 1 if judged else None,
        ),
    )
    week = weeks[0]
    details = (
        f"Every kind of trigger is there as often as every other. In the week {week.looks:,} looks found nothing new "
        f"({week.looks / HOURS:,.0f} an hour, without what is asked over a network), {week.records:,} records were "
        f"written and {week.turns:,} turns begun; the kernel had {week.rss_mb:.0f} MB."
    )
    return Chapter(title="hosted agents", rows=rows, details=details)
