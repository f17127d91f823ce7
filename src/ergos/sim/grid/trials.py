"""Trials: what becomes of everybody when somebody lies, or an endpoint falls ill, while the kernel schedules.

Rules: pure; one seed at a time; a trial is compared with the calm run of the same seed, whose programs are the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ergos.sim.grid.cloud import Cloud
from ergos.sim.grid.contest import CLOUD, CLOUD_NAME, HERD, MIX, SHAPE, cloud_spec, specs
from ergos.sim.grid.des import Replica, Simulation
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.policies import Kernel
from ergos.sim.grid.scenarios import Fault, Scenario
from ergos.sim.grid.statistics import Digest, digest
from ergos.sim.grid.workloads import SECOND_NS, Mix, mixed

LIAR: Final = "hog"
DEATH_SHARE: Final = 0.4  # of a run's length, when the endpoint falls ill
RECOVERED_SHARE: Final = 0.6
SLOW_PERMILLE: Final = 3_000
TOO_LONG_PERMILLE: Final = 1_330
STALLS: Final = 20
HALF_PERMILLE: Final = 500
HALVED_NS: Final = 120 * SECOND_NS  # into the herd

TRIALS: Final = (
    "calm",
    "everybody declares",
    "the hog declares a tenth",
    "prompts thought a third longer",
    "a replica dies",
    "a replica is slow",
    "calls stall",
)
CLOUD_TRIALS: Final = ("calm cloud", "limits halved")


def tried(seed: int, names: Iterable[str] = TRIALS, mix: Mix = MIX) -> dict[str, Digest]:
    """One seed on replicas."""
    workload = mixed(seed, mix)
    programs = {program.pid: program for program in workload.programs}
    first = specs()[0].name
    ill_ns, well_ns = int(workload.length_ns * DEATH_SHARE), int(workload.length_ns * RECOVERED_SHARE)
    faults: dict[str, tuple[Fault, ...]] = {
        "a replica dies": (Fault(ill_ns, first, "die"), Fault(well_ns, first, "die")),
        "a replica is slow": (Fault(ill_ns, first, "slow", SLOW_PERMILLE), Fault(well_ns, first, "slow")),
        "calls stall": tuple(Fault(ill_ns + number * SECOND_NS, first, "stall") for number in range(STALLS)),
    }
    found: dict[str, Digest] = {}
    for name in names:
        scenario = Scenario(
            workload=workload,
            block_tokens=SHAPE.block_tokens,
            declared="declares" in name,
            liar=LIAR if name == "the hog declares a tenth" else "",
            estimate_permille=TOO_LONG_PERMILLE if name == "prompts thought a third longer" else 1_000,
            faults=faults.get(name, ()),
        )
        replicas: dict[str, Replica] = {spec.name: Engine(SHAPE) for spec in specs()}
        found[name] = digest(Simulation(scenario, replicas, Kernel(specs())).run(), programs, SHAPE)
    return found


def clouded_trials(seed: int, names: Iterable[str] = CLOUD_TRIALS, mix: Mix = HERD) -> dict[str, Digest]:
    """One seed of the herd against a cloud."""
    workload = mixed(seed, mix)
    programs = {program.pid: program for program in workload.programs}
    found: dict[str, Digest] = {}
    for name in names:
        halved = (Fault(HALVED_NS, CLOUD_NAME, "limit", HALF_PERMILLE),) if name == "limits halved" else ()
        scenario = Scenario(workload=workload, faults=halved)
        outcome = Simulation(scenario, {CLOUD_NAME: Cloud(CLOUD)}, Kernel((cloud_spec(CLOUD),))).run()
        found[name] = digest(outcome, programs, SHAPE)
    return found
