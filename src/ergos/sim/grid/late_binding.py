"""A gateway that holds calls back and sends only what fits an engine's places and memory, in some order.

Rules: `policies.Policy`; a call fits where its prompt and what calls of its kind write on average fit beside those
under way; it goes where its program's last one went if it fits there, else to the least full; if the first in order
fits nowhere, all wait.
"""

from __future__ import annotations

from typing import Final, Protocol

from ergos.base.ids import Pid
from ergos.kernel.models import EndpointSpec
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import NOTHING, Ended, Plan, Rejection, Start, Want
from ergos.sim.grid.baselines import RESENDINGS_MAX, start

FILL_SHARE: Final = 0.95  # of an engine's memory
OUTPUT_GUESS_TOKENS: Final = 256.0  # before any call of a kind has ended
OUTPUT_MEMORY: Final = 0.05  # weight of the newest call in a kind's mean


class Flying:
    """A call under way."""

    __slots__ = ("endpoint", "failures", "need", "sent_ns", "want")

    def __init__(self, want: Want, failures: int) -> None:
        self.want = want
        self.failures = failures
        self.endpoint = ""
        self.need = 0.0
        self.sent_ns = 0


class Rooms:
    """Places and memory of engines, and what calls under way take of them."""

    def __init__(self, specs: tuple[EndpointSpec, ...]) -> None:
        self.names: Final = tuple(spec.name for spec in specs)
        self.slots: Final = {spec.name: spec.limits.slots or 1 for spec in specs}
        self.memory: Final = {spec.name: FILL_SHARE * (spec.limits.kv_tokens or 0) for spec in specs}
        self.running: Final = dict.fromkeys(self.names, 0)
        self.taken: Final = dict.fromkeys(self.names, 0.0)
        self._outputs: Final[dict[str, float]] = {}

    def need(self, want: Want) -> float:
        """Tokens of memory a call will take."""
        return want.input_tokens + min(self._outputs.get(want.kind, OUTPUT_GUESS_TOKENS), want.output_tokens)

    def learn(self, kind: str, output_tokens: int) -> None:
        """What a call wrote."""
        mean = self._outputs.get(kind, float(output_tokens))
        self._outputs[kind] = mean + OUTPUT_MEMORY * (output_tokens - mean)

    def fits(self, name: str, need: float) -> bool:
        """Whether there is a place and memory; an empty engine takes anything."""
        running = self.running[name]
        return running < self.slots[name] and (self.taken[name] + need <= self.memory[name] or not running)

    def choose(self, last: str, need: float) -> str:
        """The last one if it fits there, else the least full that it fits; '' for none."""
        if last and self.fits(last, need):
            return last
        fitting = [name for name in self.names if self.fits(name, need)]
        return min(fitting, key=lambda name: self.taken[name]) if fitting else ""


class Order(Protocol):
    """Which of the calls that wait is the next."""

    def push(self, want: Want, now_ns: int) -> None:
        """A call waits."""
        ...

    def first(self, now_ns: int) -> Want | None:
        """The next one."""
        ...

    def pop(self, want: Want, now_ns: int) -> None:
        """The next one is sent."""
        ...

    def remove(self, ticket: Ticket) -> None:
        """A call waits no more."""
        ...

    def served(self, flying: Flying, ended: Ended, now_ns: int) -> None:
        """A call is answered."""
        ...

    def forget(self, program: Pid) -> None:
        """A program is over."""
        ...


class LateBinding:
    """Holds calls back, in an order."""

    def __init__(self, specs: tuple[EndpointSpec, ...], order: Order) -> None:
        self.rooms: Final = Rooms(specs)
        self.order: Final = order
        self._homes: Final[dict[Pid, str]] = {}
        self._flying: Final[dict[Ticket, Flying]] = {}
        self._failures: Final[dict[Ticket, int]] = {}

    def arrive(self, want: Want, now_ns: int) -> Plan:
        """It waits, perhaps for no time."""
        self.order.push(want, now_ns)
        return self._send(now_ns)

    def first_token(self, ticket: Ticket, endpoint: str, now_ns: int) -> Plan:
        """Of no interest."""
        del ticket, endpoint, now_ns
        return NOTHING

    def leave(self, ended: Ended, now_ns: int) -> Plan:
        """There may be room for the next ones."""
        flying = self._flying.pop(ended.ticket)
        self.rooms.running[flying.endpoint] -= 1
        self.rooms.taken[flying.endpoint] -= flying.need
        refused: tuple[Rejection, ...] = ()
        if ended.kind == "done":
            self.rooms.learn(flying.want.kind, ended.usage.output_tokens)
            self.order.served(flying, ended, now_ns)
        elif not ended.final and flying.failures >= RESENDINGS_MAX:
            refused = (Rejection(ticket=ended.ticket, why="it failed too often"),)
        elif not ended.final:
            self._failures[ended.ticket] = flying.failures + 1
            self.order.push(flying.want, now_ns)
        return Plan(rejections=refused, starts=self._send(now_ns).starts)

    def withdraw(self, ticket: Ticket, now_ns: int) -> Plan:
        """It waits no more."""
        self.order.remove(ticket)
        return self._send(now_ns)

    def tick(self, now_ns: int) -> Plan:
        """Of no interest: only arrivals and ends change anything."""
        del now_ns
        return NOTHING

    def program_ended(self, pid: Pid, now_ns: int) -> Plan:
        """Its place is forgotten."""
        del now_ns
        self._homes.pop(pid, None)
        self.order.forget(pid)
        return NOTHING

    def answers(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """Each its own."""
        return (ticket,)

    def _send(self, now_ns: int) -> Plan:
        starts: list[Start] = []
        while (want := self.order.first(now_ns)) is not None:
            need = self.rooms.need(want)
            name = self.rooms.choose(self._homes.get(want.program, ""), need)
            if not name:
                break
            self.order.pop(want, now_ns)
            flying = Flying(want, self._failures.pop(want.ticket, 0))
            flying.endpoint, flying.need, flying.sent_ns = name, need, now_ns
            self._flying[want.ticket] = flying
            self._homes[want.program] = name
            self.rooms.running[name] += 1
            self.rooms.taken[name] += need
            starts.append(start(want, name))
        return Plan(starts=tuple(starts)) if starts else NOTHING
