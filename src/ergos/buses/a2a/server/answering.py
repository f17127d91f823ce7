"""Answers the protocol's operations from a board of tasks: the library's `RequestHandler`.

The library reads requests and writes answers of both bindings and both versions; here is what each operation means.
No state of a task is kept here: a board tells it, so there is one truth.

Rules: every operation names the caller that the door authenticated; refusals are the protocol's own errors; what an
agent cannot do is said by its card, and asked for all the same it is refused as the specification says.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Final

from a2a.server.context import ServerCallContext
from a2a.server.events import Event
from a2a.server.request_handlers.request_handler import RequestHandler, validate_request_params
from a2a.types import a2a_pb2 as pb
from a2a.utils.errors import (
    ContentTypeNotSupportedError,
    ExtensionSupportRequiredError,
    InternalError,
    InvalidParamsError,
    TaskNotCancelableError,
    TaskNotFoundError,
    UnsupportedOperationError,
)
from a2a.utils.task import HistoryLengthConfig

from ergos.base.errors import ErgosError
from ergos.buses.a2a import wire
from ergos.buses.a2a.cards import card_of, signed
from ergos.buses.a2a.ports import AgentFacts, Caller, Following, PushBoard, Said, Sealer, TaskBoard, TaskRefused, Why
from ergos.buses.a2a.server.crowd import Crowd
from ergos.buses.a2a.server.door import CALLER, GONE, KEYS, TURNED

OWN_CONFIG: Final = "default"
"""Id of a push configuration that its client gave none."""

_ERRORS: Final[dict[Why, type[Exception]]] = {
    "no-task": TaskNotFoundError,
    "not-cancelable": TaskNotCancelableError,
    "unsupported": UnsupportedOperationError,
    "bad-params": InvalidParamsError,
    "bad-type": ContentTypeNotSupportedError,
    "broken": InternalError,
}


class Answering(RequestHandler):
    """The operations of one published agent."""

    def __init__(
        self, board: TaskBoard, pushes: PushBoard, sealer: Sealer, url: Callable[[], str], crowd: Crowd
    ) -> None:
        """`url`: gives where the agent is; `crowd`: counts who is connected."""
        self._board: Final = board
        self._pushes: Final = pushes
        self._sealer: Final = sealer
        self._url: Final = url
        self._crowd: Final = crowd

    # Messages

    @validate_request_params
    async def on_message_send(self, params: pb.SendMessageRequest, context: ServerCallContext) -> pb.Task | pb.Message:
        """Take a message; answer once its task has settled, or at once if that is asked for."""
        wanted = _history(params.configuration)
        with _refusals(context):
            caller = _caller(context)
            with self._crowd.place(caller.name):
                following = await self._taken(params, caller, context)
                try:
                    if params.configuration.return_immediately:
                        return wire.task(following.now, wanted)
                    found = await following.settled(context.state.get(GONE))
                finally:
                    following.close()
            return wire.message(found) if isinstance(found, Said) else wire.task(found, wanted)

    @validate_request_params
    async def on_message_send_stream(
        self, params: pb.SendMessageRequest, context: ServerCallContext
    ) -> AsyncGenerator[Event, None]:
        """Take a message, and tell what becomes of it."""
        wanted = _history(params.configuration)
        caller = _caller(context)
        with _refusals(context), self._crowd.place(caller.name):
            following = await self._taken(params, caller, context)
            async for one in _told(following, wanted):
                yield one

    async def _taken(self, params: pb.SendMessageRequest, caller: Caller, context: ServerCallContext) -> Following:
        facts = self._board.facts()
        _supported(facts, context)
        said = wire.said_of(params.message)
        _readable(facts, said)
        push = None
        if params.configuration.HasField("task_push_notification_config"):
            push = wire.push_of(params.configuration.task_push_notification_config, OWN_CONFIG)
        return await self._board.send(caller, said, push)

    # Tasks

    @validate_request_params
    async def on_get_task(self, params: pb.GetTaskRequest, context: ServerCallContext) -> pb.Task:
        """How a task stands."""
        wanted = _history(params)
        with _refusals(context):
            view = await self._board.get(_caller(context), params.id)
            if view is None:
                raise TaskNotFoundError
        return wire.task(view, wanted)

    @validate_request_params
    async def on_list_tasks(self, params: pb.ListTasksRequest, context: ServerCallContext) -> pb.ListTasksResponse:
        """Tasks of the caller, a page of them."""
        wanted = _history(params)
        with _refusals(context):
            query = wire.query_of(params)
            page = await self._board.list(_caller(context), query)
        made = pb.ListTasksResponse(next_page_token=page.next, page_size=query.size, total_size=page.total)
        made.tasks.extend(wire.task(view, wanted, artifacts=query.artifacts) for view in page.tasks)
        return made

    @validate_request_params
    async def on_cancel_task(self, params: pb.CancelTaskRequest, context: ServerCallContext) -> pb.Task:
        """Stop a task."""
        with _refusals(context):
            return wire.task(await self._board.cancel(_caller(context), params.id))

    @validate_request_params
    async def on_subscribe_to_task(
        self, params: pb.SubscribeToTaskRequest, context: ServerCallContext
    ) -> AsyncGenerator[Event, None]:
        """Tell what becomes of a task, from how it stands now."""
        caller = _caller(context)
        with _refusals(context), self._crowd.place(caller.name):
            async for one in _told(await self._board.follow(caller, params.id), None):
                yield one

    # Push notifications

    @validate_request_params
    async def on_create_task_push_notification_config(
        self, params: pb.TaskPushNotificationConfig, context: ServerCallContext
    ) -> pb.TaskPushNotificationConfig:
        """Set or replace where the caller is told."""
        with _refusals(context):
            config = wire.push_of(params, OWN_CONFIG)
            kept = await self._pushes.put(_caller(context), params.task_id, config)
        return wire.push(params.task_id, kept)

    @validate_request_params
    async def on_get_task_push_notification_config(
        self, params: pb.GetTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> pb.TaskPushNotificationConfig:
        """One of those."""
        with _refusals(context):
            found = await self._pushes.get(_caller(context), params.task_id, params.id)
        return wire.push(params.task_id, found)

    @validate_request_params
    async def on_list_task_push_notification_configs(
        self, params: pb.ListTaskPushNotificationConfigsRequest, context: ServerCallContext
    ) -> pb.ListTaskPushNotificationConfigsResponse:
        """All of a task: there are few, so they make one page."""
        if not 0 <= params.page_size <= wire.LISTED_MAX:
            raise InvalidParamsError(f"pageSize: from 1 to {wire.LISTED_MAX}")
        with _refusals(context):
            found = await self._pushes.list(_caller(context), params.task_id)
        made = pb.ListTaskPushNotificationConfigsResponse()
        made.configs.extend(wire.push(params.task_id, one) for one in found)
        return made

    @validate_request_params
    async def on_delete_task_push_notification_config(
        self, params: pb.DeleteTaskPushNotificationConfigRequest, context: ServerCallContext
    ) -> None:
        """Take one back."""
        with _refusals(context):
            await self._pushes.drop(_caller(context), params.task_id, params.id)

    # The card

    @validate_request_params
    async def on_get_extended_agent_card(
        self, params: pb.GetExtendedAgentCardRequest, context: ServerCallContext
    ) -> pb.AgentCard:
        """The card with what the caller may use here."""
        del params
        with _refusals(context):
            caller = _caller(context)
            allowance = await self._board.allowance(caller)
            facts = self._board.facts()
        url = self._url()
        return signed(card_of(facts, url, allowance=allowance), self._sealer, f"{url}{KEYS}")


async def _told(following: Following, wanted: int | None) -> AsyncGenerator[Event, None]:
    """How a task stood, and what happened since."""
    try:
        yield wire.task(following.first, wanted)
        async for one in following.events():
            yield wire.event(one)
    finally:
        following.close()


def _caller(context: ServerCallContext) -> Caller:
    caller = context.state.get(CALLER)
    assert isinstance(caller, Caller), "the door lets nobody in whom it does not know"
    return caller


def _history(params: HistoryLengthConfig) -> int | None:
    """How many messages of its history are wanted; None: all."""
    if not params.HasField("history_length"):
        return None
    if params.history_length < 0:
        raise InvalidParamsError("historyLength: 0 or more")
    return int(params.history_length)


def _supported(facts: AgentFacts, context: ServerCallContext) -> None:
    missing = [uri for uri in facts.required if uri not in context.requested_extensions]
    if missing:
        raise ExtensionSupportRequiredError(f"A2A-Extensions: this agent needs {', '.join(missing)}")


def _readable(facts: AgentFacts, said: Said) -> None:
    """Media types that the agent takes; a part that names none is taken as it is."""
    for part in said.parts:
        named = str(part.get("mediaType", "")).partition(";")[0].strip().lower()
        if named and not any(_covers(mode, named) for mode in facts.input_modes):
            raise ContentTypeNotSupportedError(
                f"the media type {named[:100]} is not supported; this agent takes {', '.join(facts.input_modes)}"
            )


def _covers(mode: str, named: str) -> bool:
    """Whether a mode of a card ('image/*', and 'text' as version 0.3 has it) takes a media type."""
    if mode in {named, "*/*"}:
        return True
    family = mode.removesuffix("/*") if mode.endswith("/*") else (mode if "/" not in mode else "")
    return bool(family) and (named == family or named.startswith(f"{family}/"))


class _refusals:  # noqa: N801 - read as a word where it is used
    """Turns refusals of a board, and errors of the kernel, into those of the protocol."""

    def __init__(self, context: ServerCallContext) -> None:
        self._turned: Final[Callable[[str, str], None] | None] = context.state.get(TURNED)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        del kind, trace
        if self._turned is not None and (word := _word(error)):
            self._turned(word, str(error))
        if isinstance(error, TaskRefused):
            raise _ERRORS[error.why](error.what) from error
        if isinstance(error, ErgosError):
            # What the kernel says may name what is the owner's alone; its code says enough.
            raise InternalError(f"the agent cannot do this now ({error.code})") from error


def _word(error: BaseException | None) -> str:
    """Why a request is refused; '' for what is no refusal."""
    if isinstance(error, TaskRefused):
        return error.why
    return next((why for why, kind in _ERRORS.items() if why != "broken" and isinstance(error, kind)), "")
