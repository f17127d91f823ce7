"""Which records of the journal are worth a line in the log, and what it says.

Rules: pure; names, states and codes, no content: what a program was given or said is in the journal, not in the log.
Failures keep their words, which the redactor sees.
"""

from __future__ import annotations

from ergos.app.logs.lines import Event, Field, Level
from ergos.base.ids import KERNEL
from ergos.kernel.events import Answered as AnsweredItem
from ergos.kernel.events import (
    Asked,
    Attached,
    Body,
    Doubted,
    Exited,
    Refused,
    Repeated,
    Restarted,
    Resulted,
    Signalled,
    Spawned,
)
from ergos.kernel.journal import Sealed
from ergos.kernel.own_events import Booted, Granted, Halted, Pinned, Reached, Revoked, TurnedAway

WANTED = (
    b'{"k":"boot"', b'{"k":"spawn"', b'{"k":"exit"', b'{"k":"restart"', b'{"k":"signal"', b'{"k":"ask"',
    b'{"k":"answer"', b'{"k":"doubt"', b'{"k":"refuse"', b'{"k":"repeat"', b'{"k":"attach"', b'{"k":"result"',
    b'{"k":"halt"', b'{"k":"grant"', b'{"k":"revoke"', b'{"k":"pin"', b'{"k":"reach"', b'{"k":"away"',
)  # fmt: skip
"""How the records begin that may be worth a line; the others are not decoded."""


def event_of(record: Sealed, body: Body) -> Event | None:
    """The event, or None for a record that is not worth a line."""
    found = _process(body) if record.pid != KERNEL else _kernel(body)
    if found is None:
        return None
    level, name, fields = found
    place: dict[str, Field] = {"seq": record.seq}
    if record.pid != KERNEL:
        place |= {"pid": int(record.pid), "turn": record.turn}
    return Event(at_ns=record.at_ns, level=level, event=name, fields={**place, **fields})


def _process(body: Body) -> tuple[Level, str, dict[str, Field]] | None:
    match body:
        case Spawned():
            return "info", "process.started", {"agent": body.agent, "owner": body.owner, "parent": int(body.parent)}
        case Exited():
            failure = body.failure
            said: dict[str, Field] = {} if failure is None else {"code": failure.code, "what": failure.what}
            return ("error" if body.state == "failed" else "info"), f"process.{body.state}", said
        case Restarted(failure=failure):
            return "warn", "process.restarted", {"code": failure.code, "what": failure.what}
        case Signalled():
            return "info", "process.signalled", {"signal": body.signal, "by": body.by}
        case Attached():
            return "info", "process.attached", {"life": body.life}
        case Asked():
            return "info", "inbox.asked", {"item": body.item, "what": body.what, "call": _call(body), "rule": body.rule}
        case AnsweredItem():
            return "info", "inbox.answered", {"item": body.item, "verdict": body.verdict, "by": body.by}
        case Doubted():
            return "warn", "call.in_doubt", {"item": body.item, "key": body.key}
        case Repeated():
            return "warn", "call.repeated", {"key": body.key, "why": body.why}
        case Refused(failure=failure):
            return "warn", "call.refused", {"call": _call(body), "code": failure.code, "what": failure.what}
        case Resulted(failure=failure) if failure is not None:
            return "warn", "call.failed", {"key": body.key, "code": failure.code, "what": failure.what}
        case _:
            return None


def _kernel(body: Body) -> tuple[Level, str, dict[str, Field]] | None:
    match body:
        case Booted():
            return "info", "kernel.started", {"version": body.version, "host": body.host}
        case Halted():
            return "warn", "kernel.stopped" if body.on else "kernel.released", {"by": body.by}
        case Granted():
            return "info", "grant.confirmed", {"owner": body.owner, "by": body.by, "agent": body.grant.agent}
        case Revoked():
            return "info", "grant.revoked", {"owner": body.owner, "by": body.by, "grant": body.grant}
        case Pinned():
            return "info", "tools.pinned", {"name": body.name, "by": body.by}
        case AnsweredItem():
            return "info", "inbox.answered", {"item": body.item, "verdict": body.verdict, "by": body.by}
        case Reached() if body.refusal:
            return "warn", "egress.refused", {"host": body.host, "method": body.method, "why": body.refusal}
        case TurnedAway():
            said: dict[str, Field] = {"peer": body.peer, "why": body.why, "count": body.count}
            return "warn", f"{body.surface}.turned_away", said
        case _:
            return None


def _call(body: Asked | Refused) -> str:
    return f"{body.call.kind} {body.call.name}"
