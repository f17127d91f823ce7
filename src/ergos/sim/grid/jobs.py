"""What an engine is, what it is given and what it says: its shape, calls, events, a tally.

Rules: plain records, integers only, units last.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Order = Literal["fcfs", "priority"]


class EngineShape(msgspec.Struct, frozen=True, kw_only=True):
    """How big and how fast an engine is."""

    sequences_max: int = 64
    """Calls it works on at once."""
    iteration_tokens_max: int = 4_096
    """Tokens read and written in one iteration."""
    kv_tokens: int = 160_000
    block_tokens: int = 64
    base_ns: int = 8_000_000
    """Of an iteration."""
    read_ns: int = 60_000
    """Of a prompt token that was not cached."""
    write_ns: int = 30_000
    """Of a decoding call, in each iteration."""
    context_ns: int = 80
    """Of a token of context that an iteration attends to."""
    order: Order = "fcfs"


class Job(msgspec.Struct, frozen=True, gc=False):
    """A call as an engine sees it."""

    id: int
    prompt_tokens: int
    """> 0."""
    output_tokens: int
    """What it will write; > 0."""
    blocks: tuple[int, ...] = ()
    """Names of the full blocks of prompt and output; it may be shorter: what has no name is not shared."""
    priority: int = 0
    """Lower is better; only an engine with order `priority` looks at it."""


EventKind = Literal["first", "done", "preempted", "refused", "failed", "limited"]
"""Its first token is there; all are; it is read again later; it is larger than the engine; the engine died; 429."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """Something happened to a call."""

    kind: EventKind
    job: int
    at_ns: int
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt, found in the cache when it first joined."""
    output_tokens: int = 0
    retry_after_ns: int = 0
    """Of a limited one."""
    requests_left: int | None = None
    """What a cloud said, when the call came, that its limits still cover; None: it has none."""
    tokens_left: int | None = None


class Tally(msgspec.Struct):
    """What an engine has done since it began."""

    busy_ns: int = 0
    iterations: int = 0
    read_tokens: int = 0
    """Prompt tokens computed, again after preemption included."""
    cached_tokens: int = 0
    """Prompt tokens found."""
    written_tokens: int = 0
    preempted: int = 0
