"""`python -m ergos.sim --seed 7`: the whole system under faults, from one seed.

Prints what was tried; on a failure the command that replays it, and exits with 1.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Iterator
from itertools import islice

from ergos.sim.explore import Told, crash_histories, run_seed
from ergos.sim.quarter import Quarter

PROGRESS: int = 500  # histories between two lines of progress


def main(arguments: list[str]) -> int:
    """Run what the arguments say; 0 if every history held."""
    parser = argparse.ArgumentParser(prog="python -m ergos.sim", description="simulate the whole system under faults")
    parser.add_argument("--seed", type=int, default=None, help="run this one")
    parser.add_argument("--seeds", type=int, default=0, help="run this many random histories")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first of them")
    parser.add_argument("--histories", type=int, default=0, help="run this many crashes at every commit boundary")
    parser.add_argument("--quarters", type=int, default=0, help="run this many quarters of hosted agents")
    asked = parser.parse_args(arguments)
    if asked.seed is None and not asked.seeds and not asked.histories and not asked.quarters:
        asked.seed = 1
    seeds = range(asked.first, asked.first + asked.seeds) if asked.seed is None else range(asked.seed, asked.seed + 1)
    failed = _seeds(seeds)
    failed += _histories(asked.histories)
    failed += _quarters(range(asked.first, asked.first + asked.quarters))
    print("every invariant held" if not failed else f"{failed} failed")
    return 1 if failed else 0


def _seeds(seeds: range) -> int:
    failed = commits = records = effects = 0
    for number, seed in enumerate(seeds, 1):
        try:
            told = run_seed(seed)
        except Exception as broken:  # noqa: BLE001 - whatever broke is the finding
            failed += 1
            print(f"seed {seed}: {type(broken).__name__}: {broken}\n  replay it with: make sim SEED={seed}")
            if len(seeds) == 1:
                traceback.print_exception(broken)
            continue
        commits, records, effects = commits + sum(told.commits), records + told.records, effects + told.effects
        if number % PROGRESS == 0:
            print(f"{number:,} seeds", flush=True)
    if seeds:
        print(f"{len(seeds):,} seeds: {commits:,} commits, {records:,} records, {effects:,} effects")
    return failed


def _histories(wanted: int) -> int:
    failed = count = 0
    found: Iterator[tuple[str, Told | Exception]] = islice(crash_histories(), wanted)
    for count, (name, came) in enumerate(found, 1):
        if isinstance(came, Exception):
            failed += 1
            print(
                f"{name}: {type(came).__name__}: {came}\n  replay it with: make sim SEED=0 ARGS='--histories {count}'"
            )
        if count % PROGRESS == 0:
            print(f"{count:,} histories", flush=True)
    if count:
        print(f"{count:,} crashes at commit boundaries")
    return failed


def _quarters(seeds: range) -> int:
    failed = 0
    for seed in seeds:
        try:
            told = Quarter(seed).run()
        except Exception as broken:  # noqa: BLE001 - whatever broke is the finding
            failed += 1
            print(
                f"quarter {seed}: {type(broken).__name__}: {broken}\n"
                f"  replay it with: make sim SEED=0 ARGS='--quarters 1 --from {seed}'"
            )
            continue
        how = ", ".join(f"{count:,} {what}" for what, count in sorted(told.how.items()))
        print(
            f"quarter {seed}: {told.expected:,} times ({how}), {told.happenings} files; {told.lives} lives, "
            f"{told.sleeps} sleeps, clock set {told.clocks_set} times, {told.updates} updates",
            flush=True,
        )
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
