"""The pulse of a kernel: tells whoever waits that something durable was written, and how far.

Faces that show things live wait here instead of looking again and again: an idle kernel costs them nothing.

Rules: one look at the store for all who wait; what is told is durable; nobody is told more often than once in
BEAT_S, however busy the kernel is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from ergos.base.errors import NotRunningError

BEAT_S: Final = 0.1  # seconds between two beats of a busy kernel: faster than a person sees
WAIT_S_MAX: Final = 60.0  # seconds one wait lasts at most, so that who is gone is noticed


class Beating(Protocol):
    """The kernel, as the pulse hears it."""

    def listen(self, heard: Callable[[], None], /) -> Callable[[], None]:
        """Be told whenever something is written; the return value ends it."""
        ...


class Pulse:
    """Of one kernel. `head`: makes durable what was written, and returns the last record's place."""

    def __init__(self, kernel: Beating, head: Callable[[], Awaitable[int]]) -> None:
        self._head: Final = head
        self._stirred = 0
        self._waiting: Final[set[asyncio.Future[None]]] = set()
        self._due: asyncio.TimerHandle | None = None
        self._deaf: Final = kernel.listen(self._heard)
        self.closed = False
        """The kernel ends: whoever tells others what moved stops doing so."""

    def close(self) -> None:
        """Hear no more; who waits is let go, now and from now on."""
        self._deaf()
        self.closed = True
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self._beat()

    async def moved(self, after_seq: int, within_s: float = WAIT_S_MAX) -> int:
        """The place of the last durable record, as soon as it is behind this one; or what it is after so long.

        Raises: StoreError; NotRunningError once it is closed.
        """
        if self.closed:
            raise NotRunningError("the kernel stops", remedy="ask again when it runs")
        loop = asyncio.get_running_loop()
        until = loop.time() + min(max(within_s, 0.0), WAIT_S_MAX)
        while True:
            stirred = self._stirred
            seq = await self._head()
            left = until - loop.time()
            if seq > after_seq or left <= 0 or self.closed:
                return seq
            if stirred != self._stirred:  # while it looked, and nobody waited who could have been told
                await asyncio.sleep(min(BEAT_S, left))
                continue
            beat: asyncio.Future[None] = loop.create_future()
            self._waiting.add(beat)
            try:
                async with asyncio.timeout(left):
                    await beat
            except TimeoutError:
                return seq
            finally:
                self._waiting.discard(beat)

    def _heard(self) -> None:
        self._stirred += 1
        if self._due is None and self._waiting:
            self._due = asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def _beat(self) -> None:
        self._due = None
        for beat in list(self._waiting):
            if not beat.done():
                beat.set_result(None)
