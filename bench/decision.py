"""What one decision of the scheduler costs: microseconds per `arrive` and per `leave` while 10,000 calls wait.

    python -m bench.decision [WAITING] [OWNERS]

Programs of 64 owners make calls one after another on eight replicas with a cache limit; whenever one call ends, its
program's next one arrives, so that the queue keeps its length. Prints one JSON object.
"""

from __future__ import annotations

import gc
import json
import random
import sys
import time
from collections import deque

from ergos.base.ids import Pid
from ergos.kernel.models import EndpointSpec, Limits, Usage
from ergos.kernel.scheduler.grid import Grid
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import Ended, Plan, Rules, Want

WAITING = 10_000
OWNERS = 64
REPLICAS = 8
CALLS = 20_000
STEP_NS = 20_000_000


class Load:
    """Programs, what they run, and the time each decision took."""

    def __init__(self, owners: int) -> None:
        self.chance = random.Random(1)
        specs = [
            EndpointSpec(
                name=f"r{n}",
                model="m",
                dialect="neutral",
                local=True,
                replica_of="m",
                limits=Limits(slots=64, kv_tokens=160_000),
            )
            for n in range(REPLICAS)
        ]
        self.names = tuple(spec.name for spec in specs)
        self.grid = Grid(specs, Rules())
        self.owners = owners
        self.now_ns = 0
        self.count = 0
        self.running: deque[tuple[Ticket, str]] = deque()
        self.wants: dict[Ticket, Want] = {}
        self.tick_ns: int | None = None
        self.arrive_ns: list[int] = []
        self.leave_ns: list[int] = []
        self.ticks_ns: list[int] = []

    def do(self, plan: Plan) -> None:
        """What a plan says."""
        self.running += [(start.ticket, start.endpoint) for start in plan.starts]
        self.tick_ns = plan.next_ns

    def arrive(self, pid: int, context: int) -> None:
        """A call of a program with so many tokens of context."""
        self.count += 1
        want = Want(
            ticket=Ticket(Pid(pid), str(self.count), "models"),
            owner=f"owner {pid % self.owners}",
            program=Pid(pid),
            kind=f"kind {pid % 7}",
            endpoints=self.names,
            input_tokens=context,
            output_tokens=1_024,
            prefix=tuple(
                (pid % 7 * 1_000 + n if n < 4 else pid * 1_000 + n, 512 * (n + 1)) for n in range(context // 512)
            ),
        )
        self.wants[want.ticket] = want
        begin = time.perf_counter_ns()
        plan = self.grid.arrive(want, self.now_ns)
        self.arrive_ns.append(time.perf_counter_ns() - begin)
        self.do(plan)

    def end(self) -> Want:
        """The oldest running call is answered."""
        ticket, endpoint = self.running.popleft()
        want = self.wants.pop(ticket)
        self.do(self.grid.first_token(ticket, endpoint, self.now_ns))
        usage = Usage(want.input_tokens, self.chance.randrange(20, 400), int(0.8 * want.input_tokens))
        begin = time.perf_counter_ns()
        plan = self.grid.leave(Ended(ticket=ticket, endpoint=endpoint, usage=usage), self.now_ns)
        self.leave_ns.append(time.perf_counter_ns() - begin)
        self.do(plan)
        return want

    def step(self) -> None:
        """Time passes."""
        self.now_ns += STEP_NS
        if self.tick_ns is not None and self.tick_ns <= self.now_ns:
            begin = time.perf_counter_ns()
            plan = self.grid.tick(self.now_ns)
            self.ticks_ns.append(time.perf_counter_ns() - begin)
            self.do(plan)
        if not self.running:
            return
        want = self.end()
        if self.chance.random() < 0.1:
            self.do(self.grid.program_ended(want.program, self.now_ns))
            self.arrive(self.count + 1_000_000, self.chance.randrange(1_000, 6_000))
        else:
            self.arrive(want.program, want.input_tokens + 200)


def spread(times_ns: list[int]) -> dict[str, float]:
    ordered = sorted(times_ns)
    at = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    return {name: round(ordered[int(share * (len(ordered) - 1))] / 1_000, 1) for name, share in at.items()}


def measured(waiting: int = WAITING, owners: int = OWNERS, calls: int = CALLS) -> dict[str, object]:
    load = Load(owners)
    for n in range(waiting + 200):
        load.arrive(n + 1, load.chance.randrange(1_000, 12_000))
    for _ in range(calls // 4):
        load.step()
    for times in (load.arrive_ns, load.leave_ns, load.ticks_ns):
        times.clear()
    gc.collect()
    gc.freeze()
    for _ in range(calls):
        load.step()
    view = load.grid.snapshot()
    return {
        "waiting": view.waiting,
        "owners": owners,
        "decisions": len(load.arrive_ns) + len(load.leave_ns),
        "decision_us": spread(load.arrive_ns + load.leave_ns),
        "arrive_us": spread(load.arrive_ns),
        "leave_us": spread(load.leave_ns),
        "tick_us": spread(load.ticks_ns or [0]),
    }


if __name__ == "__main__":
    print(json.dumps(measured(*(int(argument) for argument in sys.argv[1:3])), indent=2))
