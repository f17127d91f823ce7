"""Model calls scheduled: the kernel's grid against the gateways of the field, on the same programs.

Rules: every policy runs the same seeds; a number is a mean over seeds, a ratio is of means, and its interval (95 %)
comes from drawing seeds again; the target is judged by the ratio itself. What is simulated and why it may be believed:
docs/why/benchmarks.md; that the simulator and a real server agree is measured here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import msgspec

from bench.agreement import agreement_row
from bench.contest_runs import (
    FIFOS,
    TRACE_PACES,
    Runs,
    best_fifo,
    everything,
    gap,
    hit,
    mean_s,
    over,
    p95_s,
    slow,
    slow_p95,
    tasks_of,
    victims,
)
from bench.decision import measured
from bench.measures import Chapter, Row
from bench.rounds import Plan
from ergos.kernel.scheduler.wants import Rules
from ergos.sim.grid import contest
from ergos.sim.grid.contest import ABLATIONS, CLOUD_POLICIES, ORACLE, OURS, POLICIES, UNFAIR
from ergos.sim.grid.statistics import Digest, Estimate, average, difference, mean, ratio

TITLE: Final = "Model calls, scheduled"


def chapter(plan: Plan) -> Chapter:
    """The whole measurement."""
    found = everything(tasks_of(plan))
    mixed_runs = found["mixed"]
    rows = [*contest_rows(mixed_runs, plan), *fairness_rows(mixed_runs, plan), *cloud_rows(found["cloud"], plan)]
    rows += [agreement_row(plan), decision_row()]
    traces = {name: runs for name, runs in found.items() if name in TRACE_PACES}
    return Chapter(title=TITLE, rows=tuple(rows), details=details(found, traces), plot=numbers(mixed_runs))


def contest_rows(runs: Runs, plan: Plan) -> Iterator[Row]:
    """How long programs wait for models, against each rival."""
    best = best_fifo(runs)
    for name, wanted in (("FIFO round robin", 2.0), (best, 1.5), ("AIOS barrier", 4.0), ("PLAS", 1.2), ("VTC", 1.3)):
        found = ratio(over(runs, name, mean_s), over(runs, OURS, mean_s))
        said_name = f"{name} (the best FIFO)" if name == best else name
        yield row(f"mean model time of a program against {said_name}", f">= {wanted:g}x shorter", runs, name, found,
                  mean_s, seconds, times, met=found.value >= wanted, plan=plan)  # fmt: skip
    found = ratio(over(runs, UNFAIR, mean_s), over(runs, ORACLE, mean_s))
    yield row("the same without shares (Q = inf), against an oracle that knows what is left", "<= 1.25x", runs, ORACLE,
              found, mean_s, seconds, times, met=found.value <= 1.25, plan=plan, ours=UNFAIR)  # fmt: skip
    found = ratio(over(runs, best, slow_p95), over(runs, OURS, slow_p95))
    yield row(f"95th percentile of slowdown against {best}", ">= 2.5x lower", runs, best, found, slow_p95,
              times, times, met=found.value >= 2.5, plan=plan)  # fmt: skip
    found = ratio(over(runs, OURS, p95_s), over(runs, best, p95_s))
    yield row(f"95th percentile of model time against {best}", "never longer (<= 1x)", runs, best, found, p95_s,
              seconds, times, met=found.value <= 1.0, plan=plan)  # fmt: skip
    found = difference(over(runs, OURS, hit), over(runs, best, hit))
    yield row(f"prompt tokens found in a cache, against {best}", ">= 78 %, and 12 points more", runs, best, found, hit,
              percent, points, met=found.value >= 0.12 and mean(over(runs, OURS, hit)) >= 0.78, plan=plan)  # fmt: skip


def row(
    measure: str, target: str, runs: Runs, rival: str, found: Estimate, of: Callable[[Digest], float],
    form: Callable[[float], str], compared: Callable[[float], str], *, met: bool, plan: Plan, ours: str = OURS,
) -> Row:  # fmt: skip
    """One comparison."""
    return Row(
        measure=measure,
        target=target,
        ours=form(mean(over(runs, ours, of))),
        rival=f"{rival} {form(mean(over(runs, rival, of)))}",
        ratio=found.shown(compared),
        met=None if plan.quick else met,
    )


def fairness_rows(runs: Runs, plan: Plan) -> Iterator[Row]:
    """What owners have beside one that brings half of the load, and how far anybody runs ahead."""
    best = best_fifo(runs)
    found = average(over(runs, OURS, victims))
    yield Row(
        measure="mean slowdown of small owners beside one that brings half of the load",
        target="<= 3.2x",
        ours=found.shown(times),
        rival=f"{best} {mean(over(runs, best, victims)):.2f}x",
        met=None if plan.quick else found.value <= 3.2,
    )
    rules = Rules()
    gaps = over(runs, OURS, gap)
    bounds = over(runs, OURS, lambda run: 2 * (rules.bypass * rules.quantum_tokens + run.call_most))
    yield Row(
        measure="one owner's service ahead of another's while both wait, the most of all seeds",
        target="never above 2 (4 Q + u)",
        ours=f"{max(gaps):,.0f} weighted tokens",
        rival=f"the bound {min(bounds):,.0f}",
        ratio=f"{max(gap / bound for gap, bound in zip(gaps, bounds, strict=True)):.2f}x the bound at most",
        met=all(gap <= bound for gap, bound in zip(gaps, bounds, strict=True)),
    )
    unfair = ratio(over(runs, UNFAIR, gap), gaps)
    yield Row(
        measure="the same against an order that knows no owners (Q = inf)",
        target=">= 5x smaller",
        ours=f"{mean(gaps):,.0f}",
        rival=f"{UNFAIR} {mean(over(runs, UNFAIR, gap)):,.0f}",
        ratio=unfair.shown(times),
        met=None if plan.quick else unfair.value >= 5.0,
    )


def cloud_rows(runs: Runs, plan: Plan) -> Iterator[Row]:
    """What a cloud's limits cost."""
    limited, lost = mean(over(runs, OURS, lambda run: run.limited)), sum(run.lost for run in runs[OURS])
    programs = sum(run.programs for run in runs[OURS])
    rivals = ", ".join(
        f"{name} {mean(over(runs, name, lambda run: run.limited)) * 100:.0f} % / "
        f"{sum(run.lost for run in runs[name]) / sum(run.programs for run in runs[name]) * 100:.0f} %"
        for name in CLOUD_POLICIES[:3]
    )
    yield Row(
        measure=f"300 agents against a cloud's limits: sendings answered 429 / programs lost of {programs:,}",
        target="0 / 0",
        ours=f"{limited * 100:.2f} % / {lost}",
        rival=rivals,
        met=limited == 0 and lost == 0,
    )
    found = ratio(over(runs, OURS, lambda run: run.makespan_s), over(runs, "all-knowing", lambda run: run.makespan_s))
    yield Row(
        measure="the same: until the last agent is done, against a client that sees the provider's buckets",
        target="<= 1.03x",
        ours=seconds(mean(over(runs, OURS, lambda run: run.makespan_s))),
        rival=seconds(mean(over(runs, "all-knowing", lambda run: run.makespan_s))),
        ratio=found.shown(lambda value: f"{value:.3f}x"),
        met=None if plan.quick else found.value <= 1.03,
    )


