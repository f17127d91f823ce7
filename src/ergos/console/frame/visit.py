"""One request of a person for a page: who they are, in which language they read, and how they are answered.

    visit = Visit.of(request)
    return visit.page("home.html", **data)       a whole page
    return visit.part("home_live.html", **data)  a piece of one, for htmx
    return visit.done("/inbox", "inbox.approved", number=3)    after a write: back to a page, with a message shown once
    return visit.refused(error)                  what happened and what to do

Rules: everything that is shown is escaped; a page is never cached, may not be framed, runs no script but ours and loads
nothing from outside. What a page shows of the kernel comes from the seat of who asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self, cast
from urllib.parse import parse_qsl, quote, urlencode

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ergos.base.errors import (
    ErgosError,
    RefusedError,
    SignInError,
    StoreError,
    UnknownPathError,
    UnknownProcessError,
    UsageError,
)
from ergos.console.frame.assets import HTMX, has
from ergos.console.frame.engine import rendered
from ergos.console.frame.forms import Form, form_of
from ergos.console.frame.navigation import places
from ergos.console.frame.strip import EMPTY, Strip, strip_of
from ergos.console.frame.wording import known, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from ergos.app.access.seat import Seat
    from ergos.kernel.permission.wording import Language

LANGUAGE_COOKIE: Final = "ergos-language"
THEME_COOKIE: Final = "ergos-theme"
SAID_COOKIE: Final = "ergos-said"
SAID_S: Final = 30  # seconds a message waits for the page that shows it
SAID_BYTES_MAX: Final = 600  # bytes of a message in its cookie
YEAR_S: Final = 31_536_000
THEMES: Final = ("auto", "light", "dark")
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
    "vary": "HX-Request, Cookie",
}
_STATUS: Final[tuple[tuple[type[ErgosError], int], ...]] = (
    (UnknownProcessError, 404),
    (UnknownPathError, 404),
    (SignInError, 401),
    (RefusedError, 403),
    (UsageError, 400),
    (StoreError, 503),
)


class Visit:
    """One request of somebody who came in."""

    def __init__(self, request: Request, seat: Seat, csrf: str) -> None:
        self.request: Final = request
        self.seat: Final = seat
        self.csrf: Final = csrf
        self.language: Final = language_of(request, default=seat.home.settings.language)
        self.theme: Final = theme_of(request)

    @classmethod
    def of(cls, request: Request) -> Self:
        """The visit of a request that passed the entrance."""
        state = request.scope["state"]
        return cls(request, state["seat"], str(state.get("csrf", "")))

    @property
    def path(self) -> str:
        """Path and query, to come back to."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    @property
    def is_part(self) -> bool:
        """Whether htmx asks, for a piece of a page."""
        return self.request.headers.get("hx-request") == "true"

    def say(self, key: str, **more: object) -> str:
        """A text in the reader's language. Raises: KeyError."""
        return said(key, self.language, **more)

    async def form(self) -> Form:
        """The form that was sent. Raises: UsageError."""
        return await form_of(self.request)

    def page(self, name: str, *, status: int = 200, **data: object) -> HTMLResponse:
        """A whole page in the frame."""
        return _Page(self, name, data, status)

    def part(self, name: str, *, status: int = 200, **data: object) -> HTMLResponse:
        """A piece of a page."""
        return HTMLResponse(rendered(name, self.context(data)), status, HEADERS)

    def done(self, url: str, key: str, **more: object) -> Response:
        """Back to a page of ours, which says once what was done; `key`: of the text."""
        assert known(key), key
        url = local(url)
        if self.is_part:
            response = Response(None, 204, {**HEADERS, "HX-Redirect": url})
        else:
            response = RedirectResponse(url, 303, HEADERS)
        note = urlencode({"": key, **{name: str(value) for name, value in more.items()}})
        if len(note) <= SAID_BYTES_MAX:
            response.set_cookie(SAID_COOKIE, note, max_age=SAID_S, path="/", httponly=True, samesite="strict")
        return response

    def refused(self, error: ErgosError, *, back: str = "") -> HTMLResponse:
        """What happened and what to do, as a page or a piece of one. `back`: where to, if not to where one was."""
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        again = isinstance(error, SignInError)
        back = back or (self.path if self.request.method == "GET" else _referrer(self.request))
        data = {"error": error, "again": again, "back": back, "sign_in": f"/enter?next={quote(back, safe='')}"}
        if self.is_part:
            return self.part("refused_part.html", status=status, **data)
        return self.page("refused.html", status=status, **data)

    def context(self, data: Mapping[str, object], strip: Strip = EMPTY) -> dict[str, Any]:
        """What a template finds."""
        return {
            "visit": self,
            "seat": self.seat,
            "w": self.say,
            "language": self.language,
            "language_tag": "zh-Hans" if self.language == "zh" else "en",
            "theme": self.theme,
            "csrf": self.csrf,
            "now_ns": self.seat.now_ns,
            "strip": strip,
            "places": places(self.request),
            "said": self._said(),
            "htmx": has(HTMX),
            **data,
        }

    def _said(self) -> str:
        """The message of the last write, if one waits; from a cookie, so it is looked up and never shown as it is."""
        fields = dict(parse_qsl(self.request.cookies.get(SAID_COOKIE, "")[:SAID_BYTES_MAX], keep_blank_values=True))
        key = fields.pop("", "")
        if not known(key):
            return ""
        try:
            text = self.say(key, **fields)
        except (KeyError, IndexError, ValueError, AttributeError):
            return ""
        return "" if "{" in text and not fields else text


