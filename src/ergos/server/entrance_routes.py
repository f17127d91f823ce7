"""Signing in and out: POST /enter and POST /leave, as routes of the site.

    POST /enter   code=…&next=/…  or  {"code": "…", "next": "/…"}   303 with the session's cookie, to where one was
    POST /leave   with the CSRF token                              303 to /enter

`code` is a one-time code or, typed by hand, a token for the API. A program that asks for JSON gets {"to": "/…"} instead
of the redirection.

Rules: wrong ones are counted by address, and too many have to wait before the next is looked at; every sign-in makes a
new session and ends the one the browser had; where one goes is a path of this site.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import msgspec

from ergos.app.access.credentials import MARK, SHOWN_CHARS_MAX
from ergos.app.access.register import SESSION_S, Register
from ergos.base.errors import SettingsError
from ergos.server.entrance import Attempts
from ergos.server.entrance_answers import Asker, Page, plain_page, refusal
from ergos.server.entrance_checks import FORM, SILENT, Came, Turned, TurnedAway, check_form, session_of, unheard

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

BODY_BYTES_MAX: Final = 8 * 1024  # bytes of what signs somebody in; a code and an address have two hundred
_HERE: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}")


class Shown(msgspec.Struct, frozen=True):
    """What somebody signs in with."""

    code: str
    to: str = msgspec.field(default="/", name="next")


class Enter:
    """The two routes, over one register."""

    def __init__(
        self, register: Register, tries: Attempts, page: Page = plain_page, turned_away: TurnedAway = unheard
    ) -> None:
        """`tries` and `turned_away`: shared with the entrance."""
        self._turned_away: Final = turned_away
        self._register: Final = register
        self._tries: Final = tries
        self._page: Final = page

    def routes(self) -> list[Route]:
        """To put into the site."""
        from starlette.routing import Route

        return [
            Route("/enter", self.enter, methods=["POST"], name="enter"),
            Route("/leave", self.leave, methods=["POST"], name="leave"),
        ]

    async def enter(self, request: Request) -> Response:
        """POST /enter."""
        try:
            return await self._entered(request)
        except Turned as turned:
            return self.refused(request, turned)
        except SettingsError:
            return self.refused(request, Turned(503, "closed"))

    async def leave(self, request: Request) -> Response:
        """POST /leave."""
        from starlette.responses import Response

        came: Came = request.state.came
        try:
            await asyncio.to_thread(self._register.sign_out, session_of(came))
        except SettingsError:
            return self.refused(request, Turned(503, "closed"))
        headers = {"location": "/enter", "set-cookie": _cookie(came, "", 0), "clear-site-data": '"cache", "storage"'}
        return Response(status_code=303, headers=headers)

    def refused(self, request: Request, turned: Turned) -> Response:
        """Say why somebody is not let in."""
        from starlette.responses import Response

        if turned.why not in SILENT:
            self._turned_away(request.state.came.peer, turned.why, "POST enter")
        headers, body = refusal(turned, Asker.of(request.scope), request.state.language, self._page)
        return Response(body, turned.status, headers)

    async def _entered(self, request: Request) -> Response:
        came: Came = request.state.came
        self._tries.check(came.peer)
        shown = await _shown(request, came)
        code = shown.code.strip()
        if len(code) > SHOWN_CHARS_MAX:
            raise Turned(413, "large")
        if code.startswith(MARK):
            found = await asyncio.to_thread(self._register.sign_in_with, code)
        else:
            found = await asyncio.to_thread(self._register.redeem, code)
        if found is None:
            self._tries.failed(came.peer)
            raise Turned(401, "wrong")
        return await self.let_in(request, found[0], shown.to)

    async def let_in(self, request: Request, secret: str, to: str) -> Response:
        """Give a browser its new session in place of the one it had, and send it on."""
        from starlette.responses import JSONResponse, Response

        came: Came = request.state.came
        try:
            before = session_of(came)
        except Turned:
            before = ""  # it showed two; the new one goes beside neither
        if before:
            await asyncio.to_thread(self._register.sign_out, before)
        cookie = {"set-cookie": _cookie(came, secret, SESSION_S)}
        if "application/json" in came.headers.get("accept", ""):
            return JSONResponse({"to": here(to)}, headers=cookie)
        return Response(status_code=303, headers={"location": here(to), **cookie})


def here(to: str) -> str:
    """A path of this site; '/' for everything else."""
    return to if _HERE.fullmatch(to) and not to.startswith("/enter") else "/"


def _cookie(came: Came, secret: str, age_s: int) -> str:
    secure = "; Secure" if came.secure else ""
    return f"{came.cookie_name}={secret}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}"


async def _shown(request: Request, came: Came) -> Shown:
    """What is shown. Raises: Turned."""
    check_form(came)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            raise Turned(413, "large")
    try:
        if came.media_type == FORM:
            fields = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=10)
            if len(dict(fields)) != len(fields):
                raise Turned(400, "form")
            return msgspec.convert(dict(fields), Shown)
        return msgspec.json.decode(bytes(body), type=Shown)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Turned(400, "form") from error