def times(value: float) -> str:
    """A ratio."""
    return f"{value:.2f}x"


def seconds(value: float) -> str:
    """Seconds."""
    return f"{value:.1f} s"


def percent(value: float) -> str:
    """A share."""
    return f"{value * 100:.1f} %"


def points(value: float) -> str:
    """A difference of shares."""
    return f"{value * 100:+.1f} points"


def decision_row() -> Row:
    """What one decision costs while many calls wait; in a process of its own."""
    with ProcessPoolExecutor(1) as pool:
        found = msgspec.convert(pool.submit(measured).result(), Decided)
    half, tail = found.decision_us["p50"], found.decision_us["p99"]
    return Row(
        measure=f"one decision with {found.waiting:,} calls of {found.owners} owners waiting, p50 / p99",
        target="<= 50 / 200 us",
        ours=f"{half:.0f} / {tail:.0f} us",
        met=half <= 50 and tail <= 200,
    )


class Decided(msgspec.Struct, frozen=True):
    """What `bench.decision` measures."""

    waiting: int
    owners: int
    decision_us: dict[str, float]


def details(found: dict[str, Runs], traces: dict[str, Runs]) -> str:
    """Tables of everything, with what was simulated."""
    runs = found["mixed"]
    load = mean([mean(over(runs, name, lambda run: run.load)) for name in FIFOS])
    programs = mean(over(runs, OURS, lambda run: float(run.programs)))
    calls = mean(over(runs, OURS, lambda run: float(run.calls)))
    what = (
        f"{contest.REPLICAS} simulated replicas (64 calls at once, 160,000 tokens of key-value memory, iterations of "
        f"4,096 tokens), {len(runs[OURS])} seeds of {programs:,.0f} programs with {calls:,.0f} calls each: support "
        "conversations, coding sessions, map-reduce, single questions, with the shapes of public traces; one owner of "
        "four brings half of the load; programs come three times as fast for 60 of every 400 seconds. Replicas are "
        f"busy {load * 100:.0f} % of that time under the FIFO gateways. Model time is what a program waits for models, "
        "tools and people taken off; slowdown is model time over what it would be alone. Gap and Q in weighted tokens "
        "(read 1, cached 0.1, written 6)."
    )
    cloud = (
        "Against a cloud (240 requests and 600,000 tokens a minute), 300 agents that begin within half a minute; means "
        "are of programs that were not lost:"
    )
    fewer = f"Without one part or with another Q, and what they are compared with, on the first {ablated(runs)} seeds:"
    parts = [
        what,
        "",
        table(runs, POLICIES),
        "",
        fewer,
        "",
        table(first(runs), (OURS, UNFAIR, *ABLATIONS)),
        "",
        cloud,
        "",
        cloud_table(found["cloud"]),
    ]
    ill = "When somebody lies or an endpoint falls ill (the first replica, from 40 to 60 % of the time), under ErgOS:"
    parts += ["", ill, "", trial_table(found["trials"] | found["cloud trials"])]
    for name, trace_runs in traces.items():
        parts += ["", f"Recorded trace {name}, once:", "", table(trace_runs, tuple(trace_runs))]
    return "\n".join(parts)


