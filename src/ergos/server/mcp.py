"""`/mcp` at the gate: the Model Context Protocol over streamable HTTP, for processes and for owners.

A process is served the tools that its grants name; an owner is served everything of theirs. What either is served is
behind a `Lobby` each; here a request is checked and handed in.

Rules: Host, Origin and token were checked by the gate; a body is one JSON object in which every key stands once, not
larger and not deeper than a message may be, before the protocol's library sees it; refusals are JSON-RPC errors.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ergos.base.errors import ErgosError
from ergos.base.limits import VALUE_DEPTH_MAX
from ergos.buses.mcp.server.asking import CALLER, GONE
from ergos.buses.mcp.server.lobby import BODY_BYTES_MAX, Lobby
from ergos.buses.mcp.server.ports import Caller
from ergos.drivers.http.asgi import serve_asgi
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from ergos.server.admission import parsed
from ergos.server.refusals import Refused, Rejected, headers_of, of_error, of_status

PATH: Final = "/mcp"
METHODS: Final = ("POST", "GET", "DELETE")
DEPTH_MAX: Final = VALUE_DEPTH_MAX  # levels of nesting of one message: those of a value, which is most of it

_PARSE_ERROR: Final = -32700
_INVALID_REQUEST: Final = -32600
_SERVER_ERROR: Final = -32000
_ENCODER: Final = msgspec.json.Encoder()


class McpDoor:
    """Hands requests to the lobby of their caller's kind."""

    def __init__(self, guests: Lobby, owners: Lobby | None = None) -> None:
        self._guests: Final = guests
        self._owners: Final = owners

    async def serve(self, request: Request, reply: Responder, caller: Caller) -> None:
        """Answer a request of this caller. Raises: Rejected."""
        lobby = self._guests if caller.pid else self._owners
        if lobby is None:
            raise Rejected(of_status(403, "this server serves processes only"))
        if request.method not in METHODS:
            allow = ("allow", ", ".join(METHODS))
            raise Rejected(of_status(405, f"{PATH} takes {allow[1]}, not {request.method}", allow))
        if request.method == "POST":
            _check(request)
        try:
            await serve_asgi(lobby.serve, request, reply, more={CALLER: caller, GONE: lambda: reply.disconnected})
        except ErgosError as error:
            if reply.status:
                raise
            raise Rejected(of_error(error)) from error

    async def close(self) -> None:
        """End every session."""
        await self._guests.close()
        if self._owners is not None:
            await self._owners.close()


def _check(request: Request) -> None:
    """The body of a message. Raises: Rejected."""
    if len(request.body) > BODY_BYTES_MAX:
        raise Rejected(of_status(413, f"a message has at most {BODY_BYTES_MAX:,} bytes"))
    value = parsed(request)
    if request.body.count(b"[") + request.body.count(b"{") > DEPTH_MAX and _deep(value):
        raise Rejected(of_status(400, f"the body is nested more than {DEPTH_MAX} deep"))


def _deep(value: object) -> bool:
    """Whether a value is nested too deeply. Cost: O(its size)."""
    level: list[object] = [value]
    for _ in range(DEPTH_MAX):
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner.extend(part for part in one.values() if isinstance(part, dict | list))
            elif isinstance(one, list):
                inner.extend(part for part in one if isinstance(part, dict | list))
        if not inner:
            return False
        level = inner
    return True


def refuse(reply: Responder, refused: Refused) -> None:
    """A refusal as this protocol has it: a JSON-RPC error of no request in particular."""
    status = refused.row.status
    code = _SERVER_ERROR
    if status in {400, 413, 415}:
        code = _PARSE_ERROR if "not JSON" in refused.message else _INVALID_REQUEST
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": refused.message}}
    reply.send(status, headers_of(refused), _ENCODER.encode(body))
