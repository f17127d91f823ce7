"""What happens when a program crashes, loops or stalls: data, and one pure decision.

A restart drives the open turn again. The journal answers the calls already made, so no effect is repeated;
only the code that failed runs once more. Too many restarts within the period, and the process has failed.

Rules: pure. Source: Erlang/OTP supervisor, restart intensity and period.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from ergos.base.clock import SECOND
from ergos.base.limits import LOOP_CALLS_MAX, RESTART_BACKOFF_S, RESTART_PERIOD_S, RESTARTS_MAX, WATCHDOG_S


class Supervision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a process is watched."""

    restart: Literal["never", "on_crash"] = "on_crash"
    restarts: int = RESTARTS_MAX
    """Restarts allowed within `period_s`."""
    period_s: float = RESTART_PERIOD_S
    backoff_s: float = RESTART_BACKOFF_S
    """Pause before the first restart; doubles with each."""
    loop_calls: int = LOOP_CALLS_MAX
    """Identical calls with identical answers in a row that count as a loop."""
    watchdog_s: float = WATCHDOG_S
    """Seconds of computing without a call that count as a stall."""


class Restart(msgspec.Struct, frozen=True):
    """Drive the open turn again after this long."""

    after_ns: int
    history: tuple[int, ...]
    """Times of the restarts within the period, this one included."""


class GiveUp(msgspec.Struct, frozen=True):
    """The process has failed."""

    why: str


Reaction: TypeAlias = Restart | GiveUp


def react(supervision: Supervision, history: tuple[int, ...], now_ns: int) -> Reaction:
    """What to do about a crash now, given when it was restarted before."""
    if supervision.restart == "never":
        return GiveUp("its supervision says never to restart")
    since = now_ns - int(supervision.period_s * SECOND)
    recent = tuple(at for at in history if at > since)
    if len(recent) >= supervision.restarts:
        return GiveUp(f"it crashed {len(recent) + 1} times within {supervision.period_s:g} seconds")
    after = int(supervision.backoff_s * SECOND) << len(recent)
    return Restart(after, (*recent, now_ns))


class LoopBreaker:
    """Counts identical calls with identical answers in a row; one for each live process."""

    __slots__ = ("_count", "_last", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._last: tuple[str, bytes] | None = None
        self._count = 0

    def looping(self, content: str, answer: bytes) -> bool:
        """Note one answered call; True when the limit is reached."""
        seen = (content, answer)
        self._count = self._count + 1 if seen == self._last else 1
        self._last = seen
        return self._count >= self._limit
