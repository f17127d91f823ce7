"""The door of the published agents: an ASGI application around the library's routes.

    /a2a/AGENT                                  JSON-RPC
    /a2a/AGENT/message:send, /tasks, …          HTTP+JSON
    /a2a/AGENT/.well-known/agent-card.json      its card, and the key that signed it (jwks.json), for anybody
    /.well-known/agent-card.json                the card, where exactly one agent is published

Rules: who is not known is told how to authenticate and nothing else, and costs no more than that; an agent that a
caller may not use is one that is not there; a body is screened before anything reads it. Refusals are in the form of
the binding that was asked: JSON-RPC errors, or Google's error model (AIP-193).
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final, TypeAlias, cast

import msgspec

from ergos.buses.a2a.ports import Caller, Gatekeeper
from ergos.buses.a2a.server.crowd import Pace
from ergos.buses.a2a.server.screening import BODY_BYTES_MAX, fault_of, type_fault

PREFIX: Final = "/a2a/"
CARD: Final = "/.well-known/agent-card.json"
KEYS: Final = "/.well-known/jwks.json"
TOKEN_CHARS_MAX: Final = 1_024  # characters of a token; ours and most others' are far shorter
UPLOAD_S: Final = 60.0  # seconds until a body is there; slower ones only keep a connection busy

CALLER: Final = "ergos.caller"
"""Where the caller stands in a request's state and in a call's context."""
GONE: Final = "ergos.gone"
"""Where stands what ends when the client has left."""
TURNED: Final = "ergos.turned"
"""Where stands what is told why a request is refused: a word, and what its client is told."""

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Turned: TypeAlias = Callable[[str, str, str], None]
"""Told of a request that is refused: of whom ('': nobody who is known), why, in a word, and what they are told."""
Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

_ENCODER: Final = msgspec.json.Encoder()
_CHALLENGE: Final = (b"www-authenticate", b'Bearer realm="a2a"')


class Door:
    """Lets known callers in."""

    def __init__(
        self,
        agents: Mapping[str, Application],
        gatekeeper: Gatekeeper,
        alone: str = "",
        pace: Pace | None = None,
        turned: Turned = lambda _, __, ___: None,
    ) -> None:
        """`agents`: what is behind the door, by name; `alone`: the one whose card is at the root, too; `turned`: told
        of every request that is refused.
        """
        self._agents: Final = agents
        self._gatekeeper: Final = gatekeeper
        self._alone: Final = alone
        self._pace: Final = pace or Pace()
        self._turned: Final = turned

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        path = str(scope["path"])
        if path == CARD and self._alone:
            await self._agents[self._alone]({**scope, "path": f"{PREFIX}{self._alone}{CARD}"}, receive, send)
            return
        name, _, rest = path.removeprefix(PREFIX).partition("/")
        if not path.startswith(PREFIX):
            self._turned("", "path", "nothing is here")
            await _refused(send, scope, 404, "nothing is here")
            return
        if f"/{rest}" in {CARD, KEYS} and name in self._agents:
            await self._agents[name](scope, receive, send)
            return
        caller = await self._gatekeeper.caller_of(_token(scope))
        if caller is None:
            why = "this request carries no token of a peer"
            self._turned("", "token", why)
            await _refused(send, scope, 401, why, (_CHALLENGE,))
            return
        if name not in self._agents or not self._gatekeeper.may_use(caller, name):
            why = f"there is no agent {name[:100]!r}"
            self._turned(caller.name, "agent", why)
            await _refused(send, scope, 404, why)
            return
        await self._admit(self._agents[name], caller, (scope, receive, send))

    async def _admit(self, agent: Application, caller: Caller, request: tuple[Message, Receive, Send]) -> None:
        scope, receive, send = request
        body = b""
        if scope["method"] in {"POST", "PUT", "PATCH"}:
            found = await _body(receive)
            fault = self._fault(caller, found, scope)
            if fault is not None:
                self._turned(caller.name, fault.word, fault.why)
                await _refused(send, scope, fault.status, fault.why, fault.headers, parse=fault.word == "json")
                return
            body = found or b""
        replay = _Replay(body, receive)
        turned = functools.partial(self._turned, caller.name)
        state = {**scope.get("state", {}), CALLER: caller, GONE: replay.gone, TURNED: turned}
        try:
            await agent({**scope, "path": str(scope["path"]).rstrip("/"), "state": state}, replay.receive, send)
        finally:
            replay.close()

    def _fault(self, caller: Caller, body: bytes | None, scope: Message) -> _Fault | None:
        """Why a body is not taken."""
        if body is None:
            return _Fault("large", 413, f"a request has at most {BODY_BYTES_MAX:,} bytes")
        if body and (why := type_fault(_headers(scope))):
            return _Fault("type", 415, why)
        wait_s = self._pace.wait_s(caller.name, len(body), asyncio.get_running_loop().time())
        if wait_s:
            after = (b"retry-after", str(int(wait_s) + 1).encode())
            return _Fault("pace", 429, "you say more than can be taken in a minute", (after,))
        fault, why = fault_of(body)
        return _Fault(fault, 413 if fault == "large" else 400, why) if fault else None


class _Fault(msgspec.Struct, frozen=True):
    word: str
    status: int
    why: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


async def nothing(scope: Message, receive: Receive, send: Send) -> None:
    """Answer where nothing is."""
    del receive
    await _refused(send, scope, 404, "nothing is here")


class _Replay:
    """A body that was read, handed on; and then, whether its client is still there."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: Final = body
        self._receive: Final = receive
        self._given = False
        self._left: asyncio.Future[Message] | None = None

    async def receive(self) -> Message:
        """The body; then that the client has left, once it has."""
        if not self._given:
            self._given = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self.gone()
        return {"type": "http.disconnect"}

    def close(self) -> None:
        """Listen no more."""
        if self._left is not None:
            self._left.cancel()

    async def gone(self) -> None:
        """Return when the client has left; asked by several, it is listened for once."""
        if self._left is None:
            self._left = asyncio.ensure_future(self._receive())
        while (await asyncio.shield(self._left))["type"] != "http.disconnect":
            self._left = asyncio.ensure_future(self._receive())


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None for one that is too large, or does not come to an end."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(UPLOAD_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return b"".join(pieces)
                pieces.append(bytes(message.get("body", b"")))
                size += len(pieces[-1])
                if size > BODY_BYTES_MAX:
                    return None
                if not message.get("more_body", False):
                    return b"".join(pieces)
    except TimeoutError:
        return None


