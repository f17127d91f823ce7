"""ErgOS, an operating system for AI agents: it turns metered tokens into verified work.

What an author of agents writes against is re-exported here, lazily, so that `import ergos` costs
next to nothing. Everything else is imported from the module that defines it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.3.0"

if TYPE_CHECKING:
    from ergos.lib.agent import Context, Idle
    from ergos.lib.task import Task
    from ergos.lib.tool import tool

__all__ = ["Context", "Idle", "Task", "__version__", "tool"]

_HOMES = {
    "Context": "ergos.lib.agent",
    "Idle": "ergos.lib.agent",
    "Task": "ergos.lib.task",
    "tool": "ergos.lib.tool",
}


def __getattr__(name: str) -> object:
    """Import a public name from its home module on first use."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(name)
