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
        ("Model calls, scheduled", _scheduling),
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


def _scheduling(numbers: Numbers) -> Figure:
    """Left: how long programs wait for models. Right: what Q trades between small owners and the hog."""
    from matplotlib import pyplot

    figure, (bars, trade) = pyplot.subplots(1, 2, figsize=(10.5, 4.0), gridspec_kw={"width_ratios": [1.25, 1]})
    shown = [name for name in numbers if name in {"ErgOS", "ErgOS, Q = inf"} or "ErgOS" not in name]
    shown.remove("SRPT oracle, calls only")
    names = sorted(shown, key=lambda name: -numbers[name][0])
    means = [numbers[name][0] for name in names]
    spread = [
        [numbers[name][0] - numbers[name][1] for name in names],
        [numbers[name][2] - numbers[name][0] for name in names],
    ]
    colors = [OURS if name.startswith("ErgOS") else (INK if "oracle" in name else THEIRS) for name in names]
    bars.barh(names, means, xerr=spread, color=colors, height=0.62, error_kw={"ecolor": INK, "elinewidth": 1.2})
    for place, name in enumerate(names):
        bars.text(numbers[name][2] * 1.06, place, f"{numbers[name][0]:.0f} s", va="center")
    bars.set_xscale("log")
    bars.set_xlim(left=min(means) * 0.5, right=max(numbers[name][2] for name in names) * 1.7)
    ticks = [tick for tick in (20, 50, 100, 200, 500, 1_000) if min(means) * 0.5 <= tick <= max(means) * 1.7]
    bars.set_xticks(ticks, [str(tick) for tick in ticks])
    bars.set_xticks([], minor=True)
    bars.set_xlabel("model time of a program, mean, seconds (log scale)")
    knob = [
        name
        for name in ("ErgOS, Q = 0", "ErgOS, Q = 60k", "ErgOS", "ErgOS, Q = 1M", "ErgOS, Q = inf")
        if name in numbers
    ]
    places = range(len(knob))
    trade.plot(places, [numbers[name][4] for name in knob], color=THEIRS, marker="o", linewidth=2)
    trade.plot(places, [numbers[name][3] for name in knob], color=OURS, marker="o", linewidth=2)
    most = max(max(numbers[name][3:5]) for name in knob)
    trade.text(0.1, numbers[knob[0]][4] + most * 0.04, "the owner with half of the load", color=THEIRS, va="bottom")
    trade.text(0.1, numbers[knob[0]][3] - most * 0.3, "small owners", color=OURS, va="top")
    trade.set_xticks(places, ["0", "60k", "250k", "1M", "inf"][: len(knob)])
    trade.set_ylim(0, most * 1.25)
    trade.set_xlabel("Q, weighted tokens one owner may be ahead")
    trade.set_ylabel("slowdown, mean")
    figure.tight_layout()
    return figure
