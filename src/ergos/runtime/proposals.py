"""A call as the policy judges it: what it would do, with what, after what was read; and what grants and an organisation
say of it.

Rules: nothing is written here; whoever asks for a decision gets both, so that no kind of call goes past a prohibition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ergos.base.canonical import Plain
from ergos.kernel.calls import Failure
from ergos.kernel.permission.grants import Permit
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.policy import Decision, Denied, Proposal, decide
from ergos.runtime.machine import Machine
from ergos.runtime.replayer import Pending, judged
from ergos.runtime.residents import Resident
from ergos.runtime.settlement import tool_of

_NOTHING: Final = Said()
_CODES: Final = {"forbidden": "E312"}
"""Codes of refusals by rule; E301 for the others."""


def proposed(resident: Resident, pending: Pending, args: dict[str, Plain] | None = None, name: str = "") -> Proposal:
    """The call of a process, with what its turn has written; `args` and `name` as `judged` has them."""
    agent, turn = resident.process.agent, resident.turn
    wrote = turn is not None and turn.written(pending)
    return judged(pending, tool_of(resident, pending.call), agent=agent, name=name, args=args, wrote=wrote)


def decided(machine: Machine, resident: Resident, proposal: Proposal, permits: Sequence[Permit]) -> Decision:
    """Step 2: what an owner's grants say of a call; a prohibition goes before whatever they allow."""
    permits = machine.charter.judged(resident, proposal, permits)
    decision = decide(proposal, permits, said(resident), machine.now_ns)
    if isinstance(decision, Denied):
        return decision
    return forbidden(machine, resident, proposal) or decision


def forbidden(machine: Machine, resident: Resident, proposal: Proposal) -> Denied | None:
    """An organisation's prohibition of a call, whatever grants say."""
    rules = machine.parts.prohibitions
    why = rules.forbids(resident.process.owner, proposal) if rules is not None else ""
    return Denied("forbidden", why) if why else None


def denial(denied: Denied) -> Failure:
    """What the program is told."""
    return Failure(code_of(denied), f"{denied.rule}: {denied.why}")


def code_of(denied: Denied) -> str:
    """The code of a refusal."""
    return _CODES.get(denied.rule, "E301")


def said(resident: Resident) -> Said:
    """What the owner and trusted sources said to the program in its open turn."""
    return _NOTHING if resident.turn is None else resident.turn.said
