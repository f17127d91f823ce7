"""The system calls: the only door out of an agent's program.

A program is a coroutine that yields `Request`s and is sent `Answer`s; nothing else leaves it. Each row of
`TABLE` says what a call does, what it may wait for, and whether it needs a grant.

Rules: a call has a stable key within its turn: the author's (a tool call's id, say), or kind, name, content
and occurrence; never a counter over all calls, so that parallel calls replay in any order. The same content
under the same key is the same call; anything else is divergence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container
from typing import Final, Literal, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import DivergedError, TooLargeError, ValueShapeError
from ergos.base.ids import Digest
from ergos.base.limits import KEY_CHARS_MAX, NAME_CHARS_MAX
from ergos.kernel.calls import Call, CallKind, EffectClass, Failure
from ergos.kernel.labels import USER, Label
from ergos.kernel.values import NULL, Blob, Packed, pack


class Row(msgspec.Struct, frozen=True):
    """One system call of the table."""

    name: CallKind
    summary: str
    granted: bool
    """Whether it needs a grant."""
    waits: Literal["driver", "kernel", "mail", "timer", "owner", "child"]
    """Who answers it; 'kernel' answers at once."""


TABLE: Final[dict[CallKind, Row]] = {
    row.name: row
    for row in (
        Row("think", "give a task to a solver; its answer counts once the acceptance checks pass", True, "driver"),
        Row("act", "call one tool", True, "driver"),
        Row("recall", "read from the agent's persistent memory", False, "kernel"),
        Row("remember", "write to the agent's persistent memory", False, "kernel"),
        Row("forget", "erase from the agent's persistent memory", False, "kernel"),
        Row("send", "send a message to another process", True, "kernel"),
        Row("receive", "take the next message from the mailbox, waiting for it", False, "mail"),
        Row("ask", "ask the owner a question", False, "owner"),
        Row("spawn", "start a child process", True, "kernel"),
        Row("wait", "wait for a child process to end", False, "child"),
        Row("signal", "pause, resume, stop or kill a child process", False, "kernel"),
        Row("sleep_until", "wait until a time", False, "timer"),
        Row("watch", "be woken by the triggers of its definition, by exactly these", False, "kernel"),
    )
}


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a program yields: one call, unpacked."""

    kind: CallKind
    name: str
    args: dict[str, Plain] = {}
    key: str | None = None
    label: Label = USER
    """Label of what the author passed explicitly; joined with what the turn has read."""


class Answer(msgspec.Struct, frozen=True):
    """What a program is sent: a value, or why there is none."""

    value: Plain = None
    failure: Failure | None = None
    label: Label = USER
    faults: tuple[str, ...] = ()
    solver: str | None = None
    """Who gave it, for `think`."""
    at_ns: int = 0
    """When the kernel recorded it; the same at every replay."""


class Idle(msgspec.Struct, frozen=True):
    """What a program returns to end its turn without ending the process."""

    memory: Plain = None
    wake_at_ns: int | None = None


Yielded: TypeAlias = tuple[Request, ...]

Recovery = Literal["repeat", "probe", "doubt"]


class Packing(msgspec.Struct, frozen=True):
    """A call and the blobs its arguments need."""

    call: Call
    blobs: tuple[Blob, ...]


def recovery(effect: EffectClass) -> Recovery:
    """What to do with an intent that has no result after a crash."""
    match effect:
        case "pure" | "idempotent":
            return "repeat"
        case "reconcilable":
            return "probe"
        case "irreversible":
            return "doubt"


def packed_call(
    request: Request,
    used: Container[str],
    known: Container[Digest],
    *,
    effect: EffectClass,
    tool: Digest | None,
    label: Label,
) -> Packing:
    """The call of a request, with its content digest and a key not in `used`.

    Raises: ValueShapeError, TooLargeError for arguments that are not plain or too large; DivergedError for an
    author's key used twice.
    """
    if len(request.name) > NAME_CHARS_MAX:
        raise TooLargeError(f"the name {request.name[:40]!r}… is longer than {NAME_CHARS_MAX} characters")
    if not _is_text(request.name) or not all(map(_is_text, request.args)):
        raise ValueShapeError(f"the name {request.name!r} or one of its arguments' names is not Unicode text")
    args: dict[str, Packed] = {}
    blobs: tuple[Blob, ...] = ()
    hashed = hashlib.sha256(f"{request.kind}\0{request.name}".encode())
    for name in sorted(request.args):
        value = request.args[name]
        if value is None:
            args[name] = NULL
        else:
            args[name], new = pack(value, known, what=f"argument {name!r} of {request.name}")
            blobs += new
        hashed.update(b"\0" + name.encode() + b"\0" + bytes(args[name]))
    content = hashed.hexdigest()[:32]
    call = Call(
        key=_key(request, content, used),
        kind=request.kind,
        name=request.name,
        args=args,
        effect=effect,
        content=content,
        tool=tool,
        label=label,
    )
    return Packing(call, blobs)


def diverged(recorded: Call | None, asked: Call) -> DivergedError:
    """The error that shows both sides."""
    journal = f"{recorded.kind} {recorded.name!r} (key {recorded.key})" if recorded else "that the turn ended here"
    return DivergedError(f"the journal says {journal}, the program asked for {asked.kind} {asked.name!r}")


def _is_text(text: str) -> bool:
    """Whether it can be written down: no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key(request: Request, content: str, used: Container[str]) -> str:
    if request.key is not None:
        if not 0 < len(request.key) <= KEY_CHARS_MAX or not _is_text(request.key):
            raise ValueShapeError(f"the key {request.key[:40]!r} must have 1 to {KEY_CHARS_MAX} characters of text")
        if request.key in used:
            raise DivergedError(
                f"the key {request.key!r} was already used in this turn",
                remedy="give each call of a turn its own key, or none",
            )
        return request.key
    stem = f"{request.kind}:{request.name}:{content[:8]}"
    occurrence = 1
    key = stem
    while key in used:
        occurrence += 1
        key = f"{stem}#{occurrence}"
    return key
