"""A call as the policy judges it: what it would do, with what, after what was read.

Rules: nothing is decided or written here.
"""

from __future__ import annotations

from typing import Final

from ergos.base.canonical import Plain
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.policy import Proposal
from ergos.runtime.replayer import Pending
from ergos.runtime.residents import Resident
from ergos.runtime.settlement import tool_of

_NOTHING: Final = Said()


def proposed(resident: Resident, pending: Pending, args: dict[str, Plain] | None = None, name: str = "") -> Proposal:
    """The call; `args` and `name` stand for it where the policy sees others than the program gave."""
    call, turn = pending.call, resident.turn
    tool = tool_of(resident, call)
    return Proposal(
        agent=resident.process.agent,
        verb=call.kind,
        name=name or call.name,
        args=pending.request.args if args is None else args,
        label=call.label,
        reach="read" if tool is None else tool.spec.goes,
        roles={} if tool is None else tool.spec.roles,
        modelled=call.label.modelled,
        wrote=turn is not None and turn.written(pending),
    )


def said(resident: Resident) -> Said:
    """What the owner and trusted sources said to the program in its open turn."""
    return _NOTHING if resident.turn is None else resident.turn.said
