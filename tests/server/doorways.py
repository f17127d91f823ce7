"""A doorway without a kernel: answers from a script, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from ergos.base.clock import SECOND, ManualClock
from ergos.base.ids import Pid
from ergos.drivers.http.message import HttpLimits
from ergos.kernel.models import Dialect, EndpointSpec
from ergos.kernel.syscalls import Answer
from ergos.server.gate import GateServer
from tests.drivers.http.wires import HOST, until

TOKEN: Final = "ergos-1-secret"
OTHER: Final = "ergos-2-secret"
SPECS: Final = (
    EndpointSpec(name="openai/gpt-x", model="gpt-x", dialect="openai.chat"),
    EndpointSpec(name="local/qwen:8b", model="qwen:8b", dialect="openai.chat", local=True),
)

Sink = Callable[[bytes], None]
Mind = Callable[[Dialect, dict[str, Any], "Sink | None"], Awaitable[Answer]]


def came(body: str, media_type: str = "application/json", status: int = 200) -> Answer:
    return Answer({"status": status, "type": media_type, "body": body})


class ScriptedDoorway:
    """Two processes, and one mind for both."""

    def __init__(self, mind: Mind) -> None:
        self.tokens: dict[bytes, Pid] = {self._digest(TOKEN): Pid(1), self._digest(OTHER): Pid(2)}
        self.asked: list[tuple[Pid, Dialect, dict[str, Any]]] = []
        self.answered = 0
        self.undelivered = 0
        self._mind = mind

    @staticmethod
    def _digest(token: str) -> bytes:
        return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()

    def pid_of(self, token: str) -> Pid | None:
        return self.tokens.get(self._digest(token))

    async def call(
        self, pid: Pid, dialect: Dialect, body: dict[str, Any], *, sink: Sink | None, gone: Callable[[], bool]
    ) -> Answer:
        self.asked.append((pid, dialect, body))
        answer = await self._mind(dialect, body, sink)
        self.answered += 1
        self.undelivered += gone()
        return answer

    def models(self) -> tuple[EndpointSpec, ...]:
        return SPECS


def streaming(events: list[str], *, media_type: str = "text/event-stream", pause_s: float = 0.0) -> Mind:
    """Sends all events but the last as they come; the recorded body has them all."""

    async def mind(dialect: Dialect, body: dict[str, Any], sink: Sink | None) -> Answer:
        if sink is not None:
            for event in events[:-1]:
                sink(event.encode())
                await asyncio.sleep(pause_s)
        return came("".join(events), media_type)

    return mind


def answering(answer: Answer) -> Mind:
    async def mind(dialect: Dialect, body: dict[str, Any], sink: Sink | None) -> Answer:
        return answer

    return mind


@asynccontextmanager
async def gated(
    mind: Mind, limits: HttpLimits | None = None, **more: Any
) -> AsyncIterator[tuple[ScriptedDoorway, GateServer, int]]:
    doorway = ScriptedDoorway(mind)
    gate = GateServer(doorway, clock=ManualClock(1_700_000_000 * SECOND), limits=limits, **more)
    port = await gate.start(HOST)
    try:
        yield doorway, gate, port
    finally:
        await gate.stop()
        await until(lambda: not gate.connections)
