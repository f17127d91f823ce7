"""Whether the simulator and a real server of the same engine agree, in scaled time."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.measures import Row
from bench.rounds import ROOT, Plan, environment, said
from ergos.sim.grid.agreement import played, simulated
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.grid.statistics import mean
from ergos.sim.grid.workloads import Mix, mixed

SCALE: Final = 10.0  # how much faster than ours the servers' time passes
MIX: Final = Mix(programs_per_s=1.2, length_s=150.0, shares=(0.5, 0.0, 0.15, 0.35), cancelled=0.0)
SERVERS: Final = 2


@contextmanager
def servers(count: int) -> Iterator[tuple[str, ...]]:
    """Loopback servers as processes of their own."""
    command = [sys.executable, "-m", "ergos.sim.loopback", "--mode", "engine", "--scale", f"{SCALE:g}"]
    command += ["--port", "0", "--print-port"]
    started = [
        subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    try:
        ports = [process.stdout.readline().strip() for process in started if process.stdout is not None]
        yield tuple(f"http://127.0.0.1:{port}" for port in ports)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=10)
            if process.stdout is not None:
                process.stdout.close()


def agreement_row(plan: Plan) -> Row:
    """The simulator against real servers in scaled time."""
    ratios: list[float] = []
    real = expected = 0.0
    for seed in range(plan.sized(3, 1)):
        workload = mixed(f"agreement {seed}", MIX)
        with servers(SERVERS) as urls:
            finished = asyncio.run(played(workload, urls, scale=SCALE, model="loopback-1"))
        simulation = simulated(workload, EngineShape(), SERVERS)
        real = mean([program.model_ns / 1e9 for program in finished])
        expected = mean([program.model_ns / 1e9 for program in simulation])
        ratios.append(real / expected)
        said(f"  servers {real:.3f} s, simulator {expected:.3f} s: {ratios[-1]:.4f}")
    middle = statistics.median(ratios)
    return Row(
        measure="simulator against OpenAI-compatible servers in scaled time: mean model time of a program",
        target="within 5 %",
        ours=f"servers {real:.2f} s",
        rival=f"simulator {expected:.2f} s",
        ratio=f"{middle:.3f}x [{min(ratios):.3f} .. {max(ratios):.3f}]",
        met=abs(middle - 1.0) <= 0.05,
    )
