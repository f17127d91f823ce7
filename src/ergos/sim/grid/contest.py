"""The contest: the same programs under every policy, on replicas of an engine, or against a cloud's limits.

Rules: pure; one seed at a time, so that seeds can run side by side. A run is named by its policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Final

from ergos.kernel.models import EndpointSpec, Limits
from ergos.kernel.scheduler.wants import Rules
from ergos.sim.grid.baselines import Affinity, Barrier, RoundRobin
from ergos.sim.grid.cloud import Cloud, CloudShape
from ergos.sim.grid.cloud_clients import AllKnowing, Backoff, Clairvoyant, Cooldown, RetryAfter
from ergos.sim.grid.des import Replica, Simulation
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.grid.late_binding import LateBinding
from ergos.sim.grid.orders import Fifo, Plas, Shortest, Vtc
from ergos.sim.grid.policies import Kernel, Policy
from ergos.sim.grid.program_admission import OracleAdmission
from ergos.sim.grid.programs import Workload
from ergos.sim.grid.scenarios import Scenario
from ergos.sim.grid.statistics import Digest, digest
from ergos.sim.grid.workloads import Mix, mixed

REPLICAS: Final = 3
SHAPE: Final = EngineShape(block_tokens=128)
MIX: Final = Mix(programs_per_s=1.0, length_s=1_200.0)
HERD: Final = Mix(programs_per_s=10.0, length_s=30.0, shares=(0.5, 0.0, 0.15, 0.35), burst_factor=1.0, cancelled=0.0)
"""Three hundred agents that begin within half a minute; no coding sessions, whose contexts no such account allows."""
CLOUD: Final = CloudShape(requests_per_minute=240, tokens_per_minute=600_000)
CLOUD_NAME: Final = "cloud"

Specs = tuple[EndpointSpec, ...]
Maker = Callable[[Specs], Policy]


def specs(shape: EngineShape = SHAPE, replicas: int = REPLICAS) -> Specs:
    """What a gateway knows of the engines."""
    limits = Limits(slots=shape.sequences_max, kv_tokens=shape.kv_tokens)
    return tuple(
        EndpointSpec(
            name=f"replica-{number}",
            model="model",
            dialect="openai.chat",
            local=True,
            limits=limits,
            replica_of="model",
        )
        for number in range(replicas)
    )


def _names(endpoints: Specs) -> tuple[str, ...]:
    return tuple(spec.name for spec in endpoints)


def _kernel(quantum: float, *, pooled: bool = False) -> Maker:
    return lambda endpoints: Kernel(endpoints, Rules(quantum_tokens=quantum), pooled=pooled)


OURS: Final = "ErgOS"
UNFAIR: Final = "ErgOS, Q = inf"
ORACLE: Final = "SRPT oracle"
SHORTEST: Final = "SRPT oracle, calls only"
POLICIES: Final[dict[str, Maker]] = {
    "FIFO round robin": lambda endpoints: RoundRobin(_names(endpoints)),
    "FIFO affinity": lambda endpoints: Affinity(_names(endpoints)),
    "AIOS barrier": lambda endpoints: Barrier(_names(endpoints)),
    "FIFO late binding": lambda endpoints: LateBinding(endpoints, Fifo()),
    "VTC": lambda endpoints: LateBinding(endpoints, Vtc()),
    "PLAS": lambda endpoints: LateBinding(endpoints, Plas()),
    ORACLE: OracleAdmission,
    OURS: _kernel(Rules().quantum_tokens),
    UNFAIR: _kernel(inf),
}
ABLATIONS: Final[dict[str, Maker]] = {
    SHORTEST: lambda endpoints: LateBinding(endpoints, Shortest()),
    "ErgOS, Q = 0": _kernel(0.0),
    "ErgOS, Q = 60k": _kernel(60_000.0),
    "ErgOS, Q = 1M": _kernel(1_000_000.0),
    "ErgOS, kinds pooled": _kernel(Rules().quantum_tokens, pooled=True),
}
DECLARED: Final = frozenset({ORACLE, SHORTEST})
"""Runs in which wants say truly what their program still needs."""


def contest(workload: Workload, names: Iterable[str], shape: EngineShape = SHAPE) -> dict[str, Digest]:
    """One workload under these policies."""
    programs = {program.pid: program for program in workload.programs}
    found: dict[str, Digest] = {}
    for name in names:
        endpoints = specs(shape)
        policy = (POLICIES | ABLATIONS)[name](endpoints)
        replicas: dict[str, Replica] = {spec.name: Engine(shape) for spec in endpoints}
        scenario = Scenario(workload=workload, block_tokens=shape.block_tokens, declared=name in DECLARED)
        found[name] = digest(Simulation(scenario, replicas, policy).run(), programs, shape)
    return found


def seeded(seed: int, names: Iterable[str], mix: Mix = MIX) -> dict[str, Digest]:
    """One seed of the mixed workload."""
    return contest(mixed(seed, mix), names)


CLAIRVOYANT: Final = "all-knowing, shortest first"
DECLARING: Final = "ErgOS, declared"
CLOUD_POLICIES: Final = ("back-off", "Retry-After", "cooldown", "all-knowing", CLAIRVOYANT, OURS, DECLARING)


def cloud_spec(shape: CloudShape) -> EndpointSpec:
    """What a gateway knows of the cloud."""
    limits = Limits(requests_per_minute=shape.requests_per_minute, tokens_per_minute=shape.tokens_per_minute)
    return EndpointSpec(name=CLOUD_NAME, model="model", dialect="openai.chat", limits=limits)


def clouded(seed: int, names: Iterable[str] = CLOUD_POLICIES, mix: Mix = HERD) -> dict[str, Digest]:
    """One seed of the herd against a cloud's limits."""
    workload = mixed(seed, mix)
    programs = {program.pid: program for program in workload.programs}
    spec = cloud_spec(CLOUD)
    found: dict[str, Digest] = {}
    for name in names:
        cloud = Cloud(CLOUD)
        makers: dict[str, Callable[[], Policy]] = {
            "back-off": lambda: Backoff(CLOUD_NAME, seed),
            "Retry-After": lambda: RetryAfter(CLOUD_NAME),
            "cooldown": lambda: Cooldown(CLOUD_NAME),
            "all-knowing": lambda cloud=cloud: AllKnowing(CLOUD_NAME, cloud.buckets),
            CLAIRVOYANT: lambda cloud=cloud: Clairvoyant(CLOUD_NAME, cloud.buckets),
            OURS: lambda: Kernel((spec,)),
            DECLARING: lambda: Kernel((spec,)),
        }
        scenario = Scenario(workload=workload, declared=name in {CLAIRVOYANT, DECLARING})
        outcome = Simulation(scenario, {CLOUD_NAME: cloud}, makers[name]()).run()
        found[name] = digest(outcome, programs, SHAPE)
    return found
