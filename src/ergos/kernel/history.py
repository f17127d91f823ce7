"""What an open turn already did: the fold of its records by call.

Rules: pure; the same records give the same history; the order of first appearance is kept, because a program
that asks for something else has diverged from the first call it left out.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ergos.kernel.calls import Call, Hold
from ergos.kernel.events import Answered, Asked, Body, Called, Doubted, Intended, Refused, Repeated, Restarted, Resulted


class Past(msgspec.Struct):
    """One call of the open turn so far."""

    call: Call
    intended: bool = False
    hold: Hold | None = None
    """Set aside and not settled."""
    grant: str | None = None
    result: Resulted | Called | Refused | None = None
    at_ns: int = 0
    """When it was answered."""
    known: int = 0
    """How many calls of the turn were known when it was answered."""
    asked: Asked | None = None
    verdict: Answered | None = None
    """The owner's answer to the approval or question."""
    doubt: Doubted | None = None
    repeated: bool = False
    """It was started before, so it may have been billed even if it is called off now."""
    resolution: Answered | None = None
    """The owner's decision about the call in doubt, until it is carried out."""


def history(records: Iterable[tuple[int, Body]]) -> dict[str, Past]:
    """Calls by key, in order of first appearance, from (time, record) pairs. Cost: O(records)."""
    past: dict[str, Past] = {}
    for at_ns, record in records:
        note(past, at_ns, record)
    return past


def note(past: dict[str, Past], at_ns: int, record: Body) -> None:
    """Take one more record into a history."""
    match record:
        case Intended(call, hold, grant):
            found = past.setdefault(call.key, Past(call))
            found.call, found.intended, found.hold, found.grant = call, True, hold, grant
        case Called(call) | Refused(call):
            found = past.setdefault(call.key, Past(call))
            found.result, found.at_ns, found.known = record, at_ns, len(past)
        case Asked(call=call):
            past.setdefault(call.key, Past(call)).asked = record
        case Resulted(key):
            found = past[key]
            found.result, found.at_ns, found.hold, found.known = record, at_ns, None, len(past)
        case Repeated(key, hold=hold):
            past[key].hold, past[key].repeated = hold, True
            past[key].doubt = past[key].resolution = None
        case Doubted(key):
            past[key].doubt = record
        case Answered(_, key):
            found = past.get(key)
            if found is None:
                return  # an answer to another turn's item
            if found.doubt is not None and found.result is None:
                found.resolution = record
            else:
                found.verdict = record
        case Restarted():
            for found in past.values():
                if _worth_repeating(found, len(past)):
                    found.result = None
        case _:
            pass


def _worth_repeating(past: Past, calls: int) -> bool:
    """After a crash of the program, a failure of the world is not replayed but tried again, where that is safe.

    It is not safe once the program has gone on to other calls: another answer now could lead it past them.
    """
    result = past.result
    return (
        past.known == calls
        and isinstance(result, Resulted)
        and result.failure is not None
        and result.failure.code.startswith("E5")
        and past.call.effect in {"pure", "idempotent"}
    )


def answer_seen(result: Resulted | Called | Refused | None) -> bytes:
    """What the loop breaker compares of an answer."""
    if isinstance(result, Resulted | Called) and result.failure is None:
        return bytes(result.value)
    return repr(result.failure).encode() if result is not None else b""
