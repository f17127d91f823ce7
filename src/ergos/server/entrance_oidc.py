"""Signing in with an organisation's accounts, as routes of the site.

    GET /enter/oidc?next=/…&again=1       303 to the issuer, with a cookie that binds the sign-in to this browser
    GET /enter/oidc/done?code=…&state=…   303 with the session's cookie, to where one was going

Rules: the browser comes back from another site, so the binding cookie is `SameSite=Lax`; it opens nothing by itself.
Vain attempts are not counted: nothing can be guessed here, and any page can send a browser here to use them up.
Why somebody did not come in is told in one sentence; what the issuer said stays here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from ergos.app.access.oidc import FLOW_S, Oidc, Stranger
from ergos.app.access.register import Register
from ergos.base.errors import PortMissingError, SettingsError, SignInError, UsageError, WorldError
from ergos.server.entrance_checks import Came, Turned, cookies_of
from ergos.server.entrance_routes import Enter, here

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

DONE: Final = "/enter/oidc/done"


class EnterByOidc:
    """The two routes, over one issuer."""

    def __init__(self, oidc: Oidc, register: Register, enter: Enter) -> None:
        self._oidc: Final = oidc
        self._register: Final = register
        self._enter: Final = enter

    def routes(self) -> list[Route]:
        """To put into the site."""
        from starlette.routing import Route

        return [
            Route("/enter/oidc", self.begin, methods=["GET"], name="oidc"),
            Route(DONE, self.done, methods=["GET"], name="oidc-done"),
        ]

    async def begin(self, request: Request) -> Response:
        """Send the browser to the issuer."""
        from starlette.responses import Response

        came: Came = request.state.came
        to, again = here(request.query_params.get("next", "/")), request.query_params.get("again") == "1"
        try:
            url, binding = await self._oidc.begin(f"{came.scheme}://{came.host}{DONE}", to, again=again)
        except (SignInError, WorldError):
            return self._enter.refused(request, Turned(502, "oidc"))
        secure = "; Secure" if came.secure else ""
        cookie = f"{_cookie_name(came)}={binding}; Path=/enter/oidc; Max-Age={FLOW_S}; HttpOnly; SameSite=Lax{secure}"
        return Response(status_code=303, headers={"location": url, "set-cookie": cookie})

    async def done(self, request: Request) -> Response:
        """Let in who comes back."""
        came: Came = request.state.came
        said = request.query_params
        try:
            shown = cookies_of(came, _cookie_name(came))
            found = await self._oidc.finish(
                state=_one(request, "state"),
                code=_one(request, "code"),
                issuer=said.get("iss"),
                binding=shown[0] if len(shown) == 1 else "",
            )
            if isinstance(found, Stranger):
                return self._enter.refused(request, Turned(403, "stranger"))
            secret = await asyncio.to_thread(self._register.sign_in, found.principal, found.signed_in_ns)
        except SignInError:
            return self._enter.refused(request, Turned(401, "oidc"))
        except (WorldError, PortMissingError, UsageError):
            return self._enter.refused(request, Turned(502, "oidc"))
        except SettingsError:
            return self._enter.refused(request, Turned(503, "closed"))
        return await self._enter.let_in(request, secret, found.to)


def _cookie_name(came: Came) -> str:
    return f"{came.cookie_name.removeprefix('__Host-')}-oidc"


def _one(request: Request, name: str) -> str:
    """A field of the query that stands there once; '' for one that does not."""
    found = request.query_params.getlist(name)
    return found[0] if len(found) == 1 else ""
