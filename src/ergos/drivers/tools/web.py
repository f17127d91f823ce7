"""http.fetch, http.send, webhook.send, feeds.read: the web, through the one way out.

Rules: every request passes the egress rules, which decide where it may go and add what the agent never sees. Reading
is GET and nothing else; what it reads may change nothing, but its address says something to whoever is asked, so the
address is a target. Sending is irreversible, except to a hook that its owner declared to know the idempotency header.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Protocol
from urllib.parse import urlsplit

import msgspec

from ergos.base.canonical import Plain, encode
from ergos.base.clock import SECOND
from ergos.base.errors import DeadlineError, PortMissingError, SourceError, ToolFailedError, ValueShapeError
from ergos.base.limits import MIB
from ergos.base.world_errors import HttpError
from ergos.drivers.sources.decode import decode
from ergos.drivers.sources.intake import read
from ergos.drivers.sources.reading import Limit, Origin, Reading
from ergos.drivers.tools.declaring import Arguments, Builtin, unsettled
from ergos.kernel.egress import Secrets
from ergos.kernel.packages import Errand
from ergos.kernel.tool_settings import Hook

URL_CHARS_MAX: Final = 4_096  # characters of an address
TEXT_BYTES_MAX: Final = 256 * 1024  # bytes of a reply given back; more would fill a model's window
BODY_BYTES_MAX: Final = 4 * MIB  # bytes sent
HEADERS_MAX: Final = 30
REDIRECTS_MAX: Final = 5  # redirects followed by a GET
ITEMS_MAX: Final = 200  # items of one feed given back
ITEM_CHARS_MAX: Final = 4_000  # characters of one item's text
WEB_DEADLINE_S: Final = 60.0

_URL: Final = Annotated[str, msgspec.Meta(min_length=8, max_length=URL_CHARS_MAX)]
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE: Final = re.compile(r"[\x20-\x7e\t]{0,4000}")
_OURS: Final = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "trailer", "expect", "keep-alive")
)
_TEXTUAL: Final = ("text/", "application/json", "application/xml", "application/javascript", "application/yaml")
_UNSENT: Final = frozenset({"connect", "tls"})
"""Kinds of HttpError after which nothing was sent."""


class Reply(Protocol):
    """What came back."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name."""
        ...

    @property
    def body(self) -> bytes:
        """Decoded."""
        ...

    @property
    def final_url(self) -> str:
        """After redirects."""
        ...


class Outside(Protocol):
    """The way out: `drivers.egress.fetcher.Fetcher`."""

    async def fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        deadline_s: float | None = None,
        redirects_max: int = 0,
    ) -> Reply:
        """The reply to a request. Raises: EgressRefusedError, HttpError, DeadlineError."""
        ...


class Fetch(Arguments, frozen=True):
    """Arguments of http.fetch."""

    url: _URL  # type: ignore[valid-type]
    headers: dict[str, str] = {}
    form: Literal["text", "page", "base64"] = "text"


class Send(Arguments, frozen=True):
    """Arguments of http.send."""

    url: _URL  # type: ignore[valid-type]
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: dict[str, str] = {}
    text: Annotated[str, msgspec.Meta(max_length=BODY_BYTES_MAX)] = ""
    json: Any = None


class SendHook(Arguments, frozen=True):
    """Arguments of webhook.send."""

    hook: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    json: Any


class ReadFeed(Arguments, frozen=True):
    """Arguments of feeds.read."""

    url: _URL  # type: ignore[valid-type]
    items: Annotated[int, msgspec.Meta(ge=1, le=ITEMS_MAX)] = 20


