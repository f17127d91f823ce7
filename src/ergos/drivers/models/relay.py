"""A model call that goes on to an endpoint of its caller's own wire format, almost verbatim, and the answer back.

Changed is only: the model's name, the output limit (so that the hold is a true bound), `stream_options.include_usage`
(so that usage is known), hints to a local engine, and reasoning of another vendor's model, which is left out. The
answer comes back byte for byte.

Rules: one call is sent once; it is sent again only when the endpoint refused, before any work, a field that was added
here, and then without it from there on. No error's words hold a credential.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, cast
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND, Clock
from ergos.base.errors import DeadlineError, UsageError
from ergos.base.world_errors import HttpError, ModelError, ModelReplyError
from ergos.drivers.http.client import HttpClient
from ergos.drivers.models.answers import ERROR_BODY_CHARS_MAX, Answer, Reader, whole
from ergos.drivers.models.dialects.fields import wrong
from ergos.drivers.models.dialects.marks import MARK, unmarked
from ergos.drivers.models.outline import LimitField, limited, renamed
from ergos.drivers.models.vendors.failures import of_status
from ergos.kernel.models import Dialect, EndpointSpec, Hints
from ergos.kernel.ports import ModelCame, Sink

URLS_MAX: Final = 1_024  # addresses remembered; an endpoint has at most three
BENDS_MAX: Final = 3  # times one call is sent again because a field added here was refused; there are three such fields
FORWARDED_HEADERS: Final = frozenset({"anthropic-beta", "anthropic-version", "openai-beta"})
"""Headers of a caller (`args["headers"]`) that belong to what it asks: versions and options of the format."""
PATHS: Final[dict[str, str]] = {
    "openai.chat": "/chat/completions",
    "openai.responses": "/responses",
    "openai.embeddings": "/embeddings",
    "anthropic.messages": "/v1/messages",
}
_MARK: Final = MARK.encode()
_ANTHROPIC_VERSION: Final = "2023-06-01"
NEW_FIELD: Final = re.compile(r"https://[^/:]*\.(?:openai|azure)\.com[/:]")
"""Hosts that know a chat's output limit as `max_completion_tokens`; everyone else knows its old name."""
_SECRET_CHARS_LEAST: Final = 8  # characters; a shorter header value is no secret, and hiding it would garble words
_REMAINING_REQUESTS: Final = ("x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining")
_REMAINING_TOKENS: Final = ("x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-remaining")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an endpoint is, and what opens it."""

    base_url: str
    """As the vendor's own library takes it: OpenAI's with /v1, Anthropic's without (with it is understood too)."""
    headers: dict[str, str] = {}
    """Credentials among them; never shown."""


class _Added(msgspec.Struct):
    """What was put into one body that its caller did not say."""

    usage: bool = False
    limit: LimitField | None = None
    priority: bool = False


