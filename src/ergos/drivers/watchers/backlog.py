"""Messages that were taken from their sender and cannot be delivered yet: a storm, a full mailbox, STOP.

    FOLDER/PID-MARK/00000000000000000000000-0.json

Rules: what is kept is on disk before its sender is told that it was taken, so one trigger that cannot keep up holds up
no other on the same line. What waits for a trigger is delivered in its order, and before anything that comes after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import shutil
from pathlib import Path
from typing import Final, TypeAlias

from ergos.base.errors import ErgosError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.drivers.watchers.queues import keep, taken, waiting
from ergos.kernel.triggers import Bell, Happening

RETRY_S: Final = 15.0  # seconds until what waits is offered again

Key: TypeAlias = tuple[Pid, str]


class Backlog:
    """What waits, by trigger. Belongs to one loop."""

    def __init__(self, folder: Path, bell: Bell) -> None:
        self._folder: Final = folder
        self._bell: Final = bell
        self._behind: Final[set[Key]] = set()
        self._turn: Final = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[None] | None = None
        self._closed = False

    def attend(self, key: Key) -> None:
        """Deliver what was left for this trigger."""
        if self._place(key).is_dir():
            self._behind.add(key)
            self._later(0.0)

    def leave(self, key: Key) -> None:
        """This trigger is no more, and nothing waits for it."""
        self._behind.discard(key)
        shutil.rmtree(self._place(key), ignore_errors=True)

    async def deliver(self, key: Key, happening: Happening) -> bool:
        """Deliver this, or keep it, durably on return; False: neither can be done now.

        Raises: UnknownProcessError.
        """
        if key not in self._behind:
            try:
                await self._bell.happened(*key, happening)
                return True
            except UnknownProcessError:
                raise
            except ErgosError:
                pass  # it waits
        try:
            async with self._turn:
                message = {"key": happening.key, "value": happening.value}
                await asyncio.to_thread(keep, self._place(key), message)
                self._behind.add(key)
        except (OSError, ErgosError):
            return False
        self._later(RETRY_S)
        return True

    async def close(self) -> None:
        """Deliver nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work

    def _place(self, key: Key) -> Path:
        mark = hashlib.blake2b(key[1].encode("utf-8", "replace"), digest_size=8).hexdigest()
        return self._folder / f"{key[0]}-{mark}"

    def _later(self, seconds: float) -> None:
        if not self._closed and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._all())

    async def _all(self) -> None:
        for key in sorted(self._behind):
            async with self._turn:
                await self._one(key)
        if self._behind:
            self._later(RETRY_S)

    async def _one(self, key: Key) -> None:
        place = self._place(key)
        try:
            while messages := await asyncio.to_thread(waiting, place):
                for message in messages:
                    if isinstance(message.value, dict):
                        happening = Happening(key=str(message.value.get("key")), value=message.value.get("value"))
                        await self._bell.happened(*key, happening)
                    await asyncio.to_thread(taken, place, message.file)
        except UnknownProcessError:
            self.leave(key)
        except (OSError, ErgosError):
            return
        self._behind.discard(key)
