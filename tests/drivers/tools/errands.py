"""What the tests of the built-in tools share: an errand, and a call of one tool."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.drivers.sandbox.sandboxes import HostSandboxes, open_sandboxes
from ergos.drivers.tools.declaring import Builtin
from ergos.kernel.packages import Absent, Errand, Performed

RUNNERS: list[asyncio.Runner] = []
"""The loop of this session; `conftest` makes and closes it."""
BACKENDS = ("bubblewrap", "landlock")
START_NS = 1_900_000_000_000_000_000


def errand(key: str = "k1", *, agent: str = "scribe", owner: str = "alice", pid: int = 7) -> Errand:
    return Errand(
        pid=Pid(pid), owner=owner, agent=agent, idempotency_key=key, deadline_ns=START_NS + 60 * 10**9, now_ns=START_NS
    )


class Bench:
    """Some tools, called as the door calls them: misfit first, then run."""

    def __init__(self, tools: Iterable[Builtin[Any]]) -> None:
        self.tools = {tool.spec.name: tool for tool in tools}
        self._calls = 0

    async def performed(self, name: str, key: str | None = None, *, by: str = "scribe", **args: Plain) -> Performed:
        tool = self.tools[name]
        assert not (wrong := tool.misfit(args)), wrong
        self._calls += 1
        return await tool.run(args, errand(key or f"key-{self._calls}", agent=by))

    def do(self, name: str, key: str | None = None, *, by: str = "scribe", **args: Plain) -> Any:
        """Plain data, as an agent gets it."""
        return RUNNERS[0].run(self.performed(name, key, by=by, **args)).value

    def probe(self, name: str, key: str, **args: Plain) -> Performed | Absent:
        return RUNNERS[0].run(self.tools[name].probe(args, errand(key)))

    def misfit(self, name: str, **args: Plain) -> str:
        return self.tools[name].misfit(args)


@contextmanager
def confining(scratch: Path, backend: str | None = None) -> Iterator[HostSandboxes]:
    """A real sandbox; the test is skipped where this machine has none of the kind."""
    found = open_sandboxes(scratch, backend)  # type: ignore[arg-type]
    if not isinstance(found, HostSandboxes):
        pytest.skip(f"no sandbox ({backend or 'any'}): {found.why}")
    try:
        yield found
    finally:
        if RUNNERS and asyncio._get_running_loop() is None:
            RUNNERS[0].run(at_rest(found))
        found.close()


async def at_rest(sandboxes: HostSandboxes) -> None:
    """End what still waits in the sandbox, so that no pipe of it outlives its loop."""
    sandboxes.kill()
    while sandboxes._jobs:  # noqa: ASYNC110 - their ends are heard by this loop
        await asyncio.sleep(0.01)
