"""What a peer tells of one task, put together: bounded, and about this task only.

A reply is a message, or a task; a task goes on by updates until it ends or waits for something. All of it is a
stranger's, and none of it may be without end.

Rules: no I/O; whatever a peer sends ends as an outcome or as a BusError that says what is wrong with it.
Source: A2A 1.0, section 4.1 (task states), 4.2 (streaming updates).
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final, Literal, cast

import msgspec

from ergos.base.canonical import Plain, encode
from ergos.base.errors import ErgosError
from ergos.base.limits import MIB
from ergos.base.world_errors import BusError
from ergos.buses.a2a.host.web import fault
from ergos.kernel.mounts import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable

    from a2a.types.a2a_pb2 import Artifact, Message, Part, StreamResponse, Task, TaskStatus

EVENTS_MAX: Final = 10_000  # updates of one call; ten a second for a quarter of an hour
ARTIFACTS_MAX: Final = 200  # artifacts of one task
PARTS_MAX: Final = 10_000  # parts of one task, all artifacts and messages together; a text may come word by word
RESULT_BYTES_MAX: Final = 8 * MIB  # bytes of one outcome as it is journaled; half of the largest value
ID_CHARS_MAX: Final = 256  # characters of an id of a task or context
NAME_CHARS_MAX: Final = 200  # characters of names and kinds of content
COMPLAINT_CHARS_MAX: Final = 1_500  # characters of a peer's own words about a failure

State = Literal[
    "submitted", "working", "completed", "failed", "canceled", "rejected", "input_required", "auth_required"
]  # fmt: skip
ENDED: Final[frozenset[State]] = frozenset({"completed", "failed", "canceled", "rejected"})
INTERRUPTED: Final[frozenset[State]] = frozenset({"input_required", "auth_required"})

_STATES: Final[dict[int, State]] = {
    1: "submitted",
    2: "working",
    3: "completed",
    4: "failed",
    5: "canceled",
    6: "input_required",
    7: "rejected",
    8: "auth_required",
}
_ID: Final = re.compile(r"[A-Za-z0-9._~:@!$&'()*+,;=-]{1,256}")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a message."""

    state: State
    task: str = ""
    """Its id at the peer; '': it answered without a task."""
    context: str = ""
    text: str = ""
    """All text of the answer in order: of its artifacts, else of its last message. Parts of one artifact follow each
    other as they are, so that it is the same whether it came in pieces or whole."""
    message: str = ""
    """What it says of where the task stands: a question, if it waits for something."""
    artifacts: list[dict[str, Plain]] = []


