"""The routes of the HTTP API, made from the table: `api_routes(pulse=…, register=…, …)` for the site.

    GET|HEAD|OPTIONS|…  /api/v1/…

Each request is carried out in this order: who asks (the entrance has put their seat into the request), whether their
role goes as far as this operation at all, the parameters and the body, whether it was done already under its
Idempotency-Key, then the operation itself. Its errors are answered as problems.

Rules: this file knows no operation; nothing here decides whose an object is (the seat does); an answer never shows
where in the code something failed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec

from ergos.app.access.register import Register
from ergos.app.access.roles import Principal
from ergos.app.access.seat import Seat
from ergos.app.pulse import Pulse
from ergos.base.clock import Clock
from ergos.base.entropy import Entropy
from ergos.base.errors import DefinitionError, ErgosError, RefusedError, SignInError, UsageError
from ergos.server.api import document
from ergos.server.api.operation import BASE, JSON, Answered, Asked, Operation, Parts
from ergos.server.api.problems import Problem, Refused, encoded, headers_of, problem_of
from ergos.server.api.reading import body_of, takes_of
from ergos.server.api.repeats import First, Known, Repeats
from ergos.server.api.streams import Streams

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.types import Receive, Scope, Send

DRY_RUNS: Final = 2  # dry runs at once; each drives a whole program
KEY_CHARS_MAX: Final = 200  # characters of an Idempotency-Key; a UUID has 36
_ENCODER: Final = msgspec.json.Encoder()
_PRIVATE: Final = {"content-type": JSON, "cache-control": "no-store"}
"""Headers of an answer: it is somebody's own, and as of now."""


def api_routes(
    *,
    pulse: Pulse,
    register: Register,
    repeats: Repeats,
    clock: Clock,
    entropy: Entropy,
    table: tuple[Operation, ...] | None = None,
) -> tuple[Route, ...]:
    """Everything below BASE. The entrance before it puts the seat into `request.state.seat`; without one it is 401."""
    from starlette.routing import Route

    from ergos.server.api.table import TABLE

    table = TABLE if table is None else table
    parts = Parts(
        clock=clock,
        entropy=entropy,
        pulse=pulse,
        register=register,
        repeats=repeats,
        proving=asyncio.Lock(),
        streams=Streams(),
        document=cache(lambda: document.encoded(table)),
        page=cache(lambda: document.page(table)),
        rehearsing=asyncio.Semaphore(DRY_RUNS),
    )
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in table:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    found = [Route(BASE + _pattern(path), Place(methods, parts)) for path, methods in _ordered(by_path)]
    return (*found, Route(BASE, Place({}, parts)), Route(BASE + "/{rest:path}", Place({}, parts)))


def _pattern(path: str) -> str:
    """A path of the table as Starlette spells it; a place of the namespace has slashes."""
    return path.replace("{path}", "{path:path}")


def _ordered(by_path: Mapping[str, dict[str, Operation]]) -> list[tuple[str, dict[str, Operation]]]:
    """Paths whose parts are fixed before those in which a part may be anything."""
    return sorted(by_path.items(), key=lambda one: [part.startswith("{") for part in one[0].split("/")])


