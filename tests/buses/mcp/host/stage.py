"""What the tests of the host share: hosts for the hostile server and for real ones, errands, a vault, an owner."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest

from ergos.base.ids import Pid
from ergos.base.world_errors import SecretError
from ergos.buses.mcp.host.host import McpHost
from ergos.buses.mcp.host.opening import Patience
from ergos.drivers.host import HostClock
from ergos.kernel.confinement import Sandboxes
from ergos.kernel.mounts import Declined, Given, Pin, Question, Questions, ServerSettings, ToolDefinition
from ergos.kernel.packages import Errand, Performed

HOSTILE: Final = Path(__file__).with_name("hostile.py")
SERVERS: Final = Path(os.environ.get("ERGOS_MCP_SERVERS", Path(__file__).parents[4] / ".mcp-servers"))
"""Where scripts/mcp_servers.sh put the real ones."""
CLOCK: Final = HostClock()
QUICK: Final = Patience(open_s=30.0, list_s=20.0)


class Secrets:
    """A vault in memory."""

    def __init__(self, **kept: str) -> None:
        self.kept = kept
        self.asked: list[str] = []

    def get(self, name: str) -> str:
        self.asked.append(name)
        if name not in self.kept:
            raise SecretError(f"there is no secret {name!r}")
        return self.kept[name]

    def set(self, name: str, value: str) -> None:
        self.kept[name] = value

    def forget(self, name: str) -> bool:
        return self.kept.pop(name, None) is not None

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.kept))


class Owner:
    """Answers questions as told and remembers them."""

    def __init__(self, answer: Given | Declined) -> None:
        self.answer = answer
        self.questions: list[Question] = []

    async def ask(self, question: Question) -> Given | Declined:
        self.questions.append(question)
        return self.answer


def hostile(misdeed: str, file: str = "", **more: object) -> ServerSettings:
    """The hostile server, without a sandbox."""
    settings = ServerSettings(
        name="bad", command=sys.executable, args=(str(HOSTILE), misdeed, *([file] if file else [])), sandbox=False
    )
    return msgspec.structs.replace(settings, **more)


def host_of(
    *settings: ServerSettings,
    pins: dict[str, Pin] | None = None,
    sandboxes: Sandboxes | None = None,
    vault: Secrets | None = None,
    questions: Questions | None = None,
    patience: Patience = QUICK,
) -> McpHost:
    return McpHost(
        {one.name: one for one in settings},
        sandboxes,
        pins or {},
        clock=CLOCK,
        vault=vault,
        questions=questions,
        patience=patience,
    )


def pinned(settings: ServerSettings, *tools: ToolDefinition) -> Pin:
    return Pin(server=settings.name, identity=settings.identity, tools=tools)


ECHO: Final = ToolDefinition(
    name="echo",
    description="Gives back a text.",
    input={"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
)
"""The hostile server's one tool where its misdeed is another."""


def errand(seconds: float = 30.0, pid: int = 7) -> Errand:
    now_ns = CLOCK.now_ns()
    return Errand(
        pid=Pid(pid),
        owner="alice",
        agent="helper",
        idempotency_key="k",
        deadline_ns=now_ns + int(seconds * 1e9),
        now_ns=now_ns,
    )


async def act(host: McpHost, name: str, seconds: float = 30.0, **args: object) -> Performed:
    """A call as the runtime makes it."""
    tool = host.tool(name)
    assert tool is not None, host.why_not(name)
    return await tool.run(args, errand(seconds))  # type: ignore[arg-type]


def stage(test: Callable[[], Awaitable[None]]) -> None:
    """Run an async test; nothing it started may be left."""

    async def whole() -> None:
        await test()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if others:
            await asyncio.wait(others, timeout=10)
        assert not [task for task in others if not task.done()]

    asyncio.run(whole())


def real(path: str) -> str:
    """A real server's file, or the test is skipped."""
    found = SERVERS / path
    if not found.exists():
        pytest.skip(f"{path} is not installed: run scripts/mcp_servers.sh")
    return str(found)
