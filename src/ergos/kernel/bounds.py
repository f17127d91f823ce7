"""What a process is held to that works for somebody else than its owner: a peer, and whatever its processes start.

Rules: bounds only take away. They stand in the definition, so they hold in every later turn, for every child and for
a newer version of the agent. Decides nothing; who applies them is `runtime/narrowing`.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.ids import KERNEL, Pid
from ergos.base.money import Amount

MARK: Final = "@"
"""Between an agent's name and its peer's, in the name of what works for that peer: no agent on disk has it."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """For whom it works, with what, at what cost."""

    peer: str
    """Name of the peer."""
    tools: tuple[str, ...] | None = None
    """Tools it may use of those the agent has: exact names, or prefixes ending in '.*'; None: the agent's."""
    process: Amount | None = None
    """Ceiling of a process with all that it starts; a negative part means none."""
    root: Pid = KERNEL
    """The process that all this was started by; `KERNEL`: this one."""
    purse: str = ""
    """What it spends from together with others of its peer: a name that says since when; '': nothing."""
    purse_max: Amount | None = None
    """Ceiling of that."""


def bound_name(agent: str, peer: str) -> str:
    """What an agent is called where it works for a peer: its own memory, meters and grants."""
    return f"{agent.partition(MARK)[0]}{MARK}{peer}"


def task_meter(root: Pid) -> str:
    """Where what a process spends is counted together with what all that it starts does."""
    return f"task/{root}"


def handed_on(bounds: Bounds | None, pid: Pid) -> Bounds | None:
    """The bounds of what a process starts: it spends from what that process may."""
    return bounds if bounds is None or bounds.root else msgspec.structs.replace(bounds, root=pid)


def narrowed(pattern: str, tools: tuple[str, ...] | None) -> tuple[str, ...]:
    """The part of a grant's name, a tool or a prefix ending in '.*', that lies within these; (): none of it."""
    if tools is None:
        return (pattern,)
    found: list[str] = []
    for one in tools:
        if _within(pattern, one):
            return (pattern,)
        if _within(one, pattern) and one not in found:
            found.append(one)
    return tuple(found)


def _within(inner: str, outer: str) -> bool:
    """Whether everything the inner pattern names is named by the outer one."""
    return inner == outer or (outer.endswith(".*") and inner.startswith(outer[:-1]))
