"""The gate: opens the door to any program that speaks the protocols of OpenAI, of Anthropic, or MCP.

    POST /v1/chat/completions   /v1/responses   /v1/embeddings   /v1/messages   /v1/messages/count_tokens
    GET  /v1/models   /v1/models/NAME   /health
    /mcp: the Model Context Protocol, where the gate has it
    /hooks/PID/NAME: signed requests of anybody, where the gate has them
    everything else: the site, an ASGI application with its own door, where the gate has one

Rules: the gate decides nothing. It learns from the token which process asks, reads the body, hands it to the doorway,
and writes what comes back. A program that leaves does not stop its call: the call is made, recorded and charged, and
answered from the journal when it is made again.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar, cast

import msgspec

from ergos.base.clock import Clock
from ergos.base.errors import ErgosError
from ergos.buses.mcp.server.ports import Caller as McpCaller
from ergos.drivers.http.asgi import Application, serve_asgi
from ergos.drivers.http.message import HttpLimits, Refusal, Request
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import HttpServer
from ergos.kernel.models import Dialect, EndpointSpec
from ergos.kernel.syscalls import Answer
from ergos.server.admission import Admission, parsed, who
from ergos.server.hooks import PATH as HOOKS
from ergos.server.hooks import Hooks
from ergos.server.hooks import refuse as refuse_hook
from ergos.server.listing import estimated_tokens, model, models
from ergos.server.mcp import PATH as MCP
from ergos.server.mcp import refuse
from ergos.server.refusals import (
    Refused,
    Rejected,
    body_of,
    headers_of,
    manner_of,
    of_error,
    of_failure,
    of_status,
)
from ergos.server.streaming import Delivery

CALLS: Final[dict[str, Dialect]] = {
    "/v1/chat/completions": "openai.chat",
    "/v1/responses": "openai.responses",
    "/v1/embeddings": "openai.embeddings",
    "/v1/messages": "anthropic.messages",
}
_COUNT: Final = "/v1/messages/count_tokens"
_MODELS: Final = "/v1/models"
_HEALTH: Final = "/health"
_OWN: Final = frozenset({"v1", "mcp", "health", "*"})
"""First parts of the gate's own paths; everything else is the site's."""
_POSTED: Final = frozenset({*CALLS, _COUNT})
_JSON: Final = {"content-type": "application/json"}
_ENCODER: Final = msgspec.json.Encoder()


Caller = TypeVar("Caller")
"""Whom a token stands for: a process, or one start of it. Equal ones are the same."""


class Doorway(Protocol[Caller]):
    """The kernel's side of the gate."""

    def pid_of(self, token: str, /) -> Caller | None:
        """The live process whose token this is; compared so that time tells nothing about it."""
        ...

    async def call(
        self,
        caller: Caller,
        dialect: Dialect,
        body: dict[str, object],
        /,
        *,
        sink: Callable[[bytes], None] | None,
        gone: Callable[[], bool],
    ) -> Answer:
        """Make a model call for a process and return once it is recorded.

        The answer's value is {"status", "type", "body"}; what the sink was given is a beginning of that body, and it
        is given something only where the status will be 200 and the body a stream of events. `gone` says in the end
        whether nobody is there to take the answer, which may then be kept for when its program asks again.

        Raises: ErgosError.
        """
        ...

    def models(self) -> tuple[EndpointSpec, ...]:
        """Models that can be asked for."""
        ...


class ToolDoor(Protocol):
    """`/mcp`: tools, resources and tasks."""

    def caller_of(self, token: str, /) -> McpCaller | None:
        """Whom a token stands for; compared so that time tells nothing about it."""
        ...

    async def serve(self, request: Request, reply: Responder, caller: McpCaller, /) -> None:
        """Answer a request. Raises: Rejected."""
        ...

    async def close(self) -> None:
        """End every session."""
        ...


class Site(Protocol):
    """What people and other programs see: pages, the API, agents of other makers' peers."""

    @property
    def app(self) -> Application:
        """ASGI; it checks for itself who asks."""
        ...

    async def opened(self, url: str) -> None:
        """The gate listens there. Raises: ErgosErrors."""
        ...

    def answered(self, path: str, method: str, status: int) -> None:
        """The gate has answered a request, its own or the site's; for who counts them."""
        ...

    async def close(self) -> None:
        """End what would never end by itself."""
        ...


