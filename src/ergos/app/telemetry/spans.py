"""What is told to a collector, as plain records: spans, events and measurements; and how spans get their names.

Ids follow from the journal, so that whoever tells a record twice tells the same span: a process and all its children
are one trace, a turn is a span below the process, a call one below its turn.

Rules: frozen data; times are the journal's, nanoseconds since 1970.
Source: W3C Trace Context level 2 (16 and 8 bytes, not all zero).
"""

from __future__ import annotations

import hashlib
from typing import Literal, TypeAlias

import msgspec

from ergos.base.ids import Pid

Attribute: TypeAlias = "str | bool | int | float | tuple[str, ...]"
Attributes: TypeAlias = "dict[str, Attribute]"
SpanKind: TypeAlias = Literal["internal", "server", "client"]


class SpanEvent(msgspec.Struct, frozen=True):
    """Something that happened within a span."""

    name: str
    at_ns: int
    attributes: Attributes = {}


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One finished span."""

    trace_id: bytes
    """16 bytes."""
    span_id: bytes
    """8 bytes."""
    parent_id: bytes = b""
    name: str
    kind: SpanKind = "internal"
    start_ns: int
    end_ns: int
    attributes: Attributes
    events: tuple[SpanEvent, ...] = ()
    links: tuple[tuple[bytes, bytes], ...] = ()
    """Trace and span of others it belongs to."""
    error: str | None = None
    """What went wrong; None: nothing, '': something that is not told."""


class LogEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is told for itself."""

    name: str
    at_ns: int
    trace_id: bytes
    span_id: bytes
    attributes: Attributes


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a metric."""

    metric: str
    value: float
    attributes: tuple[tuple[str, str], ...] = ()
    """Few and of few values each."""


Told: TypeAlias = Span | LogEvent | Measured


def trace_of(store: str, root: Pid) -> bytes:
    """The trace of a process that nobody spawned, and of all its children."""
    return _digest(f"{store}\0trace\0{root}")[:16]


def process_span(store: str, pid: Pid) -> bytes:
    """The span of a process."""
    return _digest(f"{store}\0process\0{pid}")[:8]


def turn_span(store: str, pid: Pid, turn: int) -> bytes:
    """The span of a turn."""
    return _digest(f"{store}\0turn\0{pid}\0{turn}")[:8]


def call_span(store: str, pid: Pid, turn: int, key: str, more: str = "") -> bytes:
    """The span of a call; `more` for another one of the same call."""
    return _digest(f"{store}\0call\0{pid}\0{turn}\0{key}\0{more}")[:8]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def sampled(trace_id: bytes, share: float) -> bool:
    """Whether this trace is told, where only a share of them is; all spans of a trace alike."""
    return int.from_bytes(trace_id[8:]) < share * 2**64


def parsed_traceparent(header: str) -> tuple[bytes, bytes] | None:
    """Trace and span of a `traceparent` header; None for what is none. Source: W3C Trace Context, section 3.2."""
    parts = header.strip().split("-")
    if len(parts) < 4 or len(parts[0]) != 2 or parts[0] == "ff" or (parts[0] == "00" and len(parts) != 4):
        return None
    _, trace, span, flags = parts[:4]
    if (len(trace), len(span), len(flags)) != (32, 16, 2) or not all(
        letter in "0123456789abcdef" for letter in parts[0] + trace + span + flags
    ):
        return None
    found = bytes.fromhex(trace), bytes.fromhex(span)
    return found if any(found[0]) and any(found[1]) else None
