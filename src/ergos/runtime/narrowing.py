"""An agent as it works for a peer: its definition within bounds, and the grants in force within them.

Rules: bounds only take away, and what is made here is within them whatever the definition says: grants of tools are cut
to those named, ceilings to the lower one, triggers are gone (a task is one piece of work, not a service). Its name has
the peer's in it, so that it has its own memory, its own meters and its own grants. A confirmed grant widens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from ergos.base.ids import Pid
from ergos.base.money import Amount
from ergos.kernel.bounds import Bounds, bound_name, narrowed, task_meter
from ergos.kernel.labels import Label
from ergos.kernel.ledger import UNCAPPED, Ceiling
from ergos.kernel.packages import Definition
from ergos.kernel.permission.grants import Grant, Permit

_NONE: Final = Amount(UNCAPPED, UNCAPPED)


def within(definition: Definition, bounds: Bounds | None) -> Definition:
    """A definition held to these bounds; the same where there are none."""
    if bounds is None:
        return definition
    agent = bound_name(definition.agent, bounds.peer)
    caps = msgspec.structs.replace(definition.caps, process=_lower(definition.caps.process, bounds.process))
    grants = tuple(cut for grant in definition.grants for cut in _cut(grant, agent, bounds))
    return msgspec.structs.replace(definition, agent=agent, grants=grants, caps=caps, triggers=(), bounds=bounds)


def permitted(permits: tuple[Permit, ...], bounds: Bounds | None) -> tuple[Permit, ...]:
    """Those of the grants in force that lie within the bounds: an owner's own for every agent do not widen them."""
    if bounds is None or bounds.tools is None:
        return permits
    return tuple(
        one for one in permits if one.grant.verb != "act" or narrowed(one.grant.name, bounds.tools) == (one.grant.name,)
    )


def ceilings(bounds: Bounds | None, pid: Pid, owner: str) -> tuple[Ceiling, ...]:
    """What a process within these bounds spends from together with others."""
    if bounds is None:
        return ()
    task = Ceiling("task", task_meter(bounds.root or pid), bounds.process or _NONE)
    if not bounds.purse:
        return (task,)
    return task, Ceiling("peer", f"peer/{owner}/{bounds.purse}", bounds.purse_max or _NONE)


def meant_for(label: Label, peer: str) -> bool:
    """Whether a peer may be shown what has this label: what is meant for certain readers is meant for nobody else."""
    return label.readers is None or peer in label.readers


def _cut(grant: Grant, agent: str, bounds: Bounds) -> Iterable[Grant]:
    """What is left of a grant, for the agent under its name."""
    mine = msgspec.structs.replace(grant, agent=agent if grant.agent != "*" else "*")
    if grant.verb == "act":
        return [msgspec.structs.replace(mine, name=name) for name in narrowed(grant.name, bounds.tools)]
    if grant.verb == "send" and not grant.name.endswith(".*"):
        return [msgspec.structs.replace(mine, name=bound_name(grant.name, bounds.peer))]
    return [mine]


def _lower(mine: Amount | None, theirs: Amount | None) -> Amount | None:
    """The lower of two ceilings, part by part; a negative part is none."""
    if mine is None or theirs is None:
        return theirs if mine is None else mine
    return Amount(_tighter(mine.microusd, theirs.microusd), _tighter(mine.tokens, theirs.tokens))


def _tighter(first: int, second: int) -> int:
    return max(first, second) if first < 0 or second < 0 else min(first, second)