class GateServer:
    """Listens, and hands on."""

    def __init__(
        self,
        doorway: Doorway[Any],
        *,
        clock: Clock,
        limits: HttpLimits | None = None,
        hosts: frozenset[str] = frozenset(),
        origins: frozenset[str] = frozenset(),
        mcp: ToolDoor | None = None,
        hooks: Hooks | None = None,
        site: Site | None = None,
    ) -> None:
        """`hosts`: names, besides those of this machine, under which it is reached; `origins`: web pages let in;
        `mcp`: what is behind /mcp; `hooks`: what is behind /hooks; `site`: what is everywhere else.
        """
        self._doorway: Final[Doorway[Any]] = doorway
        self._mcp: Final = mcp
        self._hooks: Final = hooks
        self._site: Final = site
        self._scope: dict[str, object] = {}
        self._admission: Final = Admission(hosts, origins)
        self._since_ns: Final = clock.now_ns()
        self._server: Final = HttpServer(self._handle, limits, clock=clock, worder=_worded)

    async def start(self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        """Listen; the port. Raises: WorldError."""
        if tls is not None:
            self._scope = {"scheme": "https"}
        return await self._server.start(host, port, tls)

    async def stop(self, grace_s: float = 0.0) -> None:
        """Take no more, let running calls end for `grace_s` seconds."""
        if self._mcp is not None:
            await self._mcp.close()  # its streams would never end by themselves
        if self._site is not None:
            await self._site.close()
        await self._server.stop(grace_s)

    @property
    def connections(self) -> int:
        """How many are open."""
        return self._server.connections

    async def _handle(self, request: Request, reply: Responder) -> None:
        try:
            await self._answer(request, reply)
        finally:
            if self._site is not None:
                self._site.answered(request.path, request.method, reply.status or 500)

    async def _answer(self, request: Request, reply: Responder) -> None:
        if self._hooks is not None and request.path.startswith(HOOKS):
            try:
                await self._hooks.serve(request, reply)
            except Rejected as rejected:
                refuse_hook(reply, rejected)
            return
        if self._site is not None and not _is_own(request.path):
            await serve_asgi(self._site.app, request, reply, more=self._scope)
            return
        try:
            self._admission.check_place(request)
            await self._route(request, reply)
        except Rejected as rejected:
            if request.path.rstrip("/") == MCP:
                refuse(reply, rejected.refused)
            else:
                _refuse(request, reply, rejected.refused)

    async def _route(self, request: Request, reply: Responder) -> None:
        path = request.path.rstrip("/")
        if path == MCP and self._mcp is not None:
            await self._mcp.serve(request, reply, who(request, self._mcp.caller_of))
            return
        is_model = path.startswith(_MODELS + "/")
        if path not in _POSTED and path not in {_MODELS, _HEALTH} and not is_model:
            raise Rejected(of_status(404, f"nothing is at {request.path[:200]}; {_offer()}"))
        allowed = ("POST",) if path in _POSTED else ("GET", "HEAD")
        if request.method not in allowed:
            allow = ("allow", ", ".join(allowed))
            raise Rejected(of_status(405, f"{path[:200]} takes {allow[1]}, not {request.method}", allow))
        if path == _HEALTH:
            reply.send(200, _JSON, b'{"status":"ok"}')
            return
        caller = who(request, self._doorway.pid_of)
        if (dialect := CALLS.get(path)) is not None:
            await self._call(caller, dialect, request, reply)
        elif path == _COUNT:
            reply.send(200, _JSON, _ENCODER.encode({"input_tokens": estimated_tokens(parsed(request))}))
        else:
            self._list(path[len(_MODELS) + 1 :], request, reply)

    def _list(self, name: str, request: Request, reply: Responder) -> None:
        manner = manner_of(request.path, request.headers)
        specs = self._doorway.models()
        found = model(specs, name, manner, self._since_ns) if name else models(specs, manner, self._since_ns)
        if found is None:
            raise Rejected(of_status(404, f"there is no model {name[:200]!r} here; GET {_MODELS} lists them"))
        reply.send(200, _JSON, _ENCODER.encode(found))

    async def _call(self, caller: object, dialect: Dialect, request: Request, reply: Responder) -> None:
        body = parsed(request)
        delivery = Delivery(reply, dialect, request.path, request.headers)
        sink = delivery.sink if body.get("stream") is True else None
        try:
            answer = await self._doorway.call(caller, dialect, body, sink=sink, gone=lambda: reply.disconnected)
        except ErgosError as error:
            delivery.refuse(of_error(error))
            return
        except asyncio.CancelledError:
            delivery.refuse(of_status(503, "the server stops; the call goes on when it is started again"))
            raise
        if answer.failure is not None:
            delivery.refuse(of_failure(answer.failure))
            return
        sent = _wire(answer.value)
        if sent is None:
            delivery.refuse(of_status(502, "the model's answer cannot be passed on: it is no answer in this protocol"))
            return
        await delivery.finish(*sent)


def _is_own(path: str) -> bool:
    """Whether the gate answers this path itself."""
    first = path.split("/", 2)[1] if path.startswith("/") else path
    return first in _OWN


def _wire(value: object) -> tuple[int, str, bytes] | None:
    """Status, type and body of an answer's value, if it is one."""
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, object]", value)
    status, media_type, body = fields.get("status"), fields.get("type"), fields.get("body")
    if not isinstance(status, int) or not 200 <= status <= 599 or not isinstance(body, str):
        return None
    return status, media_type if isinstance(media_type, str) else "", body.encode("utf-8", "replace")


def _refuse(request: Request, reply: Responder, refused: Refused) -> None:
    manner = manner_of(request.path, request.headers)
    reply.send(refused.row.status, headers_of(refused), body_of(refused, manner))


def _worded(refusal: Refusal) -> tuple[dict[str, str], bytes]:
    """What the HTTP server refuses itself, in the format of who asked."""
    refused = of_status(refusal.status, refusal.what)
    return headers_of(refused), body_of(refused, manner_of(refusal.path))


def _offer() -> str:
    return f"there are POST {', '.join(sorted(_POSTED))} and GET {_MODELS}, {_HEALTH}"
