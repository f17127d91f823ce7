"""Between the protocol's own messages and our records.

Rules: what comes in is checked here, once: sizes, numbers of parts, ids, and that every part holds something; what
goes out is made of records that were checked before. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

import msgspec
from a2a.types import a2a_pb2 as pb
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message as ProtoMessage

from ergos.buses.a2a.ports import (
    Artifact,
    Event,
    PushConfig,
    Query,
    Said,
    Status,
    StatusMoved,
    TaskRefused,
    TaskState,
    TaskView,
    Wire,
)

ID_CHARS_MAX: Final = 256  # characters of an id a client makes up; a UUID has 36
PARTS_MAX: Final = 100  # parts of one message
URL_CHARS_MAX: Final = 2_000  # characters of an address to be told at
SECRET_CHARS_MAX: Final = 4_096  # characters of a token or credential that is sent back to its maker
LISTED_MAX: Final = 100  # references or extensions of one message; tasks of one page (the specification's bound)
PAGE_SIZE: Final = 50  # tasks of a page where nothing is said (the specification's default)

_SECOND: Final = 1_000_000_000
_STATES: Final[dict[TaskState, str]] = {
    "submitted": "TASK_STATE_SUBMITTED",
    "working": "TASK_STATE_WORKING",
    "input-required": "TASK_STATE_INPUT_REQUIRED",
    "auth-required": "TASK_STATE_AUTH_REQUIRED",
    "completed": "TASK_STATE_COMPLETED",
    "failed": "TASK_STATE_FAILED",
    "canceled": "TASK_STATE_CANCELED",
    "rejected": "TASK_STATE_REJECTED",
}
_BY_NUMBER: Final[dict[int, TaskState]] = {int(pb.TaskState.Value(name)): state for state, name in _STATES.items()}


# What comes in


def said_of(message: pb.Message) -> Said:
    """A client's message. Raises: TaskRefused."""
    if message.role != pb.ROLE_USER:
        raise TaskRefused("bad-params", "message.role: a client's message has the role ROLE_USER")
    if not message.parts or len(message.parts) > PARTS_MAX:
        raise TaskRefused("bad-params", f"message.parts: a message has 1 to {PARTS_MAX} parts")
    parts: list[Wire] = []
    for number, part in enumerate(message.parts):
        if part.WhichOneof("content") is None:
            raise TaskRefused("bad-params", f"message.parts[{number}]: holds none of text, raw, url, data")
        parts.append(_plain(part))
    return Said(
        id=_id(message.message_id, "message.messageId", needed=True),
        role="user",
        parts=tuple(parts),
        context_id=_id(message.context_id, "message.contextId"),
        task_id=str(message.task_id),
        metadata=_plain(message.metadata),
        extensions=_listed(message.extensions, "message.extensions"),
        references=_listed(message.reference_task_ids, "message.referenceTaskIds"),
    )


def push_of(config: pb.TaskPushNotificationConfig, fallback: str) -> PushConfig:
    """Where a client wants to be told; without an id of its own it has the `fallback`. Raises: TaskRefused."""
    found = PushConfig(
        id=_id(config.id, "id") or fallback,
        url=str(config.url),
        token=str(config.token),
        scheme=str(config.authentication.scheme),
        credentials=str(config.authentication.credentials),
    )
    if not found.url or len(found.url) > URL_CHARS_MAX:
        raise TaskRefused("bad-params", f"url: an address of at most {URL_CHARS_MAX:,} characters")
    for name, text in (("token", found.token), ("scheme", found.scheme), ("credentials", found.credentials)):
        if len(text) > SECRET_CHARS_MAX or not (text.isascii() and text.isprintable()):
            raise TaskRefused("bad-params", f"{name}: at most {SECRET_CHARS_MAX:,} visible characters of ASCII")
    if " " in found.scheme or (found.credentials and not found.scheme):
        raise TaskRefused("bad-params", "authentication.scheme: one word, such as Bearer")
    return found


def query_of(params: pb.ListTasksRequest) -> Query:
    """Which tasks a client asks for. Raises: TaskRefused."""
    if params.HasField("page_size") and not 1 <= params.page_size <= LISTED_MAX:
        raise TaskRefused("bad-params", f"pageSize: from 1 to {LISTED_MAX}")
    if params.status and params.status not in _BY_NUMBER:
        raise TaskRefused("bad-params", "status: no state of a task")
    after = params.status_timestamp_after if params.HasField("status_timestamp_after") else None
    return Query(
        context_id=_id(params.context_id, "contextId"),
        state=_BY_NUMBER.get(int(params.status)),
        changed_after_ns=None if after is None else int(after.seconds) * _SECOND + int(after.nanos),
        size=int(params.page_size) if params.HasField("page_size") else PAGE_SIZE,
        after=str(params.page_token),
        artifacts=bool(params.include_artifacts),
    )


