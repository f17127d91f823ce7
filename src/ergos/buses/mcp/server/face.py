"""An MCP server of ours: the protocol's library, with a `Desk` behind it.

Both eras are served: 2025-11-25 with its handshake, 2026-07-28 with everything on each request.

Rules: nothing is decided here. Who asks is found by the transport; an error of ours becomes a tool's result with
`isError`, so that the model reads what to do; whatever else goes wrong is an internal error that says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ergos.base.errors import ErgosError, PortMissingError, UnknownPathError, UnknownProcessError
from ergos.buses.mcp.server.asking import Call, Context, Handler, caller_of, is_modern, spoken
from ergos.buses.mcp.server.listening import Listening
from ergos.buses.mcp.server.ports import INVALID_PARAMS, Caller, Desk, RpcError, TaskView, Wire
from ergos.buses.mcp.server.skills import SkillsExtension
from ergos.buses.mcp.server.tasks import TasksExtension
from ergos.buses.mcp.server.wire import created, of_error

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server
    from mcp_types import CallToolRequestParams, ReadResourceRequestParams

LIST_TTL_MS: Final = 2_000  # milliseconds for which a list may be taken as current: a grant can be revoked
NOT_FOUND_2025: Final = -32002  # what the older era answers for a resource that is not there


def face(desk: Desk, default: Caller | None = None) -> Server[Any]:
    """A server for one kind of caller. `default`: who asks where the transport does not say.

    Raises: PortMissingError.
    """
    try:
        from mcp.server.caching import CacheHint
        from mcp.server.lowlevel import Server
        from mcp_types import CallToolRequestParams, PaginatedRequestParams, ReadResourceRequestParams
        from mcp_types import SubscriptionsListenRequestParams as ListenParams
    except ImportError as error:
        raise PortMissingError("MCP is served by the package `mcp`, which is not installed") from error

    server: Server[Any] = Server(
        desk.name,
        version=desk.version,
        instructions=desk.instructions or None,
        cache_hints={"server/discover": CacheHint(LIST_TTL_MS, "private")},
    )
    served = _Face(desk, default)
    handlers: list[tuple[str, type[Any], Handler, int | None]] = [
        ("tools/list", PaginatedRequestParams, served.list_tools, LIST_TTL_MS),
        ("tools/call", CallToolRequestParams, served.call_tool, None),
        ("subscriptions/listen", ListenParams, Listening(desk, default).listen, None),
    ]
    if desk.board is not None:
        TasksExtension(desk.board, default).attach(server)
    if desk.places is not None or desk.shelf is not None:
        handlers += [
            ("resources/list", PaginatedRequestParams, served.list_resources, LIST_TTL_MS),
            ("resources/templates/list", PaginatedRequestParams, served.list_templates, LIST_TTL_MS),
            ("resources/read", ReadResourceRequestParams, served.read_resource, 0),
        ]
    if served.skills is not None:
        served.skills.attach(server)
    for method, params, handler, ttl_ms in handlers:
        server.add_request_handler(method, params, spoken(handler, ttl_ms=ttl_ms))
    return server


class _Face:
    """The requests of the protocol's core."""

    def __init__(self, desk: Desk, default: Caller | None) -> None:
        self._desk: Final = desk
        self._default: Final = default
        self.skills: Final = SkillsExtension(desk.shelf) if desk.shelf is not None else None

    async def list_tools(self, ctx: Context, _: object) -> Wire:
        """tools/list."""
        return {"tools": list(await self._desk.tools.tools(caller_of(ctx, self._default)))}

    async def call_tool(self, ctx: Context, params: CallToolRequestParams) -> Wire:
        """tools/call."""
        asking = Call(ctx, caller_of(ctx, self._default))
        try:
            result = await self._desk.tools.call(params.name, params.arguments or {}, asking)
        except ErgosError as error:
            return of_error(error)
        if not isinstance(result, TaskView):
            return result
        assert asking.takes_tasks, "a task is for who takes one"
        return created(result)

    async def list_resources(self, ctx: Context, _: object) -> Wire:
        """resources/list."""
        places, found = self._desk.places, list[Wire]()
        if places is not None:
            found += await places.resources(caller_of(ctx, self._default))
        if self.skills is not None:
            found += await self.skills.resources()
        return {"resources": found}

    async def list_templates(self, ctx: Context, _: object) -> Wire:
        """resources/templates/list."""
        places, found = self._desk.places, list[Wire]()
        if places is not None:
            found += await places.templates(caller_of(ctx, self._default))
        if self.skills is not None:
            found.append(self.skills.template())
        return {"resourceTemplates": found}

    async def read_resource(self, ctx: Context, params: ReadResourceRequestParams) -> Wire:
        """resources/read."""
        uri = str(params.uri)
        contents = await self.skills.read(uri) if self.skills is not None else None
        try:
            if contents is None and self._desk.places is not None:
                contents = await self._desk.places.read(caller_of(ctx, self._default), uri)
        except (UnknownPathError, UnknownProcessError):
            contents = None
        if contents is None:
            code = INVALID_PARAMS if is_modern(ctx) else NOT_FOUND_2025
            raise RpcError(code, f"nothing is at {uri[:200]}", {"uri": uri})
        return {"contents": list(contents)}
