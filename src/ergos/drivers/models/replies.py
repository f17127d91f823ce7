"""Replies whole and in pieces: the deltas a reply would have come in, and a fair count of tokens where nobody counts.

Rules: pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from ergos.base.canonical import encode
from ergos.kernel.models import (
    Delta,
    ModelRequest,
    Part,
    Reasoning,
    ReasoningDelta,
    Reply,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
)

TOKEN_BYTES: Final = 4  # bytes of UTF-8 in one token, on average over languages; for drivers that have no tokenizer


def deltas_of(reply: Reply) -> Iterator[Delta]:
    """A reply as it would have streamed: each part in one piece."""
    calls = 0
    for part in reply.parts:
        match part:
            case Text():
                yield TextDelta(part.text)
            case Reasoning():
                yield ReasoningDelta(part.text)
            case ToolCall():
                yield ToolCallDelta(calls, part.id, part.name, part.arguments)
                calls += 1
            case _:
                pass


def counted(request: ModelRequest, parts: tuple[Part, ...]) -> Usage:
    """Tokens of a call by its bytes; for drivers that have no tokenizer of their own."""
    return Usage(input_tokens=_tokens(request), output_tokens=sum(_tokens(part) for part in parts))


def _tokens(value: object) -> int:
    return -(-len(encode(msgspec.to_builtins(value))) // TOKEN_BYTES)
