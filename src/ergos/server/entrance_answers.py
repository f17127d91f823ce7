"""What the entrance itself answers, and what it adds to every answer.

Rules: every answer goes out with the same strict headers, whatever stands behind: an application can make them
stricter, never weaker. Pages load nothing from elsewhere, are shown in no frame, and tell no other site about them. A
refusal is a page for a browser and `application/problem+json` (RFC 9457) for a program.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final, TypeAlias

import msgspec

from ergos.base.errors import SignInError
from ergos.server.entrance_checks import Came, Turned, zone_of
from ergos.server.entrance_words import AGAIN, TITLES, sentence

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Page: TypeAlias = Callable[[int, str, str], str]
"""Makes a page of a status, a sentence and a language."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final[dict[str, str]] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: with it browsers say `Origin: null` on this site's own forms, which could be anybody's.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
TRANSPORT: Final = ("strict-transport-security", "max-age=31536000")
_STRICTER: Final = frozenset({"content-security-policy", "vary"})
"""What an application may say more of."""
_TITLES: Final = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 503: "Service Unavailable",
}  # fmt: skip


def dressed(lines: Iterable[tuple[bytes, bytes]], *, secure: bool, kept: bool) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with ours. `secure`: of a name of its own that speaks TLS; on `localhost` such a promise
    would bind every other program on this machine. `kept`: a file that is the same for everybody and may be kept.
    """
    found = [(bytes(name).lower(), bytes(value)) for name, value in lines]
    ours = dict(HEADERS)
    if secure:
        ours[TRANSPORT[0]] = TRANSPORT[1]
    if not kept or not any(name == b"cache-control" for name, _ in found):
        ours["cache-control"] = "no-cache" if kept else "no-store"
    ours["vary"] = "Cookie, Authorization, Accept-Language, HX-Request"
    dropped = {name.encode() for name in ours if name not in _STRICTER}
    theirs = [one for one in found if one[0] not in dropped and not one[0].startswith(b"access-control-")]
    return theirs + [(name.encode(), value.encode()) for name, value in ours.items()]


def plain_page(status: int, text: str, language: str) -> str:
    """A page that needs nothing."""
    title, again = (words.get(language, words["en"]) for words in (TITLES, AGAIN))
    return (
        f'<!doctype html><html lang="{"zh-Hans" if language == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{status} {title}</title></head>'
        f"<body><main><h1>{title}</h1><p>{html.escape(text)}</p>"
        f'<p><a href="/enter">{again}</a></p></main></body></html>'
    )


def bounce(came: Came) -> bytes:
    """A page that loads its own address again.

    A browser that followed a link of another site keeps its cookie of `SameSite=Strict` back; when this page asks once
    more, it shows it.
    """
    where = html.escape(came.path_sent, quote=True)
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>ErgOS</title>'
        f'<meta http-equiv="refresh" content="0; url={where}"></head><body></body></html>'
    ).encode()


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody reads what they are told."""

    pages: bool
    """A person with a browser."""
    htmx: bool
    """A script of ours on a page that is open already."""

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> Asker:
        """Who sent a request, whether or not it is in order."""
        headers = dict[bytes, bytes](scope.get("headers", ()))
        console = zone_of(str(scope.get("path", ""))) in {"console", "enter"}
        return cls(
            pages=console and b"text/html" in headers.get(b"accept", b""), htmx=console and b"hx-request" in headers
        )


def refusal(turned: Turned, asker: Asker, language: str, page: Page) -> tuple[dict[str, str], bytes]:
    """Headers and body that say why somebody is not let in, in the format of who asks."""
    text = sentence(turned.why, language)
    headers = dict(turned.headers)
    if asker.htmx and turned.status == 401:
        headers["hx-redirect"] = "/enter"
    if asker.pages:
        return {"content-type": "text/html; charset=utf-8", **headers}, page(turned.status, text, language).encode()
    if turned.status == 401:
        headers.setdefault("www-authenticate", "Bearer")
    return {"content-type": "application/problem+json", **headers}, _problem(turned.status, text)


async def refuse(send: Send, turned: Turned, asker: Asker, language: str, page: Page) -> None:
    """Say why somebody is not let in."""
    await answer(send, turned.status, *refusal(turned, asker, language, page))


async def answer(send: Send, status: int, headers: dict[str, str], body: bytes = b"") -> None:
    """A whole answer."""
    lines = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


def _problem(status: int, text: str) -> bytes:
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "detail": text,
    }
    if status == 401:
        problem |= {"type": f"urn:ergos:error:{SignInError.code}", "code": SignInError.code}
    return msgspec.json.encode(problem)
