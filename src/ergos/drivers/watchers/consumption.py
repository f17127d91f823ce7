"""Takes messages out of the queues of a home and tells those who attend to them.

Rules: messages of a queue are told in their order, each to everybody who attends; a message that somebody cannot take
now (a storm, a full mailbox, STOP) waits, and those behind it. Nobody polls: a datagram says that there is something,
and once a minute each queue that is attended to is looked at, for messages that were put there without one.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import Final, TypeAlias

from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.drivers.watchers.queues import Message, hung, queue_folder, taken, waiting
from ergos.kernel.triggers import Bell, Happening

GATHER_S: Final = 0.2  # seconds from the first who attends until messages are told, so that all of a boot are there
LOOK_S: Final = 60.0  # seconds between two looks at the folders
LOOK_DEAF_S: Final = 5.0  # the same where no bell hangs
RETRY_S: Final = 15.0  # seconds until a message that could not be taken is offered again
RINGS_READ_MAX: Final = 1_000  # datagrams read at once; they all say the same

Key: TypeAlias = tuple[Pid, str]


class Consumption:
    """The queues of one home. Belongs to one loop."""

    def __init__(self, home: Path, bell: Bell) -> None:
        self._home: Final = home
        self._bell: Final = bell
        self._attending: Final[dict[Key, str]] = {}
        self._line: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[None] | None = None
        self._again = False
        self._closed = False

    def attend(self, key: Key, queue: str) -> None:
        """Tell this trigger what comes."""
        first = not self._attending
        self._attending[key] = queue
        if first and self._line is None and not self._closed:
            self._line = hung(self._home)
            if self._line is not None:
                asyncio.get_running_loop().add_reader(self._line, self._heard)
        self._later(GATHER_S)

    def leave(self, key: Key) -> None:
        """No more."""
        self._attending.pop(key, None)

    async def close(self) -> None:
        """Tell nothing more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._line is not None:
            asyncio.get_running_loop().remove_reader(self._line)
            self._line.close()
            self._line = None
        if self._work is not None:
            self._work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._work

    def _heard(self) -> None:
        if self._line is None:
            return
        with contextlib.suppress(BlockingIOError, OSError):
            for _ in range(RINGS_READ_MAX):
                self._line.recv(16)
        self._later(0.0)

    def _later(self, seconds: float) -> None:
        if self._closed:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._work is not None and not self._work.done():
            self._again = True
            return
        if self._attending:
            self._work = asyncio.get_running_loop().create_task(self._all())

    async def _all(self) -> None:
        wait_s = LOOK_S if self._line is not None else LOOK_DEAF_S
        while True:
            self._again = False
            for queue in sorted(set(self._attending.values())):
                if not await self._one(queue):
                    wait_s = min(wait_s, RETRY_S)
            if not self._again:
                break
        if self._timer is None:  # else somebody rang meanwhile, and is not to wait for the next look
            self._later(wait_s)

    async def _one(self, queue: str) -> bool:
        """Tell what stands in a queue; False: something has to wait."""
        folder = queue_folder(self._home, queue)
        while True:
            try:
                messages = await asyncio.to_thread(waiting, folder)
                for message in messages:
                    if not await self._told(queue, message):
                        return False
                    await asyncio.to_thread(taken, folder, message.file)
            except OSError:
                return False  # the disk may come back
            if not messages:
                return True

    async def _told(self, queue: str, message: Message) -> bool:
        """Tell everybody; whether all who attend have it durably, and somebody does."""
        value: Plain = {"topic": queue, "value": message.value}
        heard = False
        for key in [key for key, name in self._attending.items() if name == queue]:
            try:
                await self._bell.happened(*key, Happening(key=message.key, value=value))
                heard = True
            except UnknownProcessError:
                self._attending.pop(key, None)
            except ErgosError:
                return False
        return heard
