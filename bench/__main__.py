"""`python -m bench`: measure against targets and rivals; writes bench/RESULTS.md and bench/plots/*.svg.

--quick         a minute or two: smaller sizes, three rounds; its verdicts are not the project's
--only NAME     one measurement, printed and not written (repeat for more)
--out FOLDER    where RESULTS.md and plots/ go, instead of bench/

What is measured and how: docs/why/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.measures import MEASURES, Chapter, noise_line
from bench.plots import draw
from bench.report import report, table
from bench.rounds import Plan, said


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure against targets and rivals.")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, three rounds")
    parser.add_argument("--only", action="append", choices=list(MEASURES), help="one measurement; repeat for more")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the results go")
    parser.add_argument("--rounds", type=int, default=0, help="rounds; 5, with --quick 3")
    chosen = parser.parse_args()
    chapters: list[Chapter] = []
    with tempfile.TemporaryDirectory(prefix="ergos-bench-") as name:
        folder = Path(name)
        plan = Plan(folder, chosen.rounds or (3 if chosen.quick else 5), chosen.quick)
        noises = [f"| at the start {noise_line(folder)}"]
        for measure in chosen.only or MEASURES:
            said(f"{measure} ...")
            chapters.append(MEASURES[measure](plan))
            noises.append(f"| after {measure} {noise_line(folder)}")
    sys.stdout.write(table(chapters) + "\n")
    if not chosen.only:
        chosen.out.mkdir(parents=True, exist_ok=True)
        draw({chapter.title: chapter.plot for chapter in chapters if chapter.plot}, chosen.out / "plots")
        (chosen.out / "RESULTS.md").write_text(report(chapters, noises, plan), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