class _Page(HTMLResponse):
    """A page whose frame is looked up when it is sent."""

    def __init__(self, visit: Visit, name: str, data: Mapping[str, object], status: int) -> None:
        self._visit: Final = visit
        self._name: Final = name
        self._data: Final = dict(data)
        super().__init__("", status, HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = self._visit
        strip = await strip_of(visit.seat)
        made = HTMLResponse(rendered(self._name, visit.context(self._data, strip)), self.status_code, HEADERS)
        if SAID_COOKIE in visit.request.cookies:
            made.delete_cookie(SAID_COOKIE, path="/", httponly=True, samesite="strict")
        await made(scope, receive, send)


def outside(request: Request, name: str, *, status: int = 200, **data: object) -> HTMLResponse:
    """A page for somebody who has not come in: no seat, nothing of the kernel."""
    language = language_of(request)

    def say(key: str, **more: object) -> str:
        return said(key, language, **more)

    context: dict[str, Any] = {
        "w": say,
        "language": language,
        "language_tag": "zh-Hans" if language == "zh" else "en",
        "theme": theme_of(request),
        **data,
    }
    return HTMLResponse(rendered(name, context), status, HEADERS)


async def on_error(request: Request, error: Exception) -> Response:
    """For `exception_handlers` of the site: an ErgosError that a page let through."""
    assert isinstance(error, ErgosError)
    return Visit.of(request).refused(error)


async def on_missing(request: Request, error: Exception) -> Response:
    """For `exception_handlers` of the site: nothing is at this address, or not in this way."""
    status = cast("int", getattr(error, "status_code", 404))
    if "text/html" not in request.headers.get("accept", ""):
        problem = {"type": "about:blank", "status": status, "detail": f"nothing is at {request.url.path[:200]}"}
        return JSONResponse(problem, status, HEADERS, "application/problem+json")
    if request.scope.get("state", {}).get("seat") is None:
        return outside(request, "nothing.html", status=status)
    return Visit.of(request).page("missing.html", status=status)


def language_of(request: Request, default: Language = "en") -> Language:
    """What the reader chose, else what the home is set to, else what their browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return "zh" if chosen == "zh" else "en"
    if default == "zh":
        return "zh"
    asked = request.headers.get("accept-language", "")[:200].lower()
    for part in asked.split(","):
        tag = part.strip().partition(";")[0].partition("-")[0]
        if tag in LANGUAGES:
            return "zh" if tag == "zh" else "en"
    return default


def theme_of(request: Request) -> str:
    """'auto', 'light' or 'dark'."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "auto"


def local(url: str) -> str:
    """A path of this site; '/' for anything that could lead elsewhere."""
    printable = url.isascii() and url.isprintable() and "\\" not in url and " " not in url
    return url if printable and url.startswith("/") and not url.startswith("//") else "/"


def _referrer(request: Request) -> str:
    """The path a form was sent from, as far as the browser tells; else where it was sent to."""
    told, own = request.headers.get("referer", ""), f"{request.url.scheme}://{request.headers.get('host', '')}"
    return local(told.removeprefix(own)) if told.startswith(f"{own}/") else "/"
