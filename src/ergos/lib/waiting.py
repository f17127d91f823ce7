"""Waiting, as a program asks for it: until a time, for a while, or for what the triggers of its definition tell.

Rules: a program that waits is a row; nothing of it is in memory.
"""

from __future__ import annotations

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.lib.surroundings import Deferred, Surroundings


class Waiting(Surroundings):
    """What a program sees of time and of the outside."""

    def sleep_until(self, at_ns: int) -> Deferred[int]:
        """Wait until a time (UTC nanoseconds); the time it then is."""
        return self._call("sleep_until", "timer", {"at_ns": int(at_ns)}, _integer)

    def watch(self) -> Deferred[dict[str, int | None]]:
        """Be woken by the triggers of the definition, by exactly these; when each is due next (None: when it is told).

        What happens comes as a message whose `trigger` is set. Asked again it changes only what the definition changed.
        """
        return self._call("watch", "triggers", {}, _times)

    def sleep(self, seconds: float) -> Deferred[int]:
        """Wait for a while."""
        return self.sleep_until(self._now_ns + int(seconds * SECOND))


def _integer(value: Plain) -> int:
    assert isinstance(value, int), value
    return value


def _times(value: Plain) -> dict[str, int | None]:
    return {name: at if isinstance(at, int) else None for name, at in value.items()} if isinstance(value, dict) else {}
