"""The entrance: what every request to the site passes before a page or the API sees it.

    static, agent cards     anybody                           /enter     anybody, slowly
    /metrics                a token made for it               /a2a       a token made for it; its server decides further
    /api                    a token for the API, a process's token, or a browser that is signed in
    the console             a browser that is signed in

Whoever is let in finds in `scope["state"]`: `seat` (what they can see and ask; None at /a2a and before a sign-in),
`principal`, `csrf` (what forms must show), `language`, `came` (the request as it was understood).

Rules: the place is checked first (host, origin, site, path), then who asks, then what they send: writes of a browser
show the CSRF token of its session, in the field `csrf` or the header X-CSRF-Token. A request that shows a token is
judged by that token alone. Nothing is remembered but counters, and those are bounded. When somebody is no longer let
in, an answer that is still running ends. It decides nothing about things of the kernel: that is the seat's.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from ergos.app.access.credentials import Purpose
from ergos.app.access.register import Register
from ergos.app.access.roles import Principal
from ergos.app.access.seat import Ground, Seat, StoreWhose
from ergos.base.clock import Clock
from ergos.base.errors import SettingsError
from ergos.server.entrance_answers import (
    Asker,
    Message,
    Page,
    Receive,
    Send,
    answer,
    bounce,
    dressed,
    plain_page,
    refuse,
)
from ergos.server.entrance_checks import (
    SILENT,
    Came,
    Place,
    Turned,
    TurnedAway,
    bearer_of,
    check_form,
    check_json,
    is_local,
    read,
    session_of,
    unheard,
    zone_of,
)
from ergos.server.entrance_forms import with_csrf
from ergos.server.entrance_guests import PidOf
from ergos.server.entrance_limits import Buckets
from ergos.server.entrance_words import Why

REQUESTS_BURST: Final = 2_000  # requests at once of one credential: a page and a program's busy moment
REQUESTS_PER_S: Final = 200.0  # further ones a second; no person and no well-meant program asks more
STRANGER_BURST: Final = 400  # requests at once of one address that shows no credential
STRANGER_PER_S: Final = 40.0
TRIES_BURST: Final = 10  # wrong codes and tokens of one address before it has to wait
TRIES_PER_S: Final = 1 / 30  # further ones
AT_ONCE_MAX: Final = 256  # requests of one credential under way at once, streams among them
LANGUAGES: Final = ("en", "zh")
LANGUAGE_COOKIE: Final = "ergos-language"

Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]


class Attempts:
    """Wrong codes, by address."""

    def __init__(self, clock: Clock) -> None:
        self._buckets: Final = Buckets(clock, burst=TRIES_BURST, per_s=TRIES_PER_S)

    def check(self, peer: str) -> None:
        """Nothing, if this address may try. Raises: Turned."""
        if wait_s := self._buckets.wait_s(peer):
            raise _later("tries", wait_s)

    def failed(self, peer: str) -> None:
        """It tried in vain."""
        self._buckets.take(peer)


class Entrance:
    """Middleware of ASGI around the whole site."""

    def __init__(
        self,
        app: Application,
        *,
        register: Register,
        ground: Ground,
        place: Place,
        language: str = "en",
        pid_of: PidOf | None = None,
        tries: Attempts | None = None,
        page: Page = plain_page,
        turned_away: TurnedAway = unheard,
    ) -> None:
        """`pid_of`: whose a process's token is; `tries`: shared with the routes of /enter; `page`: words a refusal;
        `turned_away`: is told of those who try what no page and no program of ours does.
        """
        self._turned_away: Final = turned_away
        self._app: Final = app
        self._register: Final = register
        self._ground: Final = ground
        self._place: Final = place
        self._language: Final = language
        self._pid_of: Final = pid_of
        self._page: Final = page
        self._tries: Final = tries or Attempts(register.clock)
        self._requests: Final = Buckets(register.clock, burst=REQUESTS_BURST, per_s=REQUESTS_PER_S)
        self._strangers: Final = Buckets(register.clock, burst=STRANGER_BURST, per_s=STRANGER_PER_S)
        self._under_way: Final[dict[str, int]] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let a request in, or say why not."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        language, out = self._language, _Answer(send)
        try:
            came = read(scope, self._place)
            language = _language(came, language)
            out.came = came
            state, receive = await self._admitted(came, receive, out)
        except Turned as turned:
            self._note(scope, turned)
            await refuse(out.send, turned, Asker.of(scope), language, self._page)
        except SettingsError:
            await refuse(out.send, Turned(503, "closed"), Asker.of(scope), language, self._page)
        else:
            if state is not None:
                state["language"] = language
                await self._served(scope, receive, out, state)

    def _note(self, scope: Message, turned: Turned) -> None:
        if turned.why not in SILENT:
            peer = str((scope.get("client") or ("",))[0])
            self._turned_away(peer, turned.why, f"{scope.get('method', '')} {zone_of(str(scope.get('path', '')))}")

    async def _served(self, scope: Message, receive: Receive, out: _Answer, state: dict[str, Any]) -> None:
        """Hand it on, counted among those under way."""
        principal: Principal | None = state["principal"]
        name = principal.credential if principal is not None else ""
        if name and self._under_way.get(name, 0) >= AT_ONCE_MAX:
            turned = Turned(429, "busy", ("retry-after", "1"))
            await refuse(out.send, turned, Asker.of(scope), state["language"], self._page)
            return
        self._under_way[name] = self._under_way.get(name, 0) + 1
        try:
            inner = {**scope, "state": {**scope.get("state", {}), **state}}
            await self._app(inner, out.heard(receive), out.send)
        finally:
            self._under_way[name] -= 1
            if not self._under_way[name]:
                del self._under_way[name]
        if self._register.overdue:
            await asyncio.to_thread(self._register.settle)

    async def _admitted(self, came: Came, receive: Receive, out: _Answer) -> tuple[dict[str, Any] | None, Receive]:
        """What the application is told of who asks; None: it was answered. Raises: Turned, SettingsError."""
        token = bearer_of(came)
        match came.zone:
            case "static" | "public":
                if came.writes:
                    raise Turned(405, "method", ("allow", "GET, HEAD"))
                self._paced(self._strangers, came.peer)
                return _state(came), receive
            case "enter":
                self._paced(self._strangers, came.peer)
                return self._known(came) or _state(came), receive
            case "metrics":
                return _state(came, principal=self._of_token(came, token, "metrics", out)), receive
            case "a2a":
                check_json(came)
                return _state(came, principal=self._peer(came, token, out)), receive
            case "api" if token is not None:
                check_json(came)
                principal = await self._program(came, token, out)
                return _state(came, principal=principal, seat=Seat(principal, self._ground)), receive
            case "api" | "console":
                return await self._browser(came, receive, out)

    async def _browser(self, came: Came, receive: Receive, out: _Answer) -> tuple[dict[str, Any] | None, Receive]:
        """A browser that is signed in, or one that is sent to where it can. Raises: Turned, SettingsError."""
        state = self._known(came, out)
        if state is None:
            self._paced(self._strangers, came.peer)
            if came.zone == "console" and came.visit and "hx-request" not in came.headers:
                await _to_sign_in(came, out)
                return None, receive
            raise Turned(401, "sign_in")
        self._paced(self._requests, state["principal"].credential)
        if came.zone == "api":
            check_json(came)
        else:
            check_form(came)
        if came.writes:
            receive = await with_csrf(came, receive, state["csrf"])
        return state, receive

    def _known(self, came: Came, out: _Answer | None = None) -> dict[str, Any] | None:
        """What is told of a browser that is signed in. Raises: Turned, SettingsError."""
        secret = session_of(came)
        found = self._register.principal_of_session(secret) if secret else None
        if found is None:
            return None
        principal, csrf = found
        if out is not None:
            out.valid = lambda: self._register.principal_of_session(secret) is not None
        return _state(came, principal=principal, seat=Seat(principal, self._ground), csrf=csrf)

    async def _program(self, came: Came, token: str, out: _Answer) -> Principal:
        """Whose token for the API, or of which process, this is. Raises: Turned, SettingsError."""
        pid = await self._pid_of(token) if self._pid_of is not None and token else None
        if pid is None:
            return self._of_token(came, token, "api", out)
        owner = await StoreWhose(self._ground.reads).owner_of(pid)
        if owner is None:
            raise Turned(401, "token")
        credential = f"process:{pid}"
        self._paced(self._requests, credential)
        return Principal(name="agent", role="agent", owner=owner, pid=pid, credential=credential)

    def _of_token(self, came: Came, token: str | None, purpose: Purpose, out: _Answer) -> Principal:
        """Whose token of this purpose this is. Raises: Turned, SettingsError."""
        if token is None:
            self._paced(self._strangers, came.peer)
            raise Turned(401, "sign_in")
        principal = self._register.principal_of_token(token, purpose)
        if principal is None:
            self._paced(self._strangers, came.peer)  # nobody guesses 256 bits, but everybody could keep us busy
            raise Turned(401, "token")
        self._paced(self._requests, principal.credential)
        out.valid = lambda: self._register.principal_of_token(token, purpose) is not None
        return principal

    def _peer(self, came: Came, token: str | None, out: _Answer) -> Principal | None:
        """Whose token for agents of others this is; None: its server has to find out who asks."""
        principal = self._register.principal_of_token(token, "a2a") if token else None
        if token is None or principal is None:
            self._paced(self._requests, f"a2a:{came.peer}")
            return None
        self._paced(self._requests, principal.credential)
        out.valid = lambda: self._register.principal_of_token(token, "a2a") is not None
        return principal

    @staticmethod
    def _paced(buckets: Buckets, name: str) -> None:
        if wait_s := buckets.take(name):
            raise _later("busy", wait_s)

    async def _socket(self, scope: Message, receive: Receive, send: Send) -> None:
        """A WebSocket passes the checks of a page that reads, and shows a session or a token for the API."""
        try:
            came, state = self._socket_state(scope)
        except (Turned, SettingsError) as error:
            if isinstance(error, Turned):
                self._note(scope, error)
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        state["language"] = _language(came, self._language)
        await self._app({**scope, "state": {**scope.get("state", {}), **state}}, receive, send)

    def _socket_state(self, scope: Message) -> tuple[Came, dict[str, Any]]:
        """What is told of who opens a WebSocket. Raises: Turned, SettingsError."""
        came = read({**scope, "method": "GET"}, self._place)
        if came.zone not in {"api", "console"} or came.headers.get("origin") is None:
            raise Turned(403, "upgrade")
        state = self._known(came)
        if state is None:
            raise Turned(401, "sign_in")
        self._paced(self._requests, state["principal"].credential)
        return came, state


class _Answer:
    """The way out: every answer gets our headers, and ends when who asked is no longer let in."""

    def __init__(self, send: Send) -> None:
        self._send: Final = send
        self._cut = False
        self.came: Came | None = None
        self.valid: Callable[[], bool] = lambda: True

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if self._cut:
            return
        if message["type"] == "http.response.start":
            came = self.came
            kept = came is not None and came.zone == "static" and int(message["status"]) in {200, 206, 304}
            secure = came is not None and came.secure and not is_local(came.host)
            lines = dressed(message.get("headers", ()), secure=secure, kept=kept)
            await self._send({**message, "headers": lines})
            return
        if message.get("more_body", False) and not self._still():
            self._cut = True
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    def heard(self, receive: Receive) -> Receive:
        """What the application hears: after a cut, that its client has left."""

        async def hear() -> Message:
            return {"type": "http.disconnect"} if self._cut else await receive()

        return hear

    def _still(self) -> bool:
        try:
            return self.valid()
        except SettingsError:
            return False


def _state(
    came: Came, *, principal: Principal | None = None, seat: Seat | None = None, csrf: str = ""
) -> dict[str, Any]:
    return {"principal": principal, "seat": seat, "csrf": csrf, "came": came}


def _later(why: Why, wait_s: float) -> Turned:
    return Turned(429, why, ("retry-after", str(max(1, math.ceil(wait_s)))))


def _language(came: Came, otherwise: str) -> str:
    for part in came.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == LANGUAGE_COOKIE and value in LANGUAGES:
            return value
    return otherwise


async def _to_sign_in(came: Came, out: _Answer) -> None:
    """Send a browser to where it can sign in, and from there back."""
    if came.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        await answer(out.send, 200, {"content-type": "text/html; charset=utf-8"}, bounce(came))
        return
    back = quote(came.path_sent, safe="") if came.path_sent != "/" else ""
    await answer(out.send, 303, {"location": f"/enter?next={back}" if back else "/enter"})
