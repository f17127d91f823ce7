"""What is measured, against which target, and how the verdict falls.

Rules: a target is a fixed number written here before anything runs; a verdict compares it with the median;
a rival is measured at its best durable setting.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from bench.calls import CallsRun
from bench.crowd import Created, Idled
from bench.journal import Grown, Verified
from bench.kill import Score, campaign
from bench.noise import noise
from bench.recovery import Recovered
from bench.rounds import ROOT, Plan, Series, child, environment, interleaved, killed, said

PROCESSES: Final = 100  # agents at once
RIVAL_STEPS: Final = 5  # durable calls of each agent of a rival; their rate does not grow with it
KILL_SEED: Final = 20_261_124
KILL_WINDOW_S: Final = (0.05, 0.5)
HELP: Final = "import sys; sys.argv = ['ergos', '--help']; from ergos.cli.main import run; run()"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the verdict table."""

    measure: str
    target: str
    ours: str
    rival: str = ""
    ratio: str = ""
    met: bool | None
    """None: measured at a smaller size than the target speaks of, so not judged."""


class Chapter(msgspec.Struct, frozen=True, kw_only=True):
    """What one measurement adds to the report."""

    title: str
    rows: tuple[Row, ...]
    details: str = ""
    """Markdown below the table."""
    plot: dict[str, list[float]] = {}
    """Numbers for a plot, by label."""


def rate(value: float) -> str:
    """Per second."""
    return f"{value:,.0f}/s"


def seconds(value: float) -> str:
    """Seconds."""
    return f"{value:.2f} s"


def times(value: float) -> str:
    """A ratio."""
    return f"{value:.1f}x" if value >= 1 else f"{value:.2f}x"


def calls(plan: Plan) -> Chapter:
    """Durable calls per second and CPU per call, everybody at FULL."""
    count = plan.sized(300, 100)

    def ours(agent: str) -> Callable[[], CallsRun]:
        return lambda: child(CallsRun, "bench.calls", "ergos", agent, PROCESSES, count)

    def theirs(module: str, *mode: str) -> Callable[[], CallsRun]:
        return lambda: child(CallsRun, module, *mode, PROCESSES, RIVAL_STEPS)

    found = interleaved(
        plan.rounds,
        [
            ("ErgOS act, pure", ours("fetcher")),
            ("LangGraph, async", theirs("bench.rival_langgraph", "async")),
            ("ErgOS act, idempotent", ours("putter")),
            ("DBOS", theirs("bench.rival_dbos")),
            ("bare journal", lambda: child(CallsRun, "bench.calls", "bare", "fetcher", PROCESSES, count * 5)),
            ("ErgOS act, pure and local", ours("looker")),
            ("LangGraph, sync", theirs("bench.rival_langgraph", "sync")),
        ],
    )
    rates = {name: Series(tuple(run.calls / run.wall_s for run in runs)) for name, runs in found.items()}
    cpu = {name: Series(tuple(run.cpu_s / run.calls * 1e6 for run in runs)) for name, runs in found.items()}
    mine = rates["ErgOS act, pure"]
    langgraph = max((rates["LangGraph, async"], rates["LangGraph, sync"]), key=lambda series: series.median)
    rows: list[Row] = []
    for name, rival, wanted in (
        ("LangGraph + SQLite checkpointer", langgraph, 20.0),
        ("DBOS on SQLite", rates["DBOS"], 20.0),
        ("bare group-committing journal", rates["bare journal"], 0.5),
    ):
        ratio = mine.over(rival)
        rows.append(
            Row(
                measure=f"durable calls against {name}",
                target=f">= {wanted:g}x" if wanted > 1 else ">= 0.5x",
                ours=mine.shown(rate),
                rival=rival.shown(rate),
                ratio=ratio.shown(times),
                met=ratio.median >= wanted,
            )
        )
    worst = max((cpu["ErgOS act, pure"], cpu["ErgOS act, idempotent"]), key=lambda series: series.median)
    rows.append(
        Row(
            measure="CPU per durable call",
            target="<= 150 us",
            ours=worst.shown(lambda value: f"{value:.0f} us"),
            rival=f"LangGraph {cpu['LangGraph, async'].median:,.0f} us, DBOS {cpu['DBOS'].median:,.0f} us",
            met=worst.median <= 150,
        )
    )
    lines = ["| engine | calls/s | CPU per call | PRAGMA journal_mode, synchronous |", "|---|---|---|---|"]
    for name, runs in found.items():
        assert {run.synchronous for run in runs} == {2}, name
        settings = f"{runs[0].journal_mode}, {runs[0].synchronous} (FULL)"
        lines.append(f"| {name} | {rates[name].shown(rate)} | {cpu[name].median:,.1f} us | {settings} |")
    sizes = found["ErgOS act, pure"][0].record_bytes
    text = (
        f"{PROCESSES} agents at once, each making its calls one after another. A call of ErgOS is two records "
        f"({sizes[0]:.0f} and {sizes[1]:.0f} bytes of body) of which the first is durable before the tool runs; a "
        "pure and local one is one record. A call of LangGraph is a super-step, one of DBOS a step. The bare "
        "journal writes the same rows with the same waits and nothing else."
    )
    details = "\n".join([*lines, "", text])
    return Chapter(
        title="Durable system calls",
        rows=tuple(rows),
        details=details,
        plot={name: list(series.values) for name, series in rates.items()},
    )


