"""What a record says, in a few words: 'act mail.send', 'done', 'E302'.

Rules: pure; names and codes only, never a text of a program or a stranger; what is not known here says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from ergos.kernel.calls import Call, Failure
from ergos.kernel.events import (
    Answered,
    Armed,
    Asked,
    Attached,
    Called,
    Committed,
    Disarmed,
    Doubted,
    Equipped,
    Exited,
    Fired,
    Intended,
    Refused,
    Repeated,
    Replayed,
    Restarted,
    Resulted,
    Signalled,
    Spawned,
    Woken,
    decode_body,
)
from ergos.kernel.own_events import (
    Booted,
    Capped,
    Checkpoint,
    Granted,
    Halted,
    Inquired,
    Pinned,
    Reached,
    Revoked,
    TurnedAway,
)

SUMMARY_CHARS_MAX: Final = 120  # characters of a summary


def summary(body: bytes) -> str:
    """Of the bytes of a record; '' where nothing can be said."""
    try:
        found = decode_body(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    say = _SAYINGS.get(type(found))
    return say(found)[:SUMMARY_CHARS_MAX] if say is not None else ""


def _call(call: Call) -> str:
    return f"{call.kind} {call.name}".strip() if call.name != call.kind else call.kind


def _with(text: str, failure: Failure | None) -> str:
    return text if failure is None else f"{text}: {failure.code}"


def _resulted(body: Resulted) -> str:
    if body.failure is not None:
        return body.failure.code
    if body.faults:
        return "not accepted"
    return body.provider


_SAYINGS: Final[dict[type, Callable[[Any], str]]] = {
    Spawned: lambda body: body.agent,
    Woken: lambda body: body.cause,
    Equipped: lambda _: "",
    Intended: lambda body: _call(body.call),
    Resulted: _resulted,
    Called: lambda body: _with(_call(body.call), body.failure),
    Attached: lambda body: f"start {body.life}",
    Replayed: lambda _: "",
    Refused: lambda body: _with(_call(body.call), body.failure),
    Repeated: lambda body: body.why,
    Doubted: lambda body: f"item {body.item}",
    Asked: lambda body: f"{body.what} {_call(body.call)}" if body.what == "approval" else body.what,
    Answered: lambda body: f"{body.verdict} by {body.by}",
    Armed: lambda body: body.trigger.name,
    Disarmed: lambda body: body.name,
    Fired: lambda body: body.name if body.how == "met" else f"{body.name}: {body.how}",
    Committed: lambda _: "",
    Exited: lambda body: _with(body.state, body.failure),
    Restarted: lambda body: body.failure.code,
    Signalled: lambda body: f"{body.signal} by {body.by}",
    Booted: lambda body: body.version,
    Halted: lambda body: f"{'on' if body.on else 'off'} by {body.by}",
    Capped: lambda body: body.owner,
    Granted: lambda body: f"{body.grant.verb} {body.grant.name} to {body.grant.agent}",
    Revoked: lambda body: body.grant,
    Pinned: lambda body: body.name if body.digest else f"{body.name}: taken back",
    Inquired: lambda body: body.about,
    Reached: lambda body: f"{body.method} {body.host}" + (": refused" if body.refusal else ""),
    TurnedAway: lambda body: f"{body.surface}: {body.count:,} of {body.peer or 'nobody known'}: {body.why}",
    Checkpoint: lambda body: f"up to {body.seq}",
}