class Following:
    """One task as it is told of."""

    def __init__(self, peer: str, task: str = "") -> None:
        """`task`: whose continuation is followed; '': whichever the peer begins."""
        self._peer: Final = peer
        self.task: str = task
        self.context = ""
        self.state: State | None = None
        self._artifacts: Final[dict[str, dict[str, Plain]]] = {}
        self._message: tuple[str, list[dict[str, Plain]]] = ("", [])
        self._events = 0
        self._parts = 0
        self._stands_so: bytes = b""
        self._stood_so: bytes | None = None

    def stood(self, task: Task) -> None:
        """How the task stood before it was told more: as long as it stands so, it has not heard. Raises: BusError."""
        self.whole(task)
        self._stood_so = self._stands_so

    def heard(self) -> None:
        """However it stands is what came of it."""
        self._stood_so = None

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the task."""
        return self.state in ENDED

    @property
    def settled(self) -> bool:
        """Whether it goes on by itself no more."""
        return self.state in ENDED or (self.state in INTERRUPTED and self._stands_so != self._stood_so)

    def take(self, event: StreamResponse) -> None:
        """One update. Raises: BusError."""
        self._events += 1
        if self._events > EVENTS_MAX:
            raise self._wrong(f"sent more than {EVENTS_MAX:,} updates about one task")
        kind = event.WhichOneof("payload")
        if kind == "task":
            self.whole(event.task)
        elif kind == "message":
            self._answered(event.message)
        elif kind == "status_update":
            self._of(event.status_update.task_id, event.status_update.context_id)
            self._stands(event.status_update.status)
        elif kind == "artifact_update":
            update = event.artifact_update
            self._of(update.task_id, update.context_id)
            self._artifact(update.artifact, append=update.append)
        else:
            raise self._wrong("sent an update without anything in it")

    def whole(self, task: Task) -> None:
        """A task as it is now. Raises: BusError."""
        self._of(task.id, task.context_id)
        self._artifacts.clear()
        self._parts = 0
        for artifact in task.artifacts:
            self._artifact(artifact, append=False)
        self._stands(task.status)

    def outcome(self) -> Outcome:
        """What came of it so far. Raises: BusError for one that is larger than what is taken."""
        message, parts = self._message
        artifacts = list(self._artifacts.values())
        if not self.task and any("text" not in part for part in parts):
            artifacts = [{"id": "message", "parts": cast("Plain", parts)}]
        texts = [_text(_parts_of(one)) for one in artifacts]
        found = Outcome(
            state=self.state or "submitted",
            task=self.task,
            context=self.context,
            text="\n".join(texts) or message,
            message=message,
            artifacts=artifacts,
        )
        try:
            size = len(encode(msgspec.to_builtins(found), what="the outcome"))
        except ErgosError as error:
            raise self._wrong(f"sent what is no plain data: {error.what}") from error
        if size > RESULT_BYTES_MAX:
            raise self._wrong(f"sent an outcome of {size:,} bytes; at most {RESULT_BYTES_MAX:,} are taken")
        return found

    def complaint(self) -> str:
        """What it says of a failure."""
        return harmless(self._message[0], COMPLAINT_CHARS_MAX) or "it gave no reason"

    def _of(self, task: str, context: str) -> None:
        """That an update is about this task. Raises: BusError."""
        if not id_like(task):
            raise self._wrong(f"named a task {task[:40]!a}, which is no id that is taken")
        if context and not id_like(context):
            raise self._wrong(f"named a context {context[:40]!a}, which is no id that is taken")
        if self.task and task != self.task:
            raise self._wrong("told of another task than the one it was asked about")
        self.task, self.context = task, context or self.context

    def _stands(self, status: TaskStatus) -> None:
        state = _STATES.get(status.state)
        if state is None:
            raise self._wrong("sent a task in no state that is known")
        if self.state in ENDED and state != self.state:
            raise self._wrong(f"sent a task that is {state} after it was {self.state}")
        self.state = state
        self._stands_so = status.SerializeToString(deterministic=True)
        if status.HasField("message"):
            self._message = self._said(status.message)

    def _answered(self, message: Message) -> None:
        """An answer without a task of its own: the first word, and the last."""
        if self.state is not None:
            raise self._wrong("answered with a message in the middle of a task")
        if self.task and message.task_id and message.task_id != self.task:
            raise self._wrong("told of another task than the one it was asked about")
        if message.context_id:
            if not id_like(message.context_id):
                raise self._wrong("named a context that is no id that is taken")
            self.context = message.context_id
        self._message = self._said(message)
        self.state = "completed"

    def _said(self, message: Message) -> tuple[str, list[dict[str, Plain]]]:
        parts = self._read(message.parts)
        return _text(parts), parts

    def _artifact(self, artifact: Artifact, *, append: bool) -> None:
        key = artifact.artifact_id[: ID_CHARS_MAX + 1]
        if len(key) > ID_CHARS_MAX:
            raise self._wrong("sent an artifact with an id that is no id")
        parts = self._read(artifact.parts)
        known = self._artifacts.get(key)
        if known is not None and append:
            _parts_of(known).extend(parts)
        else:
            named = {"name": artifact.name, "description": artifact.description}
            self._artifacts[key] = {"id": key, **{name: said for name, said in named.items() if said}}
            self._artifacts[key]["parts"] = cast("Plain", parts)
        if len(self._artifacts) > ARTIFACTS_MAX:
            raise self._wrong(f"sent more than {ARTIFACTS_MAX} artifacts")

    def _read(self, parts: Iterable[Part]) -> list[dict[str, Plain]]:
        found: list[dict[str, Plain]] = []
        for part in parts:
            self._parts += 1
            if self._parts > PARTS_MAX:
                raise self._wrong(f"sent more than {PARTS_MAX:,} parts")
            found.append(_part(part))
        return found

    def _wrong(self, why: str) -> BusError:
        return fault(f"{self._peer} {why}")


def id_like(text: str) -> bool:
    """Whether a text may be an id: it becomes a part of a path, and is no path itself."""
    return _ID.fullmatch(text) is not None and text not in (".", "..")


def state_of(number: int) -> State | None:
    """A state by its number on the wire."""
    return _STATES.get(number)


def _parts_of(artifact: dict[str, Plain]) -> list[dict[str, Plain]]:
    return cast("list[dict[str, Plain]]", artifact["parts"])


def _text(parts: list[dict[str, Plain]]) -> str:
    return "".join(str(part["text"]) for part in parts if "text" in part)


def _part(part: Part) -> dict[str, Plain]:
    """One part as plain data. A file at a URL is not fetched."""
    from google.protobuf.json_format import MessageToDict

    kind = part.WhichOneof("content")
    about: dict[str, Plain] = {
        name: text[:NAME_CHARS_MAX]
        for name, text in (("filename", part.filename), ("media_type", part.media_type))
        if text
    }
    if kind == "raw":
        return {**about, "bytes": base64.b64encode(part.raw).decode()}
    if kind == "url":
        return {**about, "url": part.url}
    if kind == "data":
        return {**about, "data": cast("Plain", MessageToDict(part.data))}
    return {**about, "text": part.text}
