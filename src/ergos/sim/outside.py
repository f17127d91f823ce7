"""An outside world for triggers in simulation: what happens there is a list, and a look reads on from its cursor.

Rules: the world is the truth that deliveries are held against; a look may fail, take long, or be lost with its kernel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.kernel.labels import UNTRUSTED
from ergos.kernel.triggers import AnyTrigger, Bell, Happening, Looked, Watching

LOOK_S: Final = 0.2  # seconds a look takes in virtual time


class SimWatchers:
    """Watchers over happenings that a test writes down."""

    def __init__(self, again_s: int | None = None, fails: Callable[[], bool] = lambda: False) -> None:
        """`again_s`: seconds between looks; None: only when rung. `fails`: whether the next look does."""
        self.world: Final[dict[str, list[Plain]]] = {}
        """By name of the trigger, in order."""
        self.attended: Final[set[tuple[Pid, str]]] = set()
        self.looks = 0
        self.bell: Bell | None = None
        self._again_s: Final = again_s
        self._fails: Final = fails

    def happens(self, name: str, value: Plain) -> None:
        """Something happens out there, and whoever attends to it is rung."""
        self.world.setdefault(name, []).append(value)
        if self.bell is not None:
            for pid, attended in sorted(self.attended):
                if attended == name:
                    self.bell.ring(pid, name)

    async def goes_on(self, draw: Callable[[int], int]) -> None:
        """Something happens in a folder now and then, for ever. `draw(n)`: a number below n."""
        while True:
            await asyncio.sleep(1 + draw(60))
            self.happens("inbox", f"file {draw(1_000)}")

    async def look(self, trigger: AnyTrigger, cursor: Plain, watching: Watching) -> Looked:
        """What was written down since the cursor."""
        self.looks += 1
        await asyncio.sleep(LOOK_S)
        if self._fails():
            return Looked(fault="the line is dead")
        there = self.world.get(trigger.name, [])
        seen = cursor if isinstance(cursor, int) else len(there)
        found = tuple(
            Happening(key=str(number), value=there[number], label=UNTRUSTED) for number in range(seen, len(there))
        )
        again_ns = None if self._again_s is None else watching.now_ns + self._again_s * SECOND
        return Looked(happenings=found, cursor=len(there), again_ns=again_ns)

    def attend(self, trigger: AnyTrigger, watching: Watching) -> None:
        """Ring from now on."""
        self.attended.add((watching.pid, trigger.name))

    def leave(self, pid: Pid, name: str) -> None:
        """Ring no more."""
        self.attended.discard((pid, name))
