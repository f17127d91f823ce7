"""Approvals: what an owner is shown, and whether what they said counts for a call (rule 4).

An approval is this call, once: it is bound to the tool's definition, the arguments, the grant, the process and the
rules in force, it expires, it is used by the one call that asked, and it is checked again when that call starts.

Rules: what is shown is what is bound. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.ids import Digest
from ergos.base.limits import APPROVAL_TTL_S
from ergos.base.money import Amount, format_money
from ergos.kernel.events import Asked
from ergos.kernel.history import Past
from ergos.kernel.permission.policy import Ask, approval_digest
from ergos.kernel.rights import Case
from ergos.kernel.rows import Item
from ergos.kernel.values import Packed
from ergos.runtime.replayer import OpenTurn, Pending
from ergos.runtime.residents import Resident

ARGUMENT_CHARS: Final = 80  # characters of each argument of a read as shown


_VERBS: Final = {"act": "use", "think": "solve"}
"""As the sentences of grants have it."""


def bound_to(resident: Resident, pending: Pending, grant: str) -> Digest:
    """What an approval of this call under this grant is bound to."""
    call, process = pending.call, resident.process
    return approval_digest(
        tool=call.tool,
        content=call.content,
        grant=grant,
        pid=process.pid,
        turn=process.turn,
        key=call.key,
        label=call.label,
    )


def denied(past: Past | None) -> str:
    """That the owner said no to exactly this call, which counts whatever grants say by now; '' if they did not."""
    verdict = past.verdict if past is not None else None
    if verdict is None or verdict.verdict != "deny":
        return ""
    comment = comment_of(verdict.value)
    return f"{verdict.by} denied this call" + (f": {comment}" if comment else "")


def comment_of(value: Packed) -> str:
    """What whoever decided said beside yes or no; '' for nothing, and for what is no short text."""
    raw = bytes(value)
    return str(msgspec.json.decode(raw)) if raw.startswith(b'"') else ""


def case_of(item: Item, agent: str, call: Plain, *, reserved: Callable[[str], bool]) -> Case:
    """An inbox item as its decision is judged. `call`: as it is shown; `reserved`: whether a tool is."""
    if item.kind == "question" or not isinstance(call, dict):
        return Case(owner=item.owner, agent=agent, kind=item.kind)
    tool, arguments = str(call.get("tool", "")), call.get("arguments")
    return Case(
        owner=item.owner,
        agent=agent,
        kind=item.kind,
        tool=tool,
        arguments=arguments if isinstance(arguments, dict) else {},
        reserved=reserved(tool),
    )


def refusal(past: Past, asked: Asked, bound: Digest, now_ns: int) -> str | None:
    """Why an approval does not count: '' if it does, None while its owner has time to answer."""
    verdict = past.verdict
    if verdict is None and now_ns < asked.expires_ns:
        return None
    if verdict is None or verdict.verdict == "expired":
        return "the approval expired before the owner answered"
    if no := denied(past):
        return no
    if asked.digest != bound:
        return "this is not the call that was approved"
    return ""


def shown(resident: Resident, pending: Pending, ask: Ask, worst: Amount) -> Plain:
    """The exact call for its owner: what, with what, under which grant, why it is asked, what was read before."""
    call = pending.call
    return {
        "tool": call.name,
        "arguments": pending.request.args,
        "effect": call.effect,
        "costs_at_most": format_money(worst.microusd),
        "why": ask.why,
        "rule": ask.rule,
        "grant": ask.grant,
        "definition": call.tool,
        "read_before": list(reads(resident.turn)),
    }


def item_of(
    resident: Resident, pending: Pending, ask: Ask, number: int, worst: Amount, call: Packed, now_ns: int
) -> Item:
    """The inbox item of a call that its owner decides."""
    process, asked = resident.process, pending.call
    cost = f", at most {format_money(worst.microusd)}" if worst.microusd else ""
    return Item(
        id=number,
        pid=process.pid,
        key=asked.key,
        owner=process.owner,
        kind="approval",
        asked_ns=now_ns,
        expires_ns=now_ns + APPROVAL_TTL_S * SECOND,
        text=f"{process.agent} wants to {_VERBS.get(asked.kind, asked.kind)} {asked.name}"
        f" ({asked.effect}{cost}): {ask.why}",
        call=call,
        digest=bound_to(resident, pending, ask.grant),
    )


def reads(turn: OpenTurn | None) -> tuple[str, ...]:
    """What the program read in its open turn from sources nobody vouches for, the last first, in short."""
    found: list[str] = []
    for call in reversed(turn.read if turn is not None else ()):
        args = ", ".join(f"{name}={_short(bytes(value))}" for name, value in call.args.items())
        found.append(f"{call.kind} {call.name}({args})")
    return tuple(found)


def _short(packed: bytes) -> str:
    text = packed.decode("utf-8", "replace")
    if text.startswith('{"$'):
        return "…"
    return text if len(text) <= ARGUMENT_CHARS else text[: ARGUMENT_CHARS - 1] + "…"
