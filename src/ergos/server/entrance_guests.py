"""Processes of foreign programs as the entrance sees them: a token is a process, for as long as that start of it lives.

Rules: a token of an earlier start, or of a process that has ended, is no token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ergos.base.errors import RefusedError, UsageError
from ergos.base.ids import Pid
from ergos.runtime.kernel import Kernel

PidOf: TypeAlias = Callable[[str], Awaitable[Pid | None]]
"""The live process whose token this is; compared so that time tells nothing about it. Raises: StoreError."""


def guests_of(kernel: Kernel) -> PidOf:
    """The guests of a running kernel."""
    guests = kernel.reactor.guests

    async def pid_of(token: str) -> Pid | None:
        visitor = guests.tokens.visitor_of(token)
        if visitor is None:
            return None
        try:
            present = await guests.present(visitor.pid)
        except (UsageError, RefusedError):
            return None  # it has ended, or never was one of these
        return visitor.pid if present == visitor else None

    return pid_of