def crowd(plan: Plan) -> Chapter:
    """A million idle processes."""
    count, turned = plan.sized(1_000_000, 100_000), plan.sized(100_000, 10_000)
    with tempfile.TemporaryDirectory(prefix="crowd-", dir=plan.folder) as folder:
        made = child(Created, "bench.crowd", "create", folder, count, 0)
        said(f"  {count:,} processes made in {made.wall_s:.0f} s")
        runs: list[Idled] = []
        for _ in range(plan.rounds):
            runs.append(child(Idled, "bench.crowd", "idle", folder, plan.sized(10, 3), plan.sized(2_000, 500)))
            said(f"  woke {len(runs[-1].wake_ms):,}")
    with tempfile.TemporaryDirectory(prefix="crowd-", dir=plan.folder) as folder:
        once = child(Created, "bench.crowd", "create", folder, turned, 1)

    def over(pick: Callable[[Idled], float]) -> Series:
        return Series(tuple(pick(run) for run in runs))

    memory, start = over(lambda run: max(run.rss_mb, run.rss_after_mb)), over(lambda run: run.launch_s)
    cpu = over(lambda run: run.idle_cpu_s / run.idle_s * 100)
    wake = over(lambda run: run.wake_ms[int(len(run.wake_ms) * 0.99)])
    half = over(lambda run: run.wake_ms[len(run.wake_ms) // 2])
    size = max(made.bytes_each, once.bytes_each)
    who, judged = f"{count:,} idle processes", count >= 1_000_000
    rows = (
        Row(
            measure=f"{who}: memory of the kernel that made them",
            target="<= 150 MB",
            ours=f"{made.rss_mb:,.0f} MB",
            met=made.rss_mb <= 150 if judged else None,
        ),
        Row(
            measure=f"{who}: memory of a kernel started on them",
            target="<= 150 MB",
            ours=memory.shown(lambda value: f"{value:.0f} MB"),
            met=memory.median <= 150 if judged else None,
        ),
        Row(
            measure=f"{who}: start, interpreter included",
            target="<= 2 s",
            ours=start.shown(seconds),
            met=start.median <= 2 if judged else None,
        ),
        Row(
            measure=f"{who}: CPU while idle",
            target="0 (<= 0.1 % of a core)",
            ours=cpu.shown(lambda value: f"{value:.3f} %"),
            met=cpu.median <= 0.1 if judged else None,
        ),
        Row(
            measure=f"{who}: disk for each",
            target="<= 1,024 bytes",
            ours=f"{made.bytes_each:.0f} bytes; {once.bytes_each:.0f} after one turn",
            met=size <= 1024 if judged else None,
        ),
        Row(
            measure=f"wake one of {count:,}, to its first instruction, p99",
            target="<= 20 ms",
            ours=wake.shown(lambda value: f"{value:.2f} ms"),
            met=wake.median <= 20 if judged else None,
        ),
    )
    details = (
        f"Made through the owner's desk at {count / made.wall_s:,.0f} processes a second; the kernel that made them "
        f"had {made.rss_mb:.0f} MB. The kernel itself starts in {over(lambda run: run.start_s).median * 1e3:.0f} ms. "
        f"Median wake {half.median:.2f} ms over {len(runs[0].wake_ms):,} random processes a round. "
        f"The variant with one completed turn is measured on {turned:,} processes."
    )
    return Chapter(title="A million idle processes", rows=rows, details=details, plot={"wake": runs[0].wake_ms})


def recovery(plan: Plan) -> Chapter:
    """A thousand open turns after SIGKILL, with a short and a long past."""
    count, long = 1_000, plan.sized(20, 5)
    found: dict[int, list[Recovered]] = {0: [], long: []}
    with tempfile.TemporaryDirectory(prefix="recovery-", dir=plan.folder) as name:
        for turns in found:
            killed("bench.recovery", "load", Path(name) / str(turns), count, turns)
        for number in range(plan.rounds):
            for turns, runs in found.items():
                runs.append(child(Recovered, "bench.recovery", "again", Path(name) / str(turns), count))
            said(f"  round {number + 1} of {plan.rounds}")
    short = Series(tuple(run.launch_s for run in found[0]))
    lengthy = Series(tuple(run.launch_s for run in found[long]))
    ratio = lengthy.over(short)
    rows = (
        Row(
            measure=f"recovery, {count:,} open turns after SIGKILL, interpreter included",
            target="<= 2 s",
            ours=short.shown(seconds),
            met=short.median <= 2,
        ),
        Row(
            measure=f"the same, each with {long * 10} calls in {long} turns behind it",
            target="<= 2 s, no slower (<= 1.25x)",
            ours=lengthy.shown(seconds),
            ratio=ratio.shown(times),
            met=lengthy.median <= 2 and ratio.median <= 1.25,
        ),
    )
    return Chapter(
        title="Recovery",
        rows=rows,
        details="Each process has made three calls of its open turn and hangs in the fourth when the kernel is killed; "
        "recovered means that all hang in it again.",
    )


def growth(plan: Plan) -> Chapter:
    """The journal of a conversation; bytes do not vary, so one run each."""
    del plan
    runs = [child(Grown, "bench.journal", "grow", count) for count in (100, 300, 1_000)]
    ratio = runs[-1].body_bytes / runs[0].body_bytes
    whole = runs[-1].whole_bytes
    row = Row(
        measure="journal of a 1,000-call conversation against 100 calls",
        target="<= 11x the bytes",
        ours=f"{runs[-1].body_bytes / 1e6:.2f} MB against {runs[0].body_bytes / 1e6:.2f} MB",
        rival=f"whole contexts: {whole / 1e6:.0f} MB",
        ratio=f"{ratio:.1f}x",
        met=ratio <= 11,
    )
    lines = [
        "| calls | records and blobs | file | every context whole (computed) |",
        "|---|---|---|---|",
    ]
    lines += [f"| {r.calls:,} | {r.body_bytes:,} | {r.file_bytes:,} | {r.whole_bytes:,} |" for r in runs]
    plot = {
        "calls": [float(run.calls) for run in runs],
        "ErgOS": [run.body_bytes / 1e6 for run in runs],
        "whole": [run.whole_bytes / 1e6 for run in runs],
    }
    return Chapter(title="Growth of a conversation", rows=(row,), details="\n".join(lines), plot=plot)


def verification(plan: Plan) -> Chapter:
    """How fast a store is proven."""
    with tempfile.TemporaryDirectory(prefix="verify-", dir=plan.folder) as folder:
        fill_store(folder, plan.sized(200_000, 50_000))
        runs = [child(Verified, "bench.journal", "verify", folder) for _ in range(plan.rounds)]
    found = Series(tuple(run.records / run.wall_s for run in runs))
    row = Row(
        measure=f"verify, {runs[0].records:,} records",
        target=">= 50,000 records/s",
        ours=found.shown(rate),
        met=found.median >= 50_000,
    )
    return Chapter(title="Verification", rows=(row,), details="Chain, signatures, books, processes and values.")


def fill_store(folder: str, records: int) -> None:
    """Fill a store in a process of its own."""
    command = [sys.executable, "-m", "bench.journal", "fill", folder, str(records)]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True)


def command_line(plan: Plan) -> Chapter:
    """CPU of `ergos --help`, children included. Source: wait4(2)."""
    spent: list[float] = []
    for _ in range(plan.rounds + 1):
        child_process = subprocess.Popen(
            [sys.executable, "-c", HELP], cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(child_process.pid, 0)
        child_process.returncode = os.waitstatus_to_exitcode(status)
        if child_process.returncode != 0:
            raise RuntimeError("`ergos --help` failed")
        spent.append(used.ru_utime + used.ru_stime)
    found = Series(tuple(spent[1:]))  # the first one compiles
    row = Row(measure="`ergos --help`", target="<= 0.25 s CPU", ours=found.shown(seconds), met=found.median <= 0.25)
    return Chapter(title="Command line", rows=(row,))


def kills(plan: Plan) -> Chapter:
    """Effects doubled, lost and asked about."""
    count = plan.sized(50, 10)
    scores: list[Score] = []
    for engine in ("ergos", "langgraph", "dbos"):
        with tempfile.TemporaryDirectory(prefix="kill-", dir=plan.folder) as folder:
            scores.append(campaign(engine, Path(folder), kills=count, seed=KILL_SEED, window_s=KILL_WINDOW_S))
        said(f"  {engine}: doubled {scores[-1].doubled}, lost {scores[-1].lost}, asked {scores[-1].asked}")
    names = {"ergos": "ErgOS", "langgraph": 'LangGraph, SqliteSaver, durability="sync"', "dbos": "DBOS, SQLite"}
    head = (
        "| engine | kills | effects | doubled: irreversible | reconcilable | idempotent | lost "
        "| owner asked | books and chain |\n|---|---|---|---|---|---|---|---|---|"
    )
    lines = [head]
    for score in scores:
        doubled = score.tally.doubled
        books = (score.unsound or "sound") if score.engine == "ergos" else "-"
        lines.append(
            f"| {names[score.engine]} | {score.kills} | {score.tally.effects:,} | {doubled['charge']} "
            f"| {doubled['publish']} | {doubled['put']} | {score.lost} | {score.asked} | {books} |"
        )
    ours = scores[0]
    row = Row(
        measure=f"effects doubled / lost after {count} x SIGKILL under load",
        target="0 / 0, books balance, chain verifies",
        ours=f"{ours.doubled} / {ours.lost}, owner asked about {ours.asked} of {ours.tally.effects:,}",
        rival=", ".join(f"{score.engine} {score.doubled} / {score.lost}" for score in scores[1:]),
        met=not ours.doubled and not ours.lost and not ours.unfinished and not ours.unsound,
    )
    text = (
        f"Same jobs, same outside world, same kill schedule (seed {KILL_SEED}). An idempotent effect repeated under "
        "its own key counts as none, for everybody. The rivals know no class of effect: a step that was cut off runs "
        "again, and looking first, or asking somebody, is left to whoever writes the step. DBOS takes up to a second "
        "to go on after a start, so within the same schedule it gets through far fewer effects."
    )
    details = "\n".join([*lines, "", text])
    plot = {score.engine: [float(score.doubled), float(score.lost), float(score.asked)] for score in scores}
    return Chapter(title="Killed under load", rows=(row,), details=details, plot=plot)


def scheduling(plan: Plan) -> Chapter:
    """Model calls against the gateways of the field."""
    from bench.scheduling import chapter

    return chapter(plan)


def door(plan: Plan) -> Chapter:
    """The door for programs, beside a rival gateway."""
    from bench.doors import door as chapter

    return chapter(plan)


def programs(plan: Plan) -> Chapter:
    """Others' agents, killed."""
    from bench.doors import programs as chapter

    return chapter(plan)


def noise_line(folder: Path) -> str:
    """The machine's noise now, as a table row."""
    found = noise(folder)
    return f"| {found.load:.2f} | {found.loop_ms:.1f} ms | {found.fsync_ms:.2f} ms |"


def permission(plan: Plan) -> Chapter:
    """What permission costs: a decision, hearing and looking up, starting a sandbox."""
    from bench.permission import chapter

    return chapter(plan)


def hosting(plan: Plan) -> Chapter:
    """What it costs hosted agents to wait."""
    from bench.hosting import hosting as chapter

    return chapter(plan)


def console(plan: Plan) -> Chapter:
    """What pages ask of a store with a million records."""
    from bench.views_chapter import console as chapter

    return chapter(plan)


MEASURES: Final[dict[str, Callable[[Plan], Chapter]]] = {
    "calls": calls,
    "crowd": crowd,
    "recovery": recovery,
    "growth": growth,
    "verify": verification,
    "help": command_line,
    "kill": kills,
    "scheduling": scheduling,
    "door": door,
    "programs": programs,
    "permission": permission,
    "hosting": hosting,
    "console": console,
}
