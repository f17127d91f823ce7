"""The plots of a benchmark run: SVG on a transparent ground, in greys and colours that read on white and on black."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.report import PLOTS

if TYPE_CHECKING:  # matplotlib takes a second to import
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = "#7d8590"
OURS: Final = "#2f81f7"
THEIRS: Final = "#d29922"
ALARM: Final = "#e5534b"
Numbers = dict[str, list[float]]


def draw(numbers: dict[str, Numbers], folder: Path) -> None:
    """Write every plot there are numbers for."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "ergos",
            "font.family": "sans-serif",
            "font.size": 10,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.frameon": False,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.transparent": True,
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    for title, plot in (
        ("Durable system calls", _calls),
        ("A million idle processes", _wake),
        ("Growth of a conversation", _growth),
        ("Killed under load", _kill),
    ):
        if title in numbers:
            figure = plot(numbers[title])
            figure.savefig(folder / f"{PLOTS[title]}.svg", bbox_inches="tight", metadata={"Date": None})


def _figure(height: float) -> tuple[Figure, Axes]:
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(7.5, height))


def _calls(numbers: Numbers) -> Figure:
    figure, axes = _figure(3.2)
    names = sorted(numbers, key=lambda name: statistics.median(numbers[name]))
    medians = [statistics.median(numbers[name]) for name in names]
    spread = [
        [median - min(numbers[name]) for name, median in zip(names, medians, strict=True)],
        [max(numbers[name]) - median for name, median in zip(names, medians, strict=True)],
    ]
    colors = [OURS if name.startswith("ErgOS") else (INK if "bare" in name else THEIRS) for name in names]
    axes.barh(names, medians, xerr=spread, color=colors, height=0.62, error_kw={"ecolor": INK, "elinewidth": 1.2})
    for place, median in enumerate(medians):
        axes.text(max(numbers[names[place]]) * 1.12, place, f"{median:,.0f}", va="center")
    axes.set_xscale("log")
    axes.set_xlim(right=max(medians) * 4)
    axes.set_xlabel("durable calls per second, 100 agents, WAL + FULL (log scale)")
    return figure


def _wake(numbers: Numbers) -> Figure:
    figure, axes = _figure(2.8)
    times = sorted(numbers["wake"])
    share = [(place + 1) / len(times) * 100 for place in range(len(times))]
    axes.step(times, share, color=OURS, linewidth=2)
    p99 = times[int(len(times) * 0.99)]
    axes.axvline(p99, color=INK, linewidth=1, linestyle=":")
    axes.text(p99 * 1.05, 50, f"p99 {p99:.2f} ms")
    axes.axvline(20, color=ALARM, linewidth=1, linestyle="--")
    axes.text(19, 50, "target", color=ALARM, ha="right")
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds from message to first instruction (log scale)")
    axes.set_ylabel("% of wakes")
    return figure


def _growth(numbers: Numbers) -> Figure:
    figure, axes = _figure(3.0)
    axes.plot(numbers["calls"], numbers["ErgOS"], color=OURS, marker="o", linewidth=2)
    axes.plot(numbers["calls"], numbers["whole"], color=THEIRS, marker="o", linewidth=2, linestyle="--")
    axes.text(numbers["calls"][-1] * 0.97, numbers["ErgOS"][-1] * 1.5, "ErgOS", color=OURS, ha="right")
    axes.text(numbers["calls"][-2] * 0.97, numbers["whole"][-2] * 2.0, "every context whole", color=THEIRS, ha="right")
    axes.set_xscale("log")  # both scales: a line of slope 1 is linear growth, of slope 2 quadratic
    axes.set_yscale("log")
    axes.set_xticks(numbers["calls"], [f"{count:,.0f}" for count in numbers["calls"]])
    axes.set_xlabel("calls of one conversation (log scale)")
    axes.set_ylabel("journal, MB (log scale)")
    return figure


def _kill(numbers: Numbers) -> Figure:
    figure, axes = _figure(2.4)
    names = {"ergos": "ErgOS", "langgraph": "LangGraph", "dbos": "DBOS"}
    engines = list(reversed(numbers))
    for shift, (what, color) in enumerate((("doubled", ALARM), ("lost", THEIRS), ("owner asked", OURS))):
        values = [numbers[engine][shift] for engine in engines]
        places = [place + (1 - shift) * 0.26 for place in range(len(engines))]
        axes.barh(places, values, height=0.22, color=color, label=what)
        for place, value in zip(places, values, strict=True):
            axes.text(value + 0.5, place, f"{value:.0f}", va="center", fontsize=9)
    axes.set_yticks(range(len(engines)), [names[engine] for engine in engines])
    axes.set_xlabel("effects, after the same kills under the same load")
    axes.legend(loc="lower right")
    return figure
