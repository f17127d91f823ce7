"""What the ledger and the tools say about habits: the mean cost of an agent's process, and the tools' definitions.

Rules: reads beside the kernel and changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from ergos.app.home import Home
from ergos.app.mining.decisions import Started
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.drivers.tools.catalogue import BuiltinParts, builtins, workspaces_of
from ergos.kernel.packages import ToolSpec

PROCESSES_MAX: Final = 500  # processes whose cost is looked up, the newest


async def costs_of(reads: SqliteReads, started: Sequence[Started]) -> dict[str, int]:
    """Micro-dollars that a process of each agent cost on average."""
    newest = started[-PROCESSES_MAX:]
    _, meters = await reads.books(tuple(f"process/{one.pid}" for one in newest))
    spent: dict[str, list[int]] = defaultdict(list)
    for one in newest:
        meter = meters.get(f"process/{one.pid}")
        spent[one.agent].append(meter.spent.microusd if meter is not None else 0)
    return {agent: sum(each) // len(each) for agent, each in spent.items()}


def tools_of(home: Home) -> dict[str, ToolSpec]:
    """The built-in tools' definitions."""
    settings = home.settings
    parts = BuiltinParts(workspaces=workspaces_of(home.folder, settings.owner, settings.tools), settings=settings.tools)
    return {name: tool.spec for name, tool in builtins(parts).items()}
