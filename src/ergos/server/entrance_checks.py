"""What a request must be before anybody asks who sends it: its host, origin, path, method and type.

Rules: pure; an allow-list is compared exactly; what could be read in two ways is refused. `X-Forwarded-*` counts only
from a proxy that is named. A browser says with `Origin` and `Sec-Fetch-Site` where a request comes from: who says so
must come from here, but for a plain visit. Source: Fetch (Sec-Fetch-*), RFC 6454 (Origin), RFC 6265 (Cookie).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote, unquote_to_bytes

import msgspec

from ergos.app.access.credentials import holds_token
from ergos.server.entrance_words import Why

Zone: TypeAlias = Literal["static", "public", "enter", "metrics", "a2a", "api", "console"]
"""A part of the site with rules of its own."""

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SAFE: Final = frozenset({"GET", "HEAD"})
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
PATH_CHARS_MAX: Final = 2_048  # characters of a path; ours have a hundred
COOKIE_CHARS_MAX: Final = 8_192  # characters of the Cookie header; ours has a hundred
FORM: Final = "application/x-www-form-urlencoded"

_NEVER_IN_URLS: Final = re.compile(r"(?:^|&)(?:access_token|api_key|authorization|token)=", re.IGNORECASE)
_TWO_WAYS: Final = re.compile(r"%(?:2f|5c|00|25(?:2e|2f|5c|00))", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\\]")
_TRUSTED_SITES: Final = frozenset({"same-origin", "none"})


class Turned(Exception):  # noqa: N818 - an answer, not an error of ours
    """Somebody is not let in."""

    def __init__(self, status: int, why: Why, *headers: tuple[str, str]) -> None:
        self.status = status
        self.why: Why = why
        self.headers = headers
        super().__init__(why)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server is reached."""

    hosts: frozenset[str] = frozenset()
    """Names besides those of loopback, with a port or without: then any port. Lower case."""
    origins: frozenset[str] = frozenset()
    """Origins of other pages that may ask: 'https://name:port', as browsers write them."""
    proxies: frozenset[str] = frozenset()
    """Addresses of the proxies before it; then nobody else but this machine is answered."""
    tls: bool = False
    """Speaks TLS itself."""


TurnedAway: TypeAlias = Callable[[str, str, str], None]
"""Told of who is not let in: address, reason, and what was asked for, without anything that could be a secret."""
SILENT: Final = frozenset({"sign_in", "busy", "tries", "closed"})
"""Reasons that are no attack: who has not signed in yet, or comes too often, is told and forgotten."""


def unheard(_: str, __: str, ___: str) -> None:
    """Tells nobody."""


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose place is in order."""

    method: str
    path: str
    """Decoded."""
    query: str
    zone: Zone
    headers: dict[str, str]
    host: str
    scheme: str
    peer: str
    """Address of who asks; behind a proxy as that says."""

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken with the browser."""
        return self.scheme == "https"

    @property
    def path_sent(self) -> str:
        """Path and query as an address of this site."""
        sent = quote(self.path, safe="/:@!$&'()*+,;=~-._")
        return f"{sent}?{self.query}" if self.query else sent

    @property
    def visit(self) -> bool:
        """A page that is loaded into a tab, as far as the browser says."""
        return self.method in SAFE and self.headers.get("sec-fetch-mode", "navigate") == "navigate"

    @property
    def cookie_name(self) -> str:
        """Of the session. Cookies are shared by all ports of a host, so the port stands in the name."""
        port = self.host.rpartition(":")[2]
        mark = port if port.isdecimal() else ""
        return f"__Host-ergos-{mark or '443'}" if self.secure else f"ergos-{mark or '80'}"

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.method not in SAFE

    @property
    def media_type(self) -> str:
        """Of its body; '' where none is named."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def has_body(self) -> bool:
        """Whether a body comes with it."""
        length = self.headers.get("content-length", "0").strip()
        return "transfer-encoding" in self.headers or length.strip("0") != ""


def read(scope: Mapping[str, Any], place: Place) -> Came:
    """A request of an ASGI server, checked as far as its place goes. Raises: Turned."""
    headers = _headers(scope.get("headers", ()))
    peer, scheme, host = _way(scope, headers, place)
    _check_host(host, place)
    _check_origin(headers.get("origin"), scheme, host, place)
    method = str(scope.get("method", "GET"))
    path = _path(scope)
    if method not in METHODS and zone_of(path) != "api":  # the API knows for itself what each of its places takes
        raise Turned(405, "method", ("allow", ", ".join(METHODS)))
    query = bytes(scope.get("query_string", b"")).decode("latin-1")
    if _NEVER_IN_URLS.search(query) or holds_token(path) or holds_token(query):
        raise Turned(400, "url_token")
    if len(headers.get("cookie", "")) > COOKIE_CHARS_MAX:
        raise Turned(431, "large")
    came = Came(
        method=method,
        path=path,
        query=query,
        zone=zone_of(path),
        headers=headers,
        host=host,
        scheme=scheme,
        peer=peer,
    )
    if headers.get("origin") not in place.origins:
        _check_site(came)
    return came


def zone_of(path: str) -> Zone:
    """The part of the site a path belongs to."""
    match path.split("/", 2)[1] if path.startswith("/") else "":
        case "static":
            return "static"
        case "enter":
            return "enter"
        case "metrics":
            return "metrics"
        case "api":
            return "api"
        case ".well-known":
            return "public"
        case "a2a":
            return "public" if "/.well-known/" in path else "a2a"
        case _:
            return "console"


def cookies_of(came: Came, name: str) -> list[str]:
    """The different values of a cookie that the browser shows."""
    found = [
        value.strip()
        for part in came.headers.get("cookie", "").split(";")
        for key, equals, value in [part.partition("=")]
        if equals and key.strip() == name
    ]
    return list(dict.fromkeys(found))


def session_of(came: Came) -> str:
    """The session's secret that the browser shows; '' for none. Raises: Turned if it shows two."""
    found = cookies_of(came, came.cookie_name)
    if len(found) > 1:
        raise Turned(400, "cookies", ("clear-site-data", '"cookies"'))
    return found[0] if found else ""


