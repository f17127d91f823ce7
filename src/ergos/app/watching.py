"""The watchers of a kernel, made when the first trigger is armed: a kernel whose agents wait for nothing pays for none.

Rules: composes; decides nothing. They tell the kernel they are attached to, and nobody before that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.kernel.triggers import AnyTrigger, Bell, Looked, Watching

if TYPE_CHECKING:
    from ergos.drivers.watchers.outside import LateBell, OutsideWatchers


class LazyWatchers:
    """`OutsideWatchers`, once there is something to look at."""

    def __init__(self, make: Callable[[LateBell], OutsideWatchers]) -> None:
        self._make: Final = make
        self._real: OutsideWatchers | None = None
        self._bell: Bell | None = None
        self._late: LateBell | None = None

    def attach(self, bell: Bell) -> None:
        """Whom they tell."""
        self._bell = bell
        if self._late is not None:
            self._late.bell = bell

    async def look(self, trigger: AnyTrigger, cursor: Plain, watching: Watching) -> Looked:
        """As the port says."""
        return await self._made().look(trigger, cursor, watching)

    def attend(self, trigger: AnyTrigger, watching: Watching) -> None:
        """As the port says."""
        self._made().attend(trigger, watching)

    def leave(self, pid: Pid, name: str) -> None:
        """As the port says."""
        if self._real is not None:
            self._real.leave(pid, name)

    async def close(self) -> None:
        """End what runs."""
        if self._real is not None:
            await self._real.close()
            self._real = None

    def _made(self) -> OutsideWatchers:
        if self._real is None:
            from ergos.drivers.watchers.outside import LateBell

            self._late = LateBell()
            self._late.bell = self._bell
            self._real = self._make(self._late)
        return self._real
