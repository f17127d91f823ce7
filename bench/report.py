"""The report of a benchmark run, in Markdown."""

from __future__ import annotations

from importlib.metadata import version

from bench.measures import Chapter, Row
from bench.noise import machine
from bench.rounds import Plan

PLOTS = {
    "Durable system calls": "calls",
    "A million idle processes": "wake",
    "Growth of a conversation": "growth",
    "Killed under load": "kill",
    "Model calls, scheduled": "scheduling",
}
"""File names of the plots, by title of the chapter."""


def table(chapters: list[Chapter]) -> str:
    """The verdict table."""
    head = "| measure | target | ErgOS | rival | ratio | verdict |\n|---|---|---|---|---|---|"
    return "\n".join([head, *[_line(row) for chapter in chapters for row in chapter.rows]])


def _line(row: Row) -> str:
    verdict = "not judged" if row.met is None else ("met" if row.met else "**NOT MET**")
    return f"| {row.measure} | {row.target} | {row.ours} | {row.rival} | {row.ratio} | {verdict} |"


def report(chapters: list[Chapter], noises: list[str], plan: Plan) -> str:
    """All of RESULTS.md."""
    rivals = ", ".join(f"{name} {version(name)}" for name in ("langgraph", "langgraph-checkpoint-sqlite", "dbos"))
    size = "a quick run: smaller sizes, its verdicts are not the project's" if plan.quick else "a full run"
    why = (
        "Written by `make bench`; what each measure means and why the rivals are set up as they are: "
        "[docs/why/benchmarks.md](../docs/why/benchmarks.md). What a fully compromised model can do: "
        "[SECURITY.md](SECURITY.md), written by `make bench-security`."
    )
    how = (
        f"{machine()}; {rivals}. Medians of {plan.rounds} rounds [least .. most], engines interleaved, ratios within a "
        f"round; {size}. Every engine writes with WAL and `synchronous = FULL`, asked back from the connection."
    )
    parts = [
        "# Benchmark results",
        "",
        why,
        "",
        how,
        "",
        table(chapters),
    ]
    for chapter in chapters:
        parts += ["", f"## {chapter.title}", ""]
        if chapter.title in PLOTS:
            parts += [f"![{chapter.title}](plots/{PLOTS[chapter.title]}.svg)", ""]
        parts.append(chapter.details)
    head = "| when | load average, 1 min | calibration loop, CPU | write + fsync of 8 kB, median |\n|---|---|---|---|"
    parts += ["", "## Noise of the machine", "", head, *noises, ""]
    return "\n".join(parts)
