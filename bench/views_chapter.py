"""The read model under pages: its fold and its answers over a store with a million records."""

from __future__ import annotations

import tempfile
from typing import Final

from bench.measures import Chapter, Row, rate
from bench.rounds import Plan, Series, child, said
from bench.views import Viewed

OWNERS: Final = 50
ANSWER_MS: Final = 50  # milliseconds of the slowest question: a page asks a few and has 300


def console(plan: Plan) -> Chapter:
    """The chapter."""
    processes, records = plan.sized(10_000, 1_000), plan.sized(1_000_000, 100_000)
    runs: list[Viewed] = []
    for number in range(plan.rounds):
        with tempfile.TemporaryDirectory(prefix="views-", dir=plan.folder) as folder:
            runs.append(child(Viewed, "bench.views", folder, OWNERS, processes, records))
        said(f"  round {number + 1} of {plan.rounds}")
    worst = Series(tuple(max(one.p99_ms for one in run.questions) for run in runs))
    folded = Series(tuple(run.records / run.fold_s for run in runs))
    live = Series(tuple(run.live_us for run in runs))
    slices = Series(tuple(run.slice_p99_ms for run in runs))
    judged = not plan.quick
    rows = (
        Row(
            measure=f"slowest question of a page, p99, {processes:,} processes and {records:,} records",
            target=f"<= {ANSWER_MS} ms",
            ours=worst.shown(lambda value: f"{value:.1f} ms"),
            met=worst.median <= ANSWER_MS if judged else None,
        ),
        Row(
            measure="first fold of the journal",
            target=">= 25,000 records/s",
            ours=folded.shown(rate),
            met=folded.median >= 25_000 if judged else None,
        ),
        Row(
            measure="the fold beside a kernel, CPU for each record, 100 at a time",
            target="<= 100 us",
            ours=live.shown(lambda value: f"{value:.0f} us"),
            met=live.median <= 100 if judged else None,
        ),
        Row(
            measure="what a question waits behind a first fold, p99",
            target="<= 100 ms",
            ours=slices.shown(lambda value: f"{value:.0f} ms"),
            met=slices.median <= 100 if judged else None,
        ),
    )
    return Chapter(title="What pages ask", rows=rows, details=_details(runs))


def _details(runs: list[Viewed]) -> str:
    last = runs[-1]
    head = "| question | p50 | p99 | CPU at most |\n|---|---|---|---|"
    lines = [
        f"| {one.name} | {one.p50_ms:.2f} ms | {one.p99_ms:.2f} ms | {one.cpu_ms:.2f} ms |" for one in last.questions
    ]
    text = (
        f"{OWNERS} owners; the store: {last.store_bytes / 1e6:.0f} MB, views.db {last.views_bytes / 1e6:.0f} MB, and "
        f"the first fold took {last.fold_s:.1f} s ({last.fold_cpu_s:.1f} s CPU). Folding and asking added "
        f"{last.memory_bytes / 1e6:.0f} MB to the process; the first answer of a process that finds everything folded "
        f"took {last.open_ms:.0f} ms. Each question is asked of five owners, of the process with the most turns, and "
        "of pages far down. The table is of the last round."
    )
    return "\n".join([head, *lines, "", text])