class WebTools:
    """The tools of the web."""

    def __init__(self, outside: Outside | None, hooks: Mapping[str, Hook], secrets: Secrets | None) -> None:
        self._outside: Final = outside
        self._hooks: Final = dict(hooks)
        self._secrets: Final = secrets

    def tools(self) -> tuple[Builtin[Fetch], Builtin[Send], Builtin[SendHook], Builtin[ReadFeed]]:
        """http.fetch, http.send, webhook.send, feeds.read."""
        return (
            Builtin(
                "http.fetch", Fetch, self._fetch, effect="pure", reach="read", deadline_s=WEB_DEADLINE_S,
                roles={"url": "target", "headers": "target"}, check=lambda a: _addressed(a.url, a.headers),
            ),
            Builtin(
                "http.send", Send, self._send, effect="irreversible", reach="others", deadline_s=WEB_DEADLINE_S,
                roles={"url": "recipient", "method": "plain", "headers": "target", "text": "text", "json": "text"},
                check=_sendable,
            ),
            Builtin(
                "webhook.send", SendHook, self._hook, effect="idempotent", reach="others", deadline_s=WEB_DEADLINE_S,
                roles={"hook": "recipient", "json": "text"},
            ),
            Builtin(
                "feeds.read", ReadFeed, self._feed, effect="pure", reach="read", deadline_s=WEB_DEADLINE_S,
                roles={"url": "target"}, check=lambda a: _addressed(a.url, {}),
            ),
        )  # fmt: skip

    async def _fetch(self, asked: Fetch, errand: Errand) -> dict[str, Plain]:
        """Read a web address (GET): its text, the readable text of a page, or its bytes as base64."""
        reply = await self._out().fetch(
            "GET", asked.url, asked.headers, deadline_s=WEB_DEADLINE_S, redirects_max=REDIRECTS_MAX
        )
        said = _said(reply)
        if asked.form == "base64":
            return {**said, **_cut(base64.b64encode(reply.body).decode())}
        if asked.form == "page" and reply.status < 400:
            reading = await _read(reply, errand)
            text = "\n\n".join(f"{one.title}\n\n{one.text}".strip() for one in reading.documents)
            return {**said, **_cut(text), "title": reading.documents[0].title if reading.documents else ""}
        return {**said, **_cut(_text(reply))}

    async def _send(self, asked: Send, errand: Errand) -> dict[str, Plain]:
        """Send something to a web address (POST, PUT, PATCH, DELETE): a text or JSON. It cannot be taken back."""
        headers = {"idempotency-key": errand.idempotency_key, **_lower(asked.headers)}
        body = asked.text.encode()
        if asked.json is not None:
            body = encode(asked.json, what="the JSON")
            headers.setdefault("content-type", "application/json")
        try:
            reply = await self._out().fetch(asked.method, asked.url, headers, body, deadline_s=WEB_DEADLINE_S)
        except (HttpError, DeadlineError) as error:
            if isinstance(error, HttpError) and error.kind in _UNSENT:
                raise
            unsettled(f"{error.what}; whether the request was taken is not known")
        return {**_said(reply), **_cut(_text(reply))}

    async def _hook(self, asked: SendHook, errand: Errand) -> dict[str, Plain]:
        """Send JSON to a hook its owner named in the settings; sent again after a crash, it counts once."""
        hook = self._hooks.get(asked.hook)
        if hook is None:
            named = ", ".join(sorted(self._hooks)) or "none"
            raise ToolFailedError(
                f"no hook is called {asked.hook[:60]!r}",
                remedy=f"hooks there are: {named}; others are added in settings.toml under [tools.webhooks]",
            )
        headers = {"content-type": "application/json", hook.header.lower(): errand.idempotency_key}
        if hook.secret:
            if self._secrets is None:
                raise PortMissingError("there are no secrets here", remedy="`ergos secret set NAME` stores one")
            headers["authorization"] = f"Bearer {self._secrets.get(hook.secret)}"
        reply = await self._out().fetch(
            "POST", hook.url, headers, encode(asked.json, what="the JSON"), deadline_s=WEB_DEADLINE_S
        )
        if reply.status >= 400:
            raise ToolFailedError(f"the hook {asked.hook} answered {reply.status}: {_text(reply)[:300]}")
        return {"status": reply.status, **_cut(_text(reply))}

    async def _feed(self, asked: ReadFeed, errand: Errand) -> dict[str, Plain]:
        """Read a feed (RSS, Atom, JSON feed) or page: titles, addresses, dates and texts of its newest items."""
        reply = await self._out().fetch("GET", asked.url, {}, deadline_s=WEB_DEADLINE_S, redirects_max=REDIRECTS_MAX)
        if reply.status != 200:
            raise SourceError(f"{asked.url}: the server answered {reply.status}")
        reading = await _read(reply, errand)
        found = sorted(reading.documents, key=lambda one: one.published_ns or 0, reverse=True)
        items: list[Plain] = [
            {
                "title": one.title,
                "url": one.url,
                "text": one.text[:ITEM_CHARS_MAX],
                "published_s": None if one.published_ns is None else one.published_ns // SECOND,
            }
            for one in found[: asked.items]
        ]
        return {"url": reply.final_url, "items": items, "notes": [*reading.notes], "left_out": len(found) - len(items)}

    def _out(self) -> Outside:
        if self._outside is None:
            raise PortMissingError(
                "nothing may leave this machine",
                remedy="name the hosts that may be reached in settings.toml under [egress]",
            )
        return self._outside


def _addressed(url: str, headers: Mapping[str, str]) -> None:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ValueShapeError(f"{url[:80]!r} is no address: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.username is not None:
        raise ValueShapeError(f"{url[:80]!r} is no http or https address without a user's name")
    if not url.isascii() or any(letter <= " " or letter in "\\\x7f" for letter in url):
        raise ValueShapeError(f"{url[:80]!a} holds letters that an address does not; write them with %")
    if len(headers) > HEADERS_MAX:
        raise ValueShapeError(f"{len(headers)} headers; at most {HEADERS_MAX}")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS or not _VALUE.fullmatch(value):
            raise ValueShapeError(f"the header {name[:60]!a} cannot be sent")


def _sendable(asked: Send) -> None:
    _addressed(asked.url, asked.headers)
    if asked.text and asked.json is not None:
        raise ValueShapeError("give `text` or `json`, not both")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _said(reply: Reply) -> dict[str, Plain]:
    media = reply.headers.get("content-type", "")
    return {"status": reply.status, "url": reply.final_url, "media_type": media.partition(";")[0].strip().lower()}


def _cut(text: str) -> dict[str, Plain]:
    body = text.encode("utf-8", "replace")
    if len(body) <= TEXT_BYTES_MAX:
        return {"text": body.decode(), "cut": False}
    return {"text": body[:TEXT_BYTES_MAX].decode("utf-8", "ignore"), "cut": True}


def _text(reply: Reply) -> str:
    """The reply's body as text; what is none says so."""
    media, _, rest = reply.headers.get("content-type", "").partition(";")
    charset = re.search(r"charset=[\"']?([\w.:-]{1,40})", rest)
    if not reply.body:
        return ""
    try:
        return decode(reply.body, charset=charset[1] if charset else None).text
    except SourceError as error:
        if media.strip().lower().startswith(_TEXTUAL):
            return reply.body.decode("utf-8", "replace")
        raise ToolFailedError(f"the reply is no text: {error.what}", remedy="fetch it with form base64") from error


async def _read(reply: Reply, errand: Errand) -> Reading:
    media, _, _ = reply.headers.get("content-type", "").partition(";")
    origin = Origin(
        url=reply.final_url,
        source=urlsplit(reply.final_url).hostname or "",
        media_type=media.strip().lower(),
    )
    limit = Limit(now_ns=errand.now_ns, expired=lambda: False)
    return await asyncio.to_thread(read, reply.body, origin, limit)
