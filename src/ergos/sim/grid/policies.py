"""What decides which call runs where and when: the port of the simulator, and the scheduler of the kernel behind it.

Rules: a policy sees wants and ends, never a program's future, unless a want declares it; whoever feeds it does what a
plan says, in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from ergos.base.ids import Pid
from ergos.kernel.models import EndpointSpec
from ergos.kernel.scheduler.grid import Grid
from ergos.kernel.scheduler.queues import Ticket
from ergos.kernel.scheduler.wants import Ended, Plan, Rules, Want


class Policy(Protocol):
    """An order of calls."""

    def arrive(self, want: Want, now_ns: int) -> Plan:
        """A call wants to run."""
        ...

    def first_token(self, ticket: Ticket, endpoint: str, now_ns: int) -> Plan:
        """A sending began to answer."""
        ...

    def leave(self, ended: Ended, now_ns: int) -> Plan:
        """A sending ended."""
        ...

    def withdraw(self, ticket: Ticket, now_ns: int) -> Plan:
        """A call that waits is not wanted any more."""
        ...

    def tick(self, now_ns: int) -> Plan:
        """Time passed."""
        ...

    def program_ended(self, pid: Pid, now_ns: int) -> Plan:
        """It makes no more calls."""
        ...

    def answers(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """Which callers get their answer now that this one is there."""
        ...


class Kernel(Grid):
    """The scheduler of the kernel."""

    def __init__(self, endpoints: Iterable[EndpointSpec], rules: Rules | None = None, *, pooled: bool = False) -> None:
        super().__init__(endpoints, rules)
        self._pooled = pooled
        """Whether it is kept from knowing one kind of agent from another."""

    def arrive(self, want: Want, now_ns: int) -> Plan:
        """A call wants to run."""
        return super().arrive(self.seen(want), now_ns)

    def seen(self, want: Want) -> Want:
        """A want as it sees it."""
        return msgspec.structs.replace(want, kind="any") if self._pooled else want

    def answers(self, ticket: Ticket) -> tuple[Ticket, ...]:
        """Each its own."""
        return (ticket,)