def _headers(scope: Message) -> dict[str, str]:
    lines = cast("list[tuple[bytes, bytes]]", scope["headers"])
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in lines}


def _token(scope: Message) -> str:
    """The bearer token of a request; '' for none, or for two."""
    shown = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
    if len(shown) != 1:
        return ""
    scheme, _, token = bytes(shown[0]).decode("latin-1").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and len(token) <= TOKEN_CHARS_MAX else ""


async def _refused(
    send: Send,
    scope: Message,
    status: int,
    why: str,
    headers: tuple[tuple[bytes, bytes], ...] = (),
    *,
    parse: bool = False,
) -> None:
    """Say no, in the form of the binding that was asked."""
    rpc = "/" not in str(scope["path"]).removeprefix(PREFIX).rstrip("/") and scope["method"] == "POST"
    if rpc:
        code = -32700 if parse else -32600 if status in {400, 413, 415} else -32000
        answer: object = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": why}}
        status = 200 if status == 400 else status
    else:
        answer = {"error": {"code": status, "status": _AIP[status], "message": why, "details": [_info(status)]}}
    body = _ENCODER.encode(answer)
    more = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": more})
    await send({"type": "http.response.body", "body": body})


_AIP: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
}
"""Names of statuses. Source: google.rpc.Code."""


def _info(status: int) -> dict[str, object]:
    reason = {401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RATE_LIMITED"}.get(status, "INVALID_REQUEST")
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "a2a-protocol.org",
        "metadata": {},
    }