def misfit(part: object) -> str:
    """Why this is no part of a message as the protocol has it, or ''."""
    try:
        found = ParseDict(cast("dict[str, Any]", part), pb.Part())
    except (ParseError, TypeError, ValueError, AttributeError, RecursionError) as error:
        return str(error)[:200] or "no part"
    return "" if found.WhichOneof("content") is not None else "it holds none of text, raw, url, data"


def _id(text: str, where: str, *, needed: bool = False) -> str:
    if needed and not text:
        raise TaskRefused("bad-params", f"{where}: is missing")
    if len(text) > ID_CHARS_MAX or not text.isprintable():
        raise TaskRefused("bad-params", f"{where}: at most {ID_CHARS_MAX} visible characters")
    return str(text)


def _listed(texts: Iterable[str], where: str) -> tuple[str, ...]:
    found = tuple(str(text) for text in texts)
    if len(found) > LISTED_MAX or any(len(text) > URL_CHARS_MAX for text in found):
        raise TaskRefused("bad-params", f"{where}: at most {LISTED_MAX} of at most {URL_CHARS_MAX:,} characters")
    return found


def _plain(message: ProtoMessage) -> Wire:
    return MessageToDict(message)


# What goes out


def task(view: TaskView, history: int | None = None, *, artifacts: bool = True) -> pb.Task:
    """A task. `history`: at most so many of its last messages; None: all."""
    made = pb.Task(id=view.id, context_id=view.context_id)
    made.status.CopyFrom(_status(view.status, view))
    kept = view.history if history is None else view.history[max(len(view.history) - history, 0) :] if history else ()
    made.history.extend(message(one) for one in kept)
    if artifacts:
        made.artifacts.extend(_artifact(one) for one in view.artifacts)
    return made


def event(one: Event) -> pb.Task | pb.TaskStatusUpdateEvent | pb.TaskArtifactUpdateEvent:
    """One event of a stream."""
    if isinstance(one, TaskView):
        return task(one)
    if isinstance(one, StatusMoved):
        moved = pb.TaskStatusUpdateEvent(task_id=one.task_id, context_id=one.context_id)
        moved.status.CopyFrom(_status(one.status, one))
        return moved
    came = pb.TaskArtifactUpdateEvent(
        task_id=one.task_id, context_id=one.context_id, append=one.append, last_chunk=one.last
    )
    came.artifact.CopyFrom(_artifact(one.artifact))
    return came


def stream_response(one: Event) -> bytes:
    """One event as the body of a push notification: a StreamResponse in JSON."""
    made, wrapped = event(one), pb.StreamResponse()
    if isinstance(made, pb.Task):
        wrapped.task.CopyFrom(made)
    elif isinstance(made, pb.TaskStatusUpdateEvent):
        wrapped.status_update.CopyFrom(made)
    else:
        wrapped.artifact_update.CopyFrom(made)
    return msgspec.json.encode(_plain(wrapped))


def message(said: Said) -> pb.Message:
    """A message."""
    made = pb.Message(
        message_id=said.id,
        role=pb.ROLE_USER if said.role == "user" else pb.ROLE_AGENT,
        context_id=said.context_id,
        task_id=said.task_id,
        extensions=said.extensions,
        reference_task_ids=said.references,
    )
    made.parts.extend(_part(one) for one in said.parts)
    if said.metadata:
        ParseDict(said.metadata, made.metadata)
    return made


def push(task_id: str, config: PushConfig) -> pb.TaskPushNotificationConfig:
    """Where a client is told."""
    made = pb.TaskPushNotificationConfig(id=config.id, task_id=task_id, url=config.url, token=config.token)
    if config.scheme or config.credentials:
        made.authentication.scheme, made.authentication.credentials = config.scheme, config.credentials
    return made


def _status(status: Status, whose: TaskView | StatusMoved) -> pb.TaskStatus:
    made = pb.TaskStatus(state=_STATES[status.state])
    made.timestamp.FromNanoseconds(status.at_ns - status.at_ns % 1_000_000)
    if status.message is not None:
        task_id = whose.id if isinstance(whose, TaskView) else whose.task_id
        said = msgspec.structs.replace(status.message, task_id=task_id, context_id=whose.context_id)
        made.message.CopyFrom(message(said))
    return made


def _artifact(one: Artifact) -> pb.Artifact:
    made = pb.Artifact(artifact_id=one.id, name=one.name, description=one.description)
    made.parts.extend(_part(part) for part in one.parts)
    return made


def _part(part: Wire) -> pb.Part:
    return ParseDict(part, pb.Part(), ignore_unknown_fields=True)
