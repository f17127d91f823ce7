"""Feeds a grid as the runtime does, checks every plan, and plays endpoints that answer when told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ergos.base.ids import Pid
from ergos.kernel.models import EndpointSpec, Limits, Usage
from ergos.kernel.scheduler.grid import Grid
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.share import charge
from ergos.kernel.scheduler.wants import Ended, EndKind, Plan, Rules, Want

SECOND = 1_000_000_000


def replica(name: str, slots: int | None = 8, kv_tokens: int | None = 20_000) -> EndpointSpec:
    limits = Limits(slots=slots, kv_tokens=kv_tokens)
    return EndpointSpec(name=name, model="m", dialect="neutral", local=True, replica_of="m", limits=limits)


def cloud(name: str, **limits: int) -> EndpointSpec:
    return EndpointSpec(name=name, model="m", dialect="neutral", limits=Limits(**limits))


def want(key: str, program: int, names: Iterable[str], owner: str = "a", tokens: int = 500, **more: object) -> Want:
    given: dict[str, object] = {"kind": "k", "output_tokens": 200, **more}
    ticket = Ticket(Pid(program), key, "models")
    return Want(ticket=ticket, owner=owner, program=Pid(program), endpoints=tuple(names), input_tokens=tokens, **given)  # type: ignore[arg-type]


class Feeder:
    """A grid and what became of every want."""

    def __init__(self, specs: Iterable[EndpointSpec], rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.specs = {spec.name: spec for spec in specs}
        self.grid = Grid(self.specs.values(), self.rules)
        self.now_ns = SECOND
        self.next_ns: int | None = None
        self.wants: dict[Ticket, Want] = {}
        self.running: dict[tuple[Ticket, str], int] = {}
        """When each sending was sent."""
        self.first: set[tuple[Ticket, str]] = set()
        self.over: dict[Ticket, str] = {}
        self.starts: list[tuple[Ticket, str]] = []
        self.booked: dict[str, float] = {}
        """Weighted tokens of the usages told, by owner."""
        self.log: list[tuple[Callable[[Grid], Plan], Plan]] = []

    # Acts

    def tell(self, act: Callable[[Grid], Plan]) -> Plan:
        plan = act(self.grid)
        self.log.append((act, plan))
        self._do(plan)
        return plan

    def arrive(self, wanted: Want) -> Plan:
        self.wants[wanted.ticket] = wanted
        now = self.now_ns
        return self.tell(lambda grid: grid.arrive(wanted, now))

    def first_token(self, ticket: Ticket, endpoint: str) -> Plan:
        self.first.add((ticket, endpoint))
        now = self.now_ns
        return self.tell(lambda grid: grid.first_token(ticket, endpoint, now))

    def end(
        self, ticket: Ticket, endpoint: str, output: int = 50, cached: int = 0, kind: EndKind = "done", **more: object
    ) -> Plan:
        del self.running[ticket, endpoint]
        wanted = self.wants[ticket]
        usage = Usage(wanted.input_tokens, output, cached) if kind == "done" else Usage(known=False)
        if kind == "done":
            self.booked[wanted.owner] = self.booked.get(wanted.owner, 0.0) + charge(usage, self.rules)
        ended = Ended(ticket=ticket, endpoint=endpoint, kind=kind, usage=usage, **more)  # type: ignore[arg-type]
        others = [each for each in self.running if each[0] == ticket]
        if kind == "done" or (ended.final and not others):
            assert ticket not in self.over
            self.over[ticket] = kind
        now = self.now_ns
        return self.tell(lambda grid: grid.leave(ended, now))

    def withdraw(self, ticket: Ticket) -> Plan:
        assert ticket not in self.over
        self.over[ticket] = "withdrawn"
        now = self.now_ns
        return self.tell(lambda grid: grid.withdraw(ticket, now))

    def program_ended(self, pid: int) -> Plan:
        now = self.now_ns
        return self.tell(lambda grid: grid.program_ended(Pid(pid), now))

    def update(self, specs: Iterable[EndpointSpec]) -> Plan:
        self.specs = {spec.name: spec for spec in specs}
        now, given = self.now_ns, list(self.specs.values())
        return self.tell(lambda grid: grid.update(given, now))

    def wait(self, for_ns: int) -> None:
        """Let time pass, ticking as asked."""
        until = self.now_ns + for_ns
        for _ in range(100_000):
            if self.next_ns is None or self.next_ns > until:
                break
            self.now_ns = max(self.now_ns, self.next_ns)
            now = self.now_ns
            self.tell(lambda grid, now=now: grid.tick(now))  # type: ignore[misc]
        else:
            raise AssertionError("it asks to be ticked for ever")
        self.now_ns = until

    def drain(self, step_ns: int = SECOND // 10) -> None:
        """Answer everything, oldest first, until nothing is left."""
        idle = 0
        while len(self.over) < len(self.wants):
            self.wait(step_ns)
            if self.running:
                ticket, endpoint = next(iter(self.running))
                self.end(ticket, endpoint)
            idle = 0 if self.running else idle + 1
            assert idle < 20_000, f"nothing starts, and {len(self.wants) - len(self.over)} wait"

    # Checks

    def _do(self, plan: Plan) -> None:
        self.next_ns = plan.next_ns
        for cancel in plan.cancels:
            sending = (cancel.ticket, cancel.endpoint)
            assert sending not in self.first, "called back after its first token"
            if sending in self.running:
                del self.running[sending]
            else:
                assert cancel.ticket in self.over
        for rejection in plan.rejections:
            assert rejection.ticket not in self.over, "over twice"
            assert not any(ticket == rejection.ticket for ticket, _ in self.running)
            self.over[rejection.ticket] = "rejected"
        for start in plan.starts:
            assert start.ticket not in self.over, "started after it was over"
            wanted = self.wants[start.ticket]
            assert start.endpoint in {*wanted.endpoints, *wanted.degraded}
            assert start.endpoint in self.specs, "sent to an endpoint that is gone"
            assert any(ticket == start.ticket for ticket, _ in self.running) == start.hedge
            self.running[start.ticket, start.endpoint] = self.now_ns
            self.first.discard((start.ticket, start.endpoint))
            self.starts.append((start.ticket, start.endpoint))
        self._check_room()

    def _check_room(self) -> None:
        for name, spec in self.specs.items():
            here = [self.wants[ticket] for ticket, endpoint in self.running if endpoint == name]
            if spec.limits.slots is not None:
                assert len(here) <= spec.limits.slots, f"{len(here)} calls in {spec.limits.slots} slots"
            if spec.limits.kv_tokens is not None and len(here) > 1:
                assert sum(each.input_tokens for each in here) <= spec.limits.kv_tokens, "more than its cache holds"

    def waiting(self) -> list[Ticket]:
        running = {ticket for ticket, _ in self.running}
        return [ticket for ticket in self.wants if ticket not in self.over and ticket not in running]