class Place:
    """One path with all its methods: an ASGI application."""

    def __init__(self, methods: Mapping[str, Operation], parts: Parts) -> None:
        self._methods: Final = methods
        self._parts: Final = parts
        allowed = {*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        self._allow: Final = ", ".join(sorted(allowed))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        from starlette.requests import Request
        from starlette.responses import Response

        request = Request(scope, receive, send)
        try:
            answer = await self._answer(request)
        except Refused as refused:
            answer = _refusal(refused.problem, refused.headers)
        except ErgosError as error:
            answer = _refusal(problem_of(error))
        if request.method == "HEAD":
            answer = Response(status_code=answer.status_code, headers=dict(answer.headers))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """Raises: Refused, ErgosErrors."""
        from starlette.responses import Response

        if not self._methods:
            seat_of(request)
            raise Refused(404, f"nothing is at {request.url.path[:200]}", f"{BASE}/openapi.json lists what there is")
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": self._allow})
        operation = self._methods.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            said = f"{request.url.path[:200]} takes {self._allow}, not {request.method}"
            raise Refused(405, said, headers={"allow": self._allow})
        seat = seat_of(request)
        check_role(operation, seat.principal)
        takes = takes_of(operation, request.path_params, request.scope["query_string"])
        raw = await request.body()
        body = body_of(operation, request.method, request.url.path, request.headers, raw)
        # Of a stream there is no head without a body: HEAD is told of the list instead.
        headers = {} if request.method == "HEAD" and operation.streams else request.headers
        asked = Asked(seat=seat, parts=self._parts, headers=headers, is_gone=request.is_disconnected)
        key = request.headers.get("idempotency-key")
        if operation.once and key is not None:
            return await self._once(operation, asked, takes, body, (checked_key(key), raw, request.url.path))
        return _said(operation, await operation.run(asked, takes, body), request.headers)

    async def _once(
        self, operation: Operation, asked: Asked, takes: object, body: object, under: tuple[str, bytes, str]
    ) -> Response:
        """Do it, unless it was done under this key. Raises: Refused, ErgosErrors."""
        from starlette.responses import Response

        key, raw, path = under
        who, repeats = asked.seat.principal, self._parts.repeats
        digest = hashlib.sha256(b"\0".join((operation.id.encode(), path.encode("utf-8", "replace"), raw))).hexdigest()
        found = repeats.begin(f"{who.owner}/{who.name}/{who.role}", f"{operation.id} {key}", digest)
        if isinstance(found, Known):
            return Response(found.body, found.status, {**found.headers, "idempotency-replayed": "true"})
        if not isinstance(found, First):
            raise Refused(409, *_REPEATED[found])
        try:
            answer = _said(operation, await operation.run(asked, takes, body), asked.headers)
        except (Refused, UsageError, DefinitionError, RefusedError):
            repeats.drop(found)  # it was refused: nothing was done
            raise
        finally:
            repeats.leave(found)
        kept = {name: value for name, value in answer.headers.items() if name != "content-length"}
        repeats.end(found, answer.status_code, kept, bytes(answer.body))
        return answer


_REPEATED: Final = {
    "other": ("this Idempotency-Key was used for another request", "take a new key"),
    "running": ("the request of this Idempotency-Key is under way", "ask again in a moment"),
    "lost": (
        "a request of this Idempotency-Key was begun, and nobody knows whether it was done",
        "look whether it was, before it is made again under a new key",
    ),
}


def seat_of(request: Request) -> Seat:
    """Whose request it is. Raises: Refused."""
    seat: object = getattr(request.state, "seat", None)
    if not isinstance(seat, Seat):
        raise Refused(401, "nobody has signed in", SignInError.remedy)
    return seat


def check_role(operation: Operation, who: Principal) -> None:
    """Nothing, if the role goes as far as this operation. Raises: RefusedError, SignInError."""
    if who.role == "agent":
        if not operation.agents:
            raise RefusedError("a process sees itself only, and acts through its own door")
        return
    if not who.at_least(operation.role):
        raise RefusedError(f"this needs the role {operation.role}; you came in as {who.role}")
    if operation.keeper and not who.keeper:
        raise RefusedError("this concerns the whole home, which belongs to another owner")
    if operation.fresh and not who.fresh:
        raise SignInError(
            "this wants a sign-in of the last minutes",
            remedy="sign in again with `ergos open`, or use a token made with `--decides`",
        )


def checked_key(key: str) -> str:
    """An Idempotency-Key, with or without the quotes of a structured field. Raises: Refused."""
    bare = key[1:-1] if len(key) > 2 and key[0] == key[-1] == '"' else key
    if not 0 < len(bare) <= KEY_CHARS_MAX or not bare.isascii() or not bare.isprintable():
        raise Refused(400, f"an Idempotency-Key has 1 to {KEY_CHARS_MAX} printable ASCII characters")
    return bare


def _said(operation: Operation, made: object, headers: Mapping[str, str]) -> Response:
    """What an operation returned, as an answer."""
    from starlette.responses import Response

    if isinstance(made, Response):
        return made
    answered = made if isinstance(made, Answered) else Answered(body=made)
    status = answered.status or operation.status
    if operation.reply is None:
        return Response(status_code=status, headers=dict(answered.headers))
    body = _ENCODER.encode(answered.body)
    said = {**_PRIVATE, **answered.headers}
    if operation.tagged:
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        said |= {"etag": tag, "cache-control": "private, no-cache"}
        if _matches(headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers={"etag": tag, "cache-control": said["cache-control"]})
    return Response(body, status, said)


def _matches(said: str, tag: str) -> bool:
    """Whether If-None-Match names this tag. Source: RFC 9110, 13.1.2 (weak comparison)."""
    return said.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in said.split(",")}


def _refusal(problem: Problem, more: Mapping[str, str] | None = None) -> Response:
    from starlette.responses import Response

    return Response(encoded(problem), problem.status, {**headers_of(problem), **(more or {})})
