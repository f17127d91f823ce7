"""What passes between a peer and a process, as plain values: a peer's message in a memory or a mail, and what a process
says back, in the middle (`ctx.send(0, …)`) and as its outcome.

What is said back is any plain value: a text is a message (or a text artifact), everything else is data. A program that
means more says so: {"a2a": {"state": "input-required", "message": "Which city?", "artifacts": [{"parts": [{"text":
…}]}]}}, with parts in the protocol's form; "reply": true answers a short request by a message instead of a task.

Rules: pure; what a program says that is not in this form is data, never an error.
"""

from __future__ import annotations

from typing import Any, Final, Literal, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.buses.a2a.ports import Artifact, Said, Wire
from ergos.kernel.peers import DELEGATION

TRIGGER: Final = "a2a."
"""What the name of a peer begins with where its message is told: no trigger of an agent has a dot in its name."""
ARTIFACTS_MAX: Final = 100  # artifacts said at once
PARTS_MAX: Final = 100  # parts of one message or artifact

OUTCOME: Final = "outcome"
"""Id and name of the artifact that a plain outcome is."""


class Made(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An artifact, as a program says it."""

    parts: tuple[dict[str, Any], ...]
    id: str = ""
    name: str = ""
    description: str = ""
    append: bool = False
    last: bool = True


class Telling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a program says to its peer."""

    state: Literal["", "working", "input-required", "auth-required", "rejected"] = ""
    message: str | tuple[dict[str, Any], ...] = ()
    artifacts: tuple[Made, ...] = ()
    reply: bool = False

    @property
    def parts(self) -> tuple[Wire, ...]:
        """Its message's parts."""
        if isinstance(self.message, str):
            return ({"text": self.message},) if self.message else ()
        return self.message


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    a2a: Telling


def told(said: Said, peer: str, at_ns: int) -> Plain:
    """A peer's message as a process is told it: in the shape of a happening."""
    value: dict[str, Plain] = {
        "peer": peer,
        "text": "\n".join(str(part["text"]) for part in said.parts if "text" in part),
        "parts": cast("Plain", list(said.parts)),
        "message_id": said.id,
        "context_id": said.context_id,
    }
    metadata = {name: one for name, one in said.metadata.items() if name != DELEGATION}  # a token is no agent's to read
    if metadata:
        value["metadata"] = cast("Plain", metadata)
    if said.references:
        value["references"] = list(said.references)
    return {"trigger": f"{TRIGGER}{peer}", "key": said.id, "at_ns": at_ns, "value": value}


def heard(value: Plain, task_id: str = "") -> tuple[str, Said] | None:
    """Peer and message of what was `told`; None for anything else."""
    if not isinstance(value, dict) or value.keys() != {"trigger", "key", "at_ns", "value"}:
        return None
    try:
        found = msgspec.convert(value["value"], _Told)
    except msgspec.ValidationError:
        return None
    if value["trigger"] != f"{TRIGGER}{found.peer}":
        return None
    said = Said(
        id=found.message_id,
        role="user",
        parts=found.parts,
        context_id=found.context_id,
        task_id=task_id,
        metadata=found.metadata,
        references=found.references,
    )
    return found.peer, said


class _Told(msgspec.Struct, frozen=True):
    peer: str
    parts: tuple[dict[str, Any], ...]
    message_id: str
    context_id: str = ""
    metadata: dict[str, Any] = {}
    references: tuple[str, ...] = ()


def telling_of(value: Plain, *, outcome: bool) -> Telling:
    """What a program said. `outcome`: at its end, where a plain value is an artifact; else it is a message."""
    if isinstance(value, dict) and value.keys() == {"a2a"}:
        try:
            found = msgspec.convert(value, _Envelope).a2a
        except msgspec.ValidationError:
            found = None
        if found is not None and _fits(found):
            return found
    if value is None:
        return Telling()
    parts = ({"text": value},) if isinstance(value, str) and value else ({"data": value},)
    if outcome:
        return Telling(artifacts=(Made(parts=parts, id=OUTCOME, name=OUTCOME),))
    return Telling(message=parts)


def artifact_of(made: Made, number: int) -> Artifact:
    """An artifact with an id: its own, or its number."""
    name = made.name or made.id
    return Artifact(id=made.id or f"artifact-{number}", parts=made.parts, name=name, description=made.description)


def _fits(found: Telling) -> bool:
    from ergos.buses.a2a.wire import misfit

    if len(found.artifacts) > ARTIFACTS_MAX:
        return False
    groups = [one.parts for one in found.artifacts]
    if any(not 0 < len(parts) <= PARTS_MAX for parts in groups) or len(found.parts) > PARTS_MAX:
        return False
    return not any(misfit(part) for parts in (*groups, found.parts) for part in parts)
