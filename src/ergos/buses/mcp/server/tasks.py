"""The tasks extension, `io.modelcontextprotocol/tasks`: long calls as tasks that are asked about by id.

    tasks/get   tasks/update   tasks/cancel   and a task in the place of the result of tools/call

Rules: a task is for who takes tasks on that request; an id is good for whom it was made only; the acknowledgement of
an update or a cancel says nothing but that it came. Whatever a task is, it is behind the `TaskBoard`.
Source: SEP-2663, specification 2026-07-28 of the extension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from ergos.buses.mcp.server.asking import (
    Context,
    Handler,
    arguments_of,
    caller_of,
    demand_tasks,
    is_modern,
    spoken,
)
from ergos.buses.mcp.server.ports import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    TASKS,
    Caller,
    RpcError,
    TaskBoard,
    TaskView,
    Wire,
)
from ergos.buses.mcp.server.wire import detailed

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

RESPONSES_MAX: Final = 64  # answers taken in one update; a task asks a handful
_NAME: Final = "mcp-name"


class _Of(msgspec.Struct, rename="camel"):
    task_id: str


class _Update(msgspec.Struct, rename="camel"):
    task_id: str
    input_responses: dict[str, Any]


class TasksExtension:
    """Serves the extension on one server."""

    def __init__(self, board: TaskBoard, default: Caller | None = None) -> None:
        """`default`: who asks where the transport does not say, because it is theirs alone."""
        self._board: Final = board
        self._default: Final = default

    def attach(self, server: Server[Any]) -> None:
        """Declare it and take its requests."""
        from mcp_types import RequestParams
        from mcp_types.methods import SPEC_CLIENT_METHODS

        server.extensions[TASKS] = {}
        handlers: dict[str, Handler] = {
            "tasks/get": self._get,
            "tasks/update": self._update,
            "tasks/cancel": self._cancel,
        }
        for method, handler in handlers.items():
            assert method not in SPEC_CLIENT_METHODS, "the library serves it now"
            server.add_request_handler(method, RequestParams, spoken(handler))

    async def _get(self, ctx: Context, _: object) -> Wire:
        caller, task_id = self._admitted(ctx)
        view = await self._board.get(caller, task_id)
        if view is None:
            raise _unknown(task_id)
        return detailed(answerable(ctx, view))

    async def _update(self, ctx: Context, _: object) -> Wire:
        caller, task_id = self._admitted(ctx)
        responses = arguments_of(ctx, _Update).input_responses
        if len(responses) > RESPONSES_MAX:
            raise RpcError(INVALID_PARAMS, f"at most {RESPONSES_MAX} answers are taken at once")
        if not await self._board.update(caller, task_id, responses):
            raise _unknown(task_id)
        return {}

    async def _cancel(self, ctx: Context, _: object) -> Wire:
        caller, task_id = self._admitted(ctx)
        if not await self._board.cancel(caller, task_id):
            raise _unknown(task_id)
        return {}

    def _admitted(self, ctx: Context) -> tuple[Caller, str]:
        """Who asks about which task. Raises: RpcError."""
        demand_tasks(ctx)
        caller = caller_of(ctx, self._default)
        task_id = arguments_of(ctx, _Of).task_id
        check_name(ctx, task_id)
        return caller, task_id


def answerable(ctx: Context, view: TaskView) -> TaskView:
    """The task with the requests that this client can answer; without any it is at work, for whoever else answers."""
    able = ctx.session.client_capabilities
    can = {
        "elicitation/create": able is not None and able.elicitation is not None,
        "sampling/createMessage": able is not None and able.sampling is not None,
        "roots/list": able is not None and able.roots is not None,
    }
    inputs = {key: one for key, one in view.inputs.items() if can.get(one["method"])}
    if view.status != "input_required" or inputs:
        return msgspec.structs.replace(view, inputs=inputs)
    return msgspec.structs.replace(view, status="working", inputs={})


def check_name(ctx: Context, name: str) -> None:
    """That an intermediary was told the same name as we. Raises: RpcError. Source: SEP-2243, SEP-2663."""
    from mcp.shared.inbound import decode_header_value

    if ctx.request is None or not is_modern(ctx):
        return
    said = ctx.request.headers.get(_NAME)
    if said is None or decode_header_value(said) != name:
        raise RpcError(HEADER_MISMATCH, "the header Mcp-Name does not say which task the request is about")


def _unknown(task_id: str) -> RpcError:
    return RpcError(INVALID_PARAMS, f"there is no task {task_id[:80]!r}, or it has expired")
