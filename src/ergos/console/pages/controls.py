"""What stands on every page: STOP, the top of the page as a live part, language and colours.

Rules: STOP asks nothing, and can be lifted; a second press of it changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ergos.base.errors import ErgosError, UsageError
from ergos.console.frame.assets import serve
from ergos.console.frame.strip import strip_of
from ergos.console.frame.visit import (
    HEADERS,
    LANGUAGE_COOKIE,
    LANGUAGES,
    THEME_COOKIE,
    THEMES,
    YEAR_S,
    Visit,
    local,
)

if TYPE_CHECKING:
    from starlette.requests import Request


async def stop(request: Request) -> Response:
    """Press STOP, or lift it."""
    visit = Visit.of(request)
    try:
        form = await visit.form()
        on = form.text("on")
        if on not in ("0", "1"):
            raise UsageError("STOP is pressed (1) or lifted (0)")
        reached = await visit.seat.stop(on=on == "1")
    except ErgosError as error:
        return visit.refused(error)
    back = form.text("back", "/")
    if visit.seat.principal.keeper:
        return visit.done(back, "frame.stop_done" if on == "1" else "frame.stop_lifted")
    return visit.done(back, "frame.pause_done" if on == "1" else "frame.resume_done", n=reached)


async def top(request: Request) -> Response:
    """The top of the page, anew."""
    visit = Visit.of(request)
    return visit.part("strip.html", strip=await strip_of(visit.seat), back=local(request.query_params.get("at", "/")))


async def preferences(request: Request) -> Response:
    """Keep a language or a theme in a cookie, and go back."""
    visit = Visit.of(request)
    try:
        form = await visit.form()
        name, value = ("language", form.text("language")) if form.has("language") else ("theme", form.text("theme"))
        if value not in (LANGUAGES if name == "language" else THEMES):
            raise UsageError(f"{value[:40]!r} is no {name} of this console")
    except ErgosError as error:
        return visit.refused(error)
    response = RedirectResponse(local(form.text("back", "/")), 303, HEADERS)
    cookie = LANGUAGE_COOKIE if name == "language" else THEME_COOKIE
    response.set_cookie(cookie, value, max_age=YEAR_S, path="/", httponly=True, samesite="strict")
    return response


ROUTES: Final = (
    Route("/stop", stop, methods=["POST"]),
    Route("/frame/strip", top, methods=["GET"]),
    Route("/preferences", preferences, methods=["POST"]),
    Route("/static/{mark}/{name:path}", serve, methods=["GET", "HEAD"]),
)
