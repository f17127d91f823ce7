"""The simulations of the scheduling chapter: every policy on every seed, on all cores, and numbers over seeds.

Rules: a simulation is a process's work of its own and depends on its task alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import msgspec

from bench.rounds import ROOT, Plan, said
from ergos.sim.grid import contest, trials
from ergos.sim.grid.contest import ABLATIONS, CLOUD_POLICIES, HERD, MIX, OURS, POLICIES
from ergos.sim.grid.programs import Workload
from ergos.sim.grid.statistics import Digest, mean
from ergos.sim.grid.traces import azure, tracelab
from ergos.sim.grid.workloads import Mix

SEEDS: Final = 10
QUICK_SEEDS: Final = 3
ABLATION_SEEDS: Final = 5
TRIAL_SEEDS: Final = 3
QUICK_LENGTH_S: Final = 400.0  # of arrivals in a quick run: one burst
FIFOS: Final = ("FIFO round robin", "FIFO affinity", "FIFO late binding")
VICTIMS: Final = ("ann", "bob", "cyd")
TRACES: Final = ROOT.parent / "shared" / "traces"
TRACE_PACES: Final = {"azure_code": 5.0, "azure_conv": 2.4, "tracelab_multi": 0.45}
"""How much faster than recorded, so that three replicas have enough to do and not too much."""
TRACE_ROWS: Final = 6_000
TRACE_COPIES: Final = 30  # of TraceLab's sample of ten seconds

Runs = dict[str, list[Digest]]


class Task(msgspec.Struct, frozen=True):
    """One policy on one seed, or one trace."""

    what: str
    seed: int
    policy: str
    mix: Mix


def run(task: Task) -> Digest:
    """In a process of its own."""
    if task.what == "cloud":
        return contest.clouded(task.seed, (task.policy,))[task.policy]
    if task.what == "trials":
        return trials.tried(task.seed, (task.policy,), task.mix)[task.policy]
    if task.what == "cloud trials":
        return trials.clouded_trials(task.seed, (task.policy,))[task.policy]
    if task.what == "mixed":
        return contest.seeded(task.seed, (task.policy,), task.mix)[task.policy]
    return contest.contest(trace(task.what), (task.policy,))[task.policy]


def trace(name: str) -> Workload:
    """A recorded workload at a pace that loads three replicas."""
    text = (TRACES / f"{name}.csv").read_text("utf-8")
    if name == "tracelab_multi":
        return tracelab(text, copies=TRACE_COPIES, pace=TRACE_PACES[name])
    return azure(text, kind=name, pace=TRACE_PACES[name], rows_max=TRACE_ROWS)


def everything(tasks: Sequence[Task]) -> dict[str, Runs]:
    """All tasks on all cores; runs by workload and policy, in order of seeds."""
    found: dict[str, Runs] = {}
    started = time.monotonic()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for number, (task, digest) in enumerate(zip(tasks, pool.map(run, tasks), strict=True), 1):
            found.setdefault(task.what, {}).setdefault(task.policy, []).append(digest)
            if number % 20 == 0:
                said(f"  {number} of {len(tasks)} simulations, {time.monotonic() - started:.0f} s")
    return found


def tasks_of(plan: Plan) -> list[Task]:
    """What is simulated."""
    seeds = plan.sized(max(SEEDS, plan.rounds), QUICK_SEEDS)
    mix = msgspec.structs.replace(MIX, length_s=QUICK_LENGTH_S) if plan.quick else MIX
    tasks = [Task("mixed", seed, name, mix) for seed in range(seeds) for name in POLICIES]
    ablated = plan.sized(ABLATION_SEEDS, 1)
    tasks += [Task("mixed", seed, name, mix) for seed in range(ablated) for name in ABLATIONS]
    tasks += [Task("cloud", seed, name, HERD) for seed in range(seeds) for name in CLOUD_POLICIES]
    for seed in range(plan.sized(TRIAL_SEEDS, 1)):
        tasks += [Task("trials", seed, name, mix) for name in trials.TRIALS]
        tasks += [Task("cloud trials", seed, name, HERD) for name in trials.CLOUD_TRIALS]
    if not plan.quick:
        tasks += [
            Task(name, 0, policy, MIX)
            for name in TRACE_PACES
            if (TRACES / f"{name}.csv").exists()
            for policy in (*FIFOS, "PLAS", OURS)
        ]
    return tasks


def best_fifo(runs: Runs) -> str:
    """The FIFO gateway with the least mean time."""
    return min(FIFOS, key=lambda name: mean(over(runs, name, lambda run: run.mean_s)))


def over(runs: Runs, name: str, of: Callable[[Digest], float]) -> list[float]:
    """One number of every seed."""
    return [of(run) for run in runs[name]]


def victims(run: Digest) -> float:
    """Mean slowdown of the owners beside the hog."""
    return mean([run.slowdowns[owner] for owner in VICTIMS if owner in run.slowdowns])


def mean_s(run: Digest) -> float:
    """Model time."""
    return run.mean_s


def p95_s(run: Digest) -> float:
    """Model time."""
    return run.p95_s


def slow_p95(run: Digest) -> float:
    """Slowdown."""
    return run.slowdown_p95


def hit(run: Digest) -> float:
    """Share of the prompt tokens."""
    return run.hit


def slow(run: Digest) -> float:
    """Mean slowdown."""
    return run.slowdown


def gap(run: Digest) -> float:
    """Weighted tokens one owner's service ran ahead."""
    return run.gap
