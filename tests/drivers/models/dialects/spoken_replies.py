"""Replies as drivers stream them: everything in pieces, a part of it, or nothing before the end."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ergos.drivers.models.dialects.spoken import Stamp
from ergos.kernel.models import Delta, Reasoning, ReasoningDelta, Reply, Text, TextDelta, ToolCall, ToolCallDelta

STAMP = Stamp(id="0a1b2c", model="m-asked", created_s=1_700_000_000)
LAST = b"\n\n"


def deltas(reply: Reply, seed: int) -> list[Delta]:
    """A reply in pieces of random lengths."""
    random, found, calls = Random(seed), list[Delta](), 0
    for part in reply.parts:
        whole = (
            part.arguments if isinstance(part, ToolCall) else part.text if isinstance(part, Text | Reasoning) else ""
        )
        pieces, at = list[str](), 0
        while at < len(whole):
            size = random.randint(1, 9)
            pieces.append(whole[at : at + size])
            at += size
        match part:
            case Text():
                found += [TextDelta(piece) for piece in pieces]
            case Reasoning():
                found += [ReasoningDelta(piece) for piece in pieces]
            case ToolCall():
                found.append(ToolCallDelta(index=calls, id=part.id, name=part.name))
                found += [ToolCallDelta(index=calls, arguments=piece) for piece in pieces]
                calls += 1
            case _:
                pass
    return found


def streamed(make: Callable[..., object], body: dict[str, object], reply: Reply, seed: int, share: float) -> bytes:
    """The events of a reply of which this share of the deltas was streamed."""
    stream = make(body, STAMP)
    spoken = deltas(reply, seed)
    events = [stream.delta(delta) for delta in spoken[: round(len(spoken) * share)]]  # type: ignore[attr-defined]
    return b"".join((*events, stream.end(reply)))  # type: ignore[attr-defined]
