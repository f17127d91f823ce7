"""What a browser's write must show: the CSRF token of its session, in a header or in the form itself.

Rules: a form is read whole, and is bounded; it is handed on as it came. A field that stands twice is no field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from ergos.app.access.credentials import same
from ergos.server.entrance_answers import Message, Receive
from ergos.server.entrance_checks import FORM, Came, Turned

FORM_BYTES_MAX: Final = 1024 * 1024  # bytes of a form: a goal or a program typed into a page has a hundredth of that
FORM_FIELDS_MAX: Final = 1_000  # fields of a form; the largest page has fifty
FIELD: Final = "csrf"
HEADER: Final = "x-csrf-token"


async def with_csrf(came: Came, receive: Receive, csrf: str) -> Receive:
    """The body to come, if the request shows the session's CSRF token. Raises: Turned."""
    shown = came.headers.get(HEADER)
    if shown is not None:
        if not same(shown, csrf):
            raise Turned(403, "csrf")
        return receive
    if came.media_type != FORM:
        raise Turned(403, "csrf")
    body = await _whole(receive)
    if not same(_field(body), csrf):
        raise Turned(403, "csrf")
    return _replayed(body, receive)


def _field(body: bytes) -> str:
    """The CSRF token of a form; '' if it is not there once."""
    try:
        fields = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
    except ValueError:
        return ""
    found = [value for name, value in fields if name == FIELD]
    return found[0] if len(found) == 1 else ""


async def _whole(receive: Receive) -> bytes:
    """A form. Raises: Turned."""
    pieces, size = list[bytes](), 0
    while True:
        message: Mapping[str, Any] = await receive()
        if message["type"] != "http.request":
            raise Turned(400, "form")
        piece = bytes(message.get("body", b""))
        size += len(piece)
        if size > FORM_BYTES_MAX:
            raise Turned(413, "large")
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A body once more, then what comes behind it."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again