def bearer_of(came: Came) -> str | None:
    """The token a program shows; None: it shows none."""
    shown = came.headers.get("authorization")
    if shown is None:
        return None
    scheme, _, token = shown.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def check_json(came: Came) -> None:
    """Nothing, if its body, where it has one, is said to be JSON. Raises: Turned."""
    media = came.media_type
    if not media and not came.has_body:
        return
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise Turned(415, "multipart" if media.startswith("multipart/") else "json")


def check_form(came: Came) -> None:
    """Nothing, if its body, where it has one, is a form or JSON. Raises: Turned."""
    media = came.media_type
    if (not media and not came.has_body) or media in {FORM, "application/json"}:
        return
    raise Turned(415, "multipart" if media.startswith("multipart/") else "form")


def is_local(host: str) -> bool:
    """Whether this names this machine and nothing else."""
    return _name(host) in LOOPBACK


def _headers(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in lines:
        name, value = bytes(raw_name).decode("latin-1").lower(), bytes(raw_value).decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _way(scope: Mapping[str, Any], headers: Mapping[str, str], place: Place) -> tuple[str, str, str]:
    """Who asks, in which scheme, for which host. Raises: Turned."""
    client = scope.get("client")
    peer = str(client[0]) if client else ""
    scheme = "https" if place.tls or scope.get("scheme") in {"https", "wss"} else "http"
    host = headers.get("host", "")
    if not place.proxies:
        return peer, scheme, host
    if peer not in place.proxies:
        if not _is_loopback(peer):
            raise Turned(403, "proxy")
        return peer, scheme, host
    said = headers.get("x-forwarded-proto", scheme).rpartition(",")[2].strip().lower()
    if said not in {"http", "https"}:
        raise Turned(400, "proxy")
    before = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return before if _is_address(before) else peer, said, headers.get("x-forwarded-host", host)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_loopback(peer: str) -> bool:
    """This machine itself; '' is the other end of a Unix socket."""
    try:
        return not peer or ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isascii() and port.isdecimal() else host).lower()


def _check_host(host: str, place: Place) -> None:
    if _name(host) not in LOOPBACK and _name(host) not in place.hosts and host.lower() not in place.hosts:
        raise Turned(403, "host")


def _check_origin(origin: str | None, scheme: str, host: str, place: Place) -> None:
    """What is on the page's side exactly what it asked for is this server's own."""
    if origin is not None and origin != f"{scheme}://{host.lower()}" and origin not in place.origins:
        raise Turned(403, "origin")


def _path(scope: Mapping[str, Any]) -> str:
    """Its path, decoded, if there is one way to read it. Raises: Turned."""
    path = str(scope.get("path", ""))
    raw = scope.get("raw_path")
    sent = bytes(raw).decode("latin-1") if raw is not None else path
    if len(sent) > PATH_CHARS_MAX:
        raise Turned(414, "path")
    try:
        unquote_to_bytes(sent).decode()
    except UnicodeDecodeError:
        raise Turned(400, "path") from None
    steps = path.split("/")[1:]
    odd = not path.startswith("/") or {".", ".."} & set(steps) or "" in steps[:-1]
    if odd or _TWO_WAYS.search(sent) or _CONTROL.search(path) or not sent.isascii():
        raise Turned(400, "path")
    return path


def _check_site(came: Came) -> None:
    """What a browser says of where it was asked. Raises: Turned."""
    site = came.headers.get("sec-fetch-site")
    if site is None or site in _TRUSTED_SITES:
        return
    plain = came.method in SAFE and came.headers.get("sec-fetch-mode") == "navigate"
    if plain and came.headers.get("sec-fetch-dest") == "document" and came.zone in {"console", "enter"}:
        return
    raise Turned(403, "site")