def ablated(runs: Runs) -> int:
    """Seeds that ran with every ablation."""
    return min(len(runs[name]) for name in ABLATIONS)


def first(runs: Runs) -> Runs:
    """Of every policy those seeds alone."""
    return {name: found[: ablated(runs)] for name, found in runs.items()}


def table(runs: Runs, names: Iterable[str]) -> str:
    """Means over seeds."""
    head = (
        "| policy | model time, mean | p95 | slowdown, mean | p95 | small owners | hog | cache hits | gap |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    lines = [head]
    for name in names:

        def of(pick: Callable[[Digest], float], name: str = name) -> float:
            return mean(over(runs, name, pick))

        hog = of(lambda run: run.slowdowns.get("hog", 0.0))
        shares = f"{of(victims) or of(slow):.2f}x | {f'{hog:.2f}x' if hog else '-'}"
        lines.append(
            f"| {name} | {average(over(runs, name, mean_s)).shown(seconds)} | {of(p95_s):.0f} s "
            f"| {of(slow):.2f}x | {of(slow_p95):.2f}x | {shares} | {of(hit) * 100:.1f} % | {of(gap) / 1e6:.2f}M |"
        )
    return "\n".join(lines)


def trial_table(runs: Runs) -> str:
    """Means over seeds."""
    lines = [
        "| trial | model time, mean | slowdown, small owners | hog | 429s | programs lost |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in runs.items():
        lost, programs = sum(run.lost for run in found), sum(run.programs for run in found)
        lines.append(
            f"| {name} | {mean(over(runs, name, mean_s)):.1f} s | {mean(over(runs, name, victims)):.2f}x "
            f"| {mean([run.slowdowns['hog'] for run in found]):.2f}x "
            f"| {mean([run.limited for run in found]) * 100:.1f} % | {lost} of {programs:,} |"
        )
    return "\n".join(lines)


def cloud_table(runs: Runs) -> str:
    """Means over seeds."""
    lines = ["| client | model time, mean | makespan | 429s | programs lost |", "|---|---|---|---|---|"]
    for name, found in runs.items():
        lost = sum(run.lost for run in found) / sum(run.programs for run in found)
        lines.append(
            f"| {name} | {mean([run.mean_s for run in found]):.1f} s | {mean([run.makespan_s for run in found]):.0f} s "
            f"| {mean([run.limited for run in found]) * 100:.1f} % | {lost * 100:.1f} % |"
        )
    return "\n".join(lines)


def numbers(runs: Runs) -> dict[str, list[float]]:
    """For the plots: by policy mean time with its interval, then slowdowns of small owners and hog."""
    found: dict[str, list[float]] = {}
    fewer = first(runs)
    for name in (*POLICIES, *ABLATIONS):
        time_s = average(over(runs, name, mean_s))
        hog = mean(over(fewer, name, lambda run: run.slowdowns["hog"]))
        found[name] = [time_s.value, time_s.low, time_s.high, mean(over(fewer, name, victims)), hog]
    return found
