"""What models are saying right now, for who watches a process: pieces of answers that are not recorded yet.

    tap = Tap(kernel.machine)
    async for event in tap.watch(pid): ...

Rules: memory only and bounded; nothing is kept while nobody watches, and the kernel is not told to pour then; the
record is the truth, what is seen here may be called off or said anew.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from ergos.base.ids import Pid
from ergos.kernel.models import Delta, ReasoningDelta, TextDelta, ToolCallDelta
from ergos.runtime.machine import Machine

PIECES_MAX: Final = 10_000  # pieces that wait for one watcher; a slower one loses the oldest
WATCHERS_MAX: Final = 200  # watchers at once
_DELTA: Final[msgspec.json.Decoder[Delta]] = msgspec.json.Decoder(Delta)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A piece."""

    key: str
    """Of the call."""
    text: str = ""
    thought: str = ""
    tool: str = ""
    """A tool it is about to ask for."""
    anew: bool = False
    """It begins; what was said under this key before is void."""


class _Watcher:
    def __init__(self) -> None:
        self.pieces: Final[deque[Said]] = deque(maxlen=PIECES_MAX)
        self.came: Final = asyncio.Event()


class Tap:
    """Who watches which process of one kernel."""

    def __init__(self, machine: Machine) -> None:
        self._machine: Final = machine
        self._watchers: Final[dict[Pid, list[_Watcher]]] = {}

    @property
    def full(self) -> bool:
        """Whether no more can watch."""
        return sum(map(len, self._watchers.values())) >= WATCHERS_MAX

    async def watch(self, pid: Pid, beat_s: float) -> AsyncGenerator[Said | None, None]:
        """The pieces of a process's model calls as they come; None: it begins, or nothing came for so long.

        Belongs to one loop.
        """
        watcher = _Watcher()
        self._watchers.setdefault(pid, []).append(watcher)
        self._machine.pour = self._poured
        try:
            yield None
            while True:
                try:
                    async with asyncio.timeout(beat_s):
                        await watcher.came.wait()
                except TimeoutError:
                    yield None
                    continue
                watcher.came.clear()
                while watcher.pieces:
                    yield watcher.pieces.popleft()
        finally:
            mine = self._watchers.get(pid, [])
            if watcher in mine:
                mine.remove(watcher)
            if not mine:
                self._watchers.pop(pid, None)
            if not self._watchers:
                self._machine.pour = None

    def _poured(self, pid: Pid, key: str, piece: bytes) -> None:
        watchers = self._watchers.get(pid)
        if not watchers:
            return
        said = _said(key, piece)
        for watcher in watchers:
            watcher.pieces.append(said)
            watcher.came.set()


def _said(key: str, piece: bytes) -> Said:
    if not piece:
        return Said(key=key, anew=True)
    match _DELTA.decode(piece):
        case TextDelta(text):
            return Said(key=key, text=text)
        case ReasoningDelta(text):
            return Said(key=key, thought=text)
        case ToolCallDelta(name=name):
            return Said(key=key, tool=name)