class Relay:
    """Sends calls on. Belongs to one loop."""

    def __init__(self, client: HttpClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._bends: Final[dict[str, set[str]]] = {}
        """By endpoint and dialect, fields that it has refused and does without."""

    async def perform(
        self,
        spec: EndpointSpec,
        place: Place,
        args: Mapping[str, Plain],
        *,
        deadline_ns: int,
        hints: Hints | None = None,
        sink: Sink | None = None,
        on_first: Callable[[], None] | None = None,
    ) -> ModelCame:
        """The answer to a call {"dialect", "body"}, whose dialect the endpoint understands as it is.

        `sink` is given everything of a stream but its last event. Raises: ValueShapeError, ModelError and its
        children, DeadlineError.
        """
        dialect, body = cast("Dialect", args.get("dialect")), args.get("body")
        if type(dialect) is not str or dialect not in PATHS:
            raise wrong("dialect", f"one of {', '.join(PATHS)} is needed")
        if type(body) is not dict:
            raise wrong("body", "an object is needed")
        headers = _headers(dialect, place, args.get("headers"))
        if spec.local and hints is not None:
            headers |= {name: quote(hints.session, safe=":/") for name in ("x-session-id", "x-dynamo-session-id")}
        url = url_of(place.base_url, dialect)
        bends = self._bends.setdefault(f"{spec.name} {dialect}", set())
        new_field = NEW_FIELD.match(url) is not None
        for _ in range(BENDS_MAX + 1):
            sent, added = _body(body, dialect, spec, hints, bends, new_field=new_field)
            came = await self._ask(spec, dialect, place, url, headers, sent, added, deadline_ns, sink, on_first)
            if isinstance(came, ModelCame):
                return came
            bends.add(came)
        raise AssertionError("a field that was left out was refused again")

    async def _ask(
        self,
        spec: EndpointSpec,
        dialect: Dialect,
        place: Place,
        url: str,
        headers: dict[str, str],
        body: dict[str, Plain],
        added: _Added,
        deadline_ns: int,
        sink: Sink | None,
        on_first: Callable[[], None] | None,
    ) -> ModelCame | str:
        """What came, or which field added here was refused, before any work."""
        streams = body.get("stream") is True
        reader = Reader(dialect, sink=sink, on_first=on_first, withhold_usage=added.usage) if streams else None
        begun = False

        def on_head(status: int, found: dict[str, str]) -> bool:
            nonlocal begun
            begun = True
            if not streams and _is_success(status) and on_first is not None:
                on_first()
            return streams and _is_success(status) and _is_events(found)

        deadline_s = (deadline_ns - self._clock.now_ns()) / SECOND
        if deadline_s <= 0:
            raise DeadlineError(f"the deadline passed before {spec.name} was asked")
        try:
            reply = await self._client.request(
                "POST",
                url,
                headers,
                _encoded(body, dialect),
                deadline_s=deadline_s,
                on_head=on_head,
                on_chunk=reader.feed if reader is not None else None,
            )
        except HttpError as error:
            raise _broken(error, spec.name, begun=begun) from error
        except UsageError as error:
            raise ModelError(
                f"{spec.name} cannot be asked: {error.what}", remedy="correct its base URL or key in the settings"
            ) from error
        kind = reply.headers.get("content-type", "")
        if not _is_success(reply.status):
            error = _refused(reply.status, reply.headers, reply.body, place, self._clock.now_ns())
            if (bend := _bend(error, added)) is not None:
                return bend
            raise error
        if reader is not None and not _is_events(reply.headers):
            whole(dialect, reply.body, kind)  # an error that came with a status of success says more
            raise ModelReplyError(f"{spec.name} was asked for a stream and answered with {kind[:100]!r}")
        answer = reader.close() if reader is not None else whole(dialect, reply.body, kind)
        return _came(answer, reply.status, kind, reply.headers)


@lru_cache(maxsize=URLS_MAX)
def url_of(base_url: str, dialect: Dialect) -> str:
    """Where a call in this format is posted; a query stays behind the path."""
    parts = urlsplit(base_url)
    path, added = parts.path.rstrip("/"), PATHS[dialect]
    if added.startswith("/v1/") and path.endswith("/v1"):
        added = added.removeprefix("/v1")
    if not path.endswith(added):
        path += added
    return urlunsplit(parts._replace(path=path, fragment=""))


def _headers(dialect: Dialect, place: Place, forwarded: Plain) -> dict[str, str]:
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    if dialect == "anthropic.messages":
        headers["anthropic-version"] = _ANTHROPIC_VERSION
    if type(forwarded) is dict:
        headers |= {
            name.lower(): value
            for name, value in forwarded.items()
            if name.lower() in FORWARDED_HEADERS and type(value) is str and value.isprintable() and value.isascii()
        }
    return headers | {name.lower(): value for name, value in place.headers.items()}


def _body(
    body: dict[str, Plain],
    dialect: Dialect,
    spec: EndpointSpec,
    hints: Hints | None,
    bends: set[str],
    *,
    new_field: bool,
) -> tuple[dict[str, Plain], _Added]:
    """What is sent, and what in it was added here."""
    added = _Added()
    field: LimitField = "max_completion_tokens" if new_field or "max_tokens" in bends else "max_tokens"
    sent = limited(renamed(body, spec.model), dialect, spec.output_tokens_max, field=field)
    if dialect == "openai.chat":
        if body.get(field) is None and type(sent.get(field)) is int:
            added.limit = field
        options = body.get("stream_options")
        asked = type(options) is dict and options.get("include_usage") is True
        if body.get("stream") is True and not asked and "stream_options" not in bends:
            sent["stream_options"] = {**(options if type(options) is dict else {}), "include_usage": True}
            added.usage = True
    if spec.local:
        # The order of calls is the scheduler's to say, not the caller's.
        sent.pop("priority", None)
        if hints is not None and hints.priority and dialect == "openai.chat" and "priority" not in bends:
            sent["priority"] = hints.priority
            added.priority = True
    return sent, added


def _bend(error: ModelError, added: _Added) -> str | None:
    """The field added here that the endpoint's refusal speaks of."""
    if error.status not in {400, 422}:
        return None
    words = error.body.lower()
    if added.priority and "priority" in words:
        return "priority"
    if added.usage and "stream_options" in words:
        return "stream_options"
    if added.limit == "max_tokens" and "max_completion_tokens" in words:
        return "max_tokens"
    return None


def _encoded(body: dict[str, Plain], dialect: Dialect) -> bytes:
    """The bytes of a body; reasoning of another vendor's model, which was marked here, stays here."""
    try:
        encoded = msgspec.json.encode(body)
        if _MARK in encoded or (dialect == "anthropic.messages" and b'"thinking"' in encoded):
            encoded = msgspec.json.encode(unmarked(body, dialect))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise wrong("body", f"this is not plain data: {error}") from error
    return encoded


def _is_success(status: int) -> bool:
    return 200 <= status < 300


def _is_events(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith("text/event-stream")


def _broken(error: HttpError, name: str, *, begun: bool) -> ModelError:
    """The connection failed: before the answer began, or in it."""
    if begun or error.kind in {"malformed", "too-large"}:
        return ModelReplyError(f"the answer of {name} broke off: {error.what}")
    return ModelError(f"{name} cannot be reached: {error.what}")


def _refused(status: int, headers: Mapping[str, str], body: bytes, place: Place, now_ns: int) -> ModelError:
    """The error of a status that is no success, with the vendor's own words and without our credentials."""
    text = body[:ERROR_BODY_CHARS_MAX].decode("utf-8", "replace")
    for value in place.headers.values():
        for secret in {value, value.rpartition(" ")[2]}:
            if len(secret) >= _SECRET_CHARS_LEAST:
                text = text.replace(secret, "***")
    error = of_status(status, headers, text.encode("utf-8"), now_ns)
    error.body = text
    return error


def _came(answer: Answer, status: int, kind: str, headers: Mapping[str, str]) -> ModelCame:
    return ModelCame(
        value={"status": status, "type": kind, "body": answer.body},
        usage=answer.usage,
        remaining_requests=_count(headers, _REMAINING_REQUESTS),
        remaining_tokens=_count(headers, _REMAINING_TOKENS),
    )


def _count(headers: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    for name in names:
        value = headers.get(name, "").strip()
        if value.isascii() and value.isdigit() and len(value) < 16:
            return int(value)
    return None
