"""Two chapters of the report: the door beside a rival gateway, and others' agents killed at random."""

from __future__ import annotations

from bench import foreign, gateway
from bench.measures import Chapter, Row, rate, times
from bench.rounds import Plan

FASTER: float = 8.0  # times the requests a second of the rival


def door(plan: Plan) -> Chapter:
    """What the door adds and carries."""
    found = gateway.measured(plan)
    full = not plan.quick
    rows = [
        Row(
            measure=f"latency added at {gateway.RATE} requests/s, p50",
            target="<= 1 ms",
            ours=f"{found.added.added_p50_ms:.2f} ms {_span(found.added.rounds_added_p50_ms)}",
            met=found.added.added_p50_ms <= 1 if full else None,
        ),
        Row(
            measure=f"latency added at {gateway.RATE} requests/s, p99",
            target="<= 5 ms",
            ours=f"{found.added.added_p99_ms:.2f} ms {_span(found.added.rounds_added_p99_ms)}",
            met=found.added.added_p99_ms <= 5 if full else None,
        ),
        Row(
            measure="requests a second kept up",
            target=">= 1,000/s",
            ours=rate(found.kept.kept_up_per_s),
            met=found.kept.kept_up_per_s >= 1_000 if full else None,
        ),
        Row(
            measure="streams open at once in one process",
            target="1,000",
            ours=f"{found.streamed.open_together:,} together, {found.streamed.completed:,} completed",
            met=found.streamed.open_together >= 1_000 and found.streamed.completed >= 1_000 if full else None,
        ),
    ]
    if found.theirs is not None:
        ratio = found.ours.over(found.theirs)
        rows.append(
            Row(
                measure="requests a second of 32 clients, beside LiteLLM's proxy",
                target=f">= {FASTER:g}x",
                ours=found.ours.shown(rate),
                rival=found.theirs.shown(rate),
                ratio=ratio.shown(times),
                met=ratio.median >= FASTER,
            )
        )
    text = (
        "Client, gateway and upstream share two cores; the upstream answers at once. The door authorises, holds, "
        "schedules, journals (WAL, synchronous FULL, group commit) and bills every call before it answers; the proxy "
        "keeps nothing. "
        f"CPU of the door per request at {gateway.RATE}/s: {found.added.door_cpu_us_per_request:,} us."
    )
    return Chapter(title="The door for programs", rows=tuple(rows), details=text)


def _span(values: list[float]) -> str:
    return f"[{min(values):.2f} .. {max(values):.2f}]"


def programs(plan: Plan) -> Chapter:
    """Agents of other frameworks, killed."""
    ours, theirs = foreign.campaign(plan)
    lines = [
        "| agent | kills | calls that reached the model, as a process / alone | answered before and asked again |",
        "|---|---|---|---|",
    ]
    for mine, other in zip(ours, theirs, strict=True):
        name = mine.agent.removesuffix("_agent.py")
        cells = (mine.kills, other.kills), (mine.asked, other.asked), (mine.repeated, other.repeated)
        lines.append(f"| {name} | " + " | ".join(f"{process} / {alone}" for process, alone in cells) + " |")
    again = sum(tally.repeated for tally in ours)
    row = Row(
        measure=f"answered calls asked again, {len(ours)} frameworks' agents killed {sum(t.kills for t in ours)} times",
        target="0, and all finish",
        ours=f"{again} of {sum(tally.asked for tally in ours)}, {sum(tally.finished for tally in ours)} finished",
        rival=f"alone: {sum(t.repeated for t in theirs)} of {sum(t.asked for t in theirs)}",
        met=(again == 0 and all(tally.finished for tally in ours)) if ours else None,
    )
    text = (
        "The frameworks' own example agents, unmodified, killed with SIGKILL at moments drawn from a seed and started "
        "again: as a process with `ergos exec --resume`, and alone. Alone, every start asks everything again."
    )
    return Chapter(title="Programs of others, killed", rows=(row,), details="\n".join([*lines, "", text]))
