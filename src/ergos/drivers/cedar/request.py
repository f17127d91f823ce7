"""A proposal as Cedar sees it: principal, action, resource, their entities, and the context.

| Cedar | is |
|---|---|
| principal `Agent::"name"` | the agent; attributes `name`, `owner`; in `Owner::"alice"` |
| action `Action::"act"` | the verb: act, think, send, spawn |
| resource `Tool::"mail.send"` | the tool; attributes `name`, `reach`; in `Server::"mail"` |
| resource `Task::"sum"`, `Agent::"writer"` | what is thought about; who is written to or started |
| `context.args` | the arguments as plain data, a record |
| `context.integrity` | "user", "trusted" or "untrusted": the worst of all that was read |
| `context.readers` | who may see what was read, a set; absent: anybody |
| `context.modelled` | a model has answered in this turn |
| `context.recipients` | everybody named in an argument whose role is recipient, a set of texts |
| `context.domains` | of each of them the host, in small letters; of one without a host, the name itself |

Plain data become Cedar's so that no other value is taken for them: whole numbers are Long, as are fractions without a
part behind the point; other fractions of up to four digits are `decimal`; a number that fits neither is the text of it,
so that a rule which compares it fails, and a rule that fails forbids. What is null is left out. A list is a set.

Rules: pure; what cannot be said in Cedar raises Unsayable and is forbidden by whoever asks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ergos.base.canonical import Plain
from ergos.kernel.permission.policy import Proposal

DEPTH_MAX: Final = 32  # levels of one argument; Cedar answers nothing from 200 on
CONTEXT_BYTES_MAX: Final = 1024 * 1024  # bytes of one context; more takes longer to judge than a call may wait
LONG_MAX: Final = 2**63 - 1
_EXACT_MAX: Final = 2**53  # above it, a float names several whole numbers
_DECIMAL_DIGITS: Final = 4
_DECIMAL_MAX: Final = Decimal("922337203685477.5807")  # Cedar's decimal: a Long in ten-thousandths
_RESOURCES: Final = {"act": "Tool", "think": "Task", "send": "Agent", "spawn": "Agent"}


class Unsayable(ValueError):  # noqa: N818 - it is no error of anybody's: an outcome that is caught one level up
    """Something about a call has no counterpart in Cedar."""


class Asked(msgspec.Struct, frozen=True):
    """One request."""

    request: dict[str, object]
    entities: list[dict[str, object]]


def asked(owner: str, proposal: Proposal) -> Asked:
    """The request of a proposal. Raises: Unsayable."""
    kind = _RESOURCES.get(proposal.verb, "Thing")
    context: dict[str, object] = {
        "args": _record(proposal.args, 0),
        "integrity": proposal.label.integrity,
        "modelled": proposal.modelled or proposal.label.modelled,
        "recipients": sorted(set(recipients(proposal))),
        "domains": sorted({_domain(one) for one in recipients(proposal)}),
    }
    if proposal.label.readers is not None:
        context["readers"] = sorted(map(_text, proposal.label.readers))
    request: dict[str, object] = {
        "principal": {"type": "Agent", "id": _text(proposal.agent)},
        "action": {"type": "Action", "id": _text(proposal.verb)},
        "resource": {"type": kind, "id": _text(proposal.name)},
        "context": _bounded(context),
    }
    return Asked(request, _entities(owner, proposal, kind))


def recipients(proposal: Proposal) -> Iterator[str]:
    """Everybody a call names as a recipient."""
    for argument, value in proposal.args.items():
        if proposal.roles.get(argument) == "recipient":
            yield from _texts(value, 0)


def _entities(owner: str, proposal: Proposal, kind: str) -> list[dict[str, object]]:
    agent: dict[str, object] = {
        "uid": {"type": "Agent", "id": proposal.agent},
        "attrs": {"name": proposal.agent, "owner": _text(owner)},
        "parents": [{"type": "Owner", "id": owner}],
    }
    if kind == "Agent":
        return [agent] if proposal.name == proposal.agent else [agent, _other(proposal.name)]
    server = proposal.name.partition(".")[0]
    resource: dict[str, object] = {
        "uid": {"type": kind, "id": proposal.name},
        "attrs": {"name": proposal.name, "reach": proposal.reach},
        "parents": [{"type": "Server", "id": server}] if kind == "Tool" else [],
    }
    return [agent, resource]


def _other(name: str) -> dict[str, object]:
    return {"uid": {"type": "Agent", "id": name}, "attrs": {"name": name}, "parents": []}


def _bounded(context: dict[str, object]) -> str:
    encoded = msgspec.json.encode(context)
    if len(encoded) > CONTEXT_BYTES_MAX:
        raise Unsayable(f"the arguments have more than {CONTEXT_BYTES_MAX:,} bytes")
    return encoded.decode()


def _record(value: dict[str, Plain], depth: int) -> dict[str, object]:
    if depth > DEPTH_MAX:
        raise Unsayable(f"an argument is nested deeper than {DEPTH_MAX} levels")
    found: dict[str, object] = {}
    for key, inner in value.items():
        if key.startswith("__"):  # Cedar reads {"__entity": ...} as another kind of value
            raise Unsayable(f"an argument has a field {key[:40]!r}, which Cedar would take for something else")
        if inner is not None:
            found[_text(key)] = _value(inner, depth + 1)
    return found


def _value(value: Plain, depth: int) -> object:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -LONG_MAX - 1 <= value <= LONG_MAX else _huge(value)
    if isinstance(value, float):
        return _fraction(value)
    if isinstance(value, dict):
        return _record(value, depth)
    if depth > DEPTH_MAX:
        raise Unsayable(f"an argument is nested deeper than {DEPTH_MAX} levels")
    return [_value(inner, depth + 1) for inner in value or () if inner is not None]


def _huge(value: int) -> str:
    """The digits of a number beyond 64 bits; of one beyond all reason, that it is one."""
    return str(value) if value.bit_length() <= 4_096 else f"{'-' if value < 0 else ''}huge"


def _fraction(value: float) -> object:
    if not math.isfinite(value):
        raise Unsayable("an argument is not a finite number")
    if value.is_integer():
        return int(value) if abs(value) <= _EXACT_MAX else str(int(value))
    exact = Decimal(repr(value))
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= _DECIMAL_DIGITS and abs(exact) <= _DECIMAL_MAX:
        return {"__extn": {"fn": "decimal", "arg": f"{exact:f}"}}
    return repr(value)


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unsayable("a text holds half of a letter") from error
    return text


def _texts(value: Plain, depth: int) -> Iterator[str]:
    if depth > DEPTH_MAX:
        raise Unsayable(f"an argument is nested deeper than {DEPTH_MAX} levels")
    if isinstance(value, str):
        yield _text(value)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, depth + 1)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner, depth + 1)
    elif value is not None:
        yield str(_value(value, depth))


def _domain(recipient: str) -> str:
    """The host of a mail or web address, as far as everybody reads it alike; else the whole."""
    lower = recipient.strip().lower()
    if "://" in lower:
        try:
            parts = urlsplit(lower)
            plain = parts.username is None and "\\" not in lower and lower.isascii()
            return parts.hostname or lower if plain else lower
        except ValueError:
            return lower
    mailbox, at, host = lower.rpartition("@")
    return host if at and mailbox and host.isascii() and host.replace(".", "").replace("-", "").isalnum() else lower
