"""A request as our handlers see it: who asks, what they take, and how errors reach them.

Rules: who asks is what the transport found out about the request itself, never what the request says of itself;
a task is only for who said on this very request that they take one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import msgspec

from ergos.base.errors import ErgosError
from ergos.buses.mcp.server.ports import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    MISSING_CAPABILITY,
    TASKS,
    Caller,
    RpcError,
    Wire,
)

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

CALLER: Final = "ergos.caller"
"""Where a transport leaves the caller, in the scope of an HTTP request."""
GONE: Final = "ergos.gone"
"""Where it leaves what tells whether the client has left."""

_BUGS: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What a mistake of ours raises: the loop's log has it, the client has not."""

T = TypeVar("T", bound=msgspec.Struct)
Context: TypeAlias = "ServerRequestContext[Any, Any]"
Handler: TypeAlias = Callable[[Context, Any], Awaitable[Wire]]


def caller_of(ctx: Context, default: Caller | None) -> Caller:
    """Who asks: what the transport says, else whom the pipe belongs to. Raises: RpcError."""
    found: object = ctx.request.scope.get(CALLER) if ctx.request is not None else default
    if not isinstance(found, Caller):
        raise RpcError(INVALID_PARAMS, "nobody is known to ask")
    return found


def is_modern(ctx: Context) -> bool:
    """Whether the request is of the era without sessions, in which extensions are negotiated on each request."""
    from mcp_types.version import MODERN_PROTOCOL_VERSIONS

    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS


def takes_tasks(ctx: Context) -> bool:
    """Whether this request may be answered with a task."""
    capabilities = ctx.session.client_capabilities
    extensions = capabilities.extensions if capabilities is not None else None
    return is_modern(ctx) and extensions is not None and TASKS in extensions


def demand_tasks(ctx: Context) -> None:
    """Raises: RpcError where the client did not say that it takes tasks."""
    if not takes_tasks(ctx):
        needed = {"requiredCapabilities": {"extensions": {TASKS: {}}}}
        raise RpcError(MISSING_CAPABILITY, f"this needs the extension {TASKS} on the request", needed)


def arguments_of(ctx: Context, kind: type[T]) -> T:
    """The request's parameters. Raises: RpcError."""
    said: Mapping[str, Any] = ctx.params or {}
    try:
        return msgspec.convert(dict(said), kind)
    except msgspec.ValidationError as error:
        raise RpcError(INVALID_PARAMS, f"the parameters are wrong: {error}") from error


def spoken(handler: Handler, *, ttl_ms: int | None = None) -> Handler:
    """The same handler, with our errors in the library's, and with what every result of the newer era carries.

    `ttl_ms`: milliseconds for which this caller may take a result of it as current; None: its results are not cached.
    """

    async def speaking(ctx: Context, params: object) -> Wire:
        from mcp.shared.exceptions import MCPError

        try:
            result = await handler(ctx, params)
        except RpcError as error:
            raise MCPError(error.code, error.message, error.data) from error
        except ErgosError as error:
            raise MCPError(INTERNAL_ERROR, str(error), {"code": error.code}) from error
        except _BUGS as bug:
            # In the older era the library would tell the client what a bug says.
            asyncio.get_running_loop().call_exception_handler({"message": f"{ctx.method} failed", "exception": bug})
            raise MCPError(INTERNAL_ERROR, "the server failed while it worked on this request") from bug
        if not is_modern(ctx):
            return result
        cached = {"ttlMs": ttl_ms, "cacheScope": "private"} if ttl_ms is not None else {}
        return {"resultType": "complete", **cached, **result}

    return speaking


class Call:
    """One tools/call under way."""

    def __init__(self, ctx: Context, caller: Caller) -> None:
        self.caller: Final = caller
        self.takes_tasks: Final = takes_tasks(ctx)
        self.context: Final = ctx
        """What the library knows of the request."""
        self._done = -1.0
        scope: Mapping[str, Any] = ctx.request.scope if ctx.request is not None else {}
        self._gone: Final[Callable[[], bool]] = scope.get(GONE, _stays)

    @property
    def gone(self) -> bool:
        """Whether the client has left; in the older era its request goes on all the same."""
        return self._gone()

    async def progress(self, done: float, message: str) -> None:
        """Tell how it goes, where the caller wants to know; `done` only grows."""
        if done > self._done:
            self._done = done
            await self.context.session.report_progress(done, None, message)


def _stays() -> bool:
    """Of a pipe: its end is our end, too."""
    return False
