"""GET /enter: where somebody signs in with a one-time code or a token, and comes back to where they were.

Rules: shows nothing of the kernel; the code in the address stands behind #, which no server sees. Who shows a code is
let in by the entrance (POST /enter), not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from ergos.console.frame.visit import local, outside

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def enter(request: Request) -> Response:
    """The page."""
    seat = request.scope.get("state", {}).get("seat")
    name = seat.principal.name if seat is not None else ""
    oidc = any(getattr(route, "path", "") == "/enter/oidc" for route in request.app.routes)
    next_ = local(request.query_params.get("next", "/"))
    return outside(request, "enter.html", next=next_, who=name, oidc=oidc)


def turned_page(status: int, text: str, language: str) -> str:
    """The page of somebody who is not let in; for the entrance."""
    from ergos.console.frame.engine import rendered
    from ergos.console.frame.wording import said

    def say(key: str, **more: object) -> str:
        return said(key, "zh" if language == "zh" else "en", **more)

    tag = "zh-Hans" if language == "zh" else "en"
    context = {"w": say, "language_tag": tag, "theme": "auto", "status": status, "text": text}
    return rendered("turned.html", context)


ROUTES: Final = (Route("/enter", enter, methods=["GET"]),)
