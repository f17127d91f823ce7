"""What a program is told when it does not get what it asked for: in the format of the protocol it speaks.

A failure of ours has a code (`ergos.base.errors`); `TABLE` says which status and which words of each protocol it is.
Vendors' libraries try again by themselves on 408, 409, 429 and 5xx unless `x-should-retry` says otherwise; so every
refusal says it.

Rules: only what may be different in a moment is worth trying again. A budget that is used up is 402 and not 429,
because frameworks try 429 again for as long as they run, some of them by the digits in the message. A deadline that
passed is not tried again by a library: the call may be charged already, and its program knows better. Nothing of the
inside is shown but the error's own words.
"""

from __future__ import annotations

import math
import re
from typing import Final, Literal

import msgspec

from ergos.base.errors import ErgosError
from ergos.kernel.calls import Failure
from ergos.kernel.models import Dialect

Manner = Literal["openai", "anthropic"]
"""Whose error format a program reads."""

RETRY_AFTER_S_MAX: Final = 60.0  # seconds; libraries ignore longer ones
MESSAGE_CHARS_MAX: Final = 2_000  # characters of a message; it may quote what a vendor said

_SECONDS: Final = re.compile(r"(?<![\w.\-])(\d{1,6}(?:\.\d{1,6})?) ?(?:s|seconds?)\b")


class Row(msgspec.Struct, frozen=True):
    """What one code becomes."""

    status: int
    openai: str
    """OpenAI's `type`."""
    code: str
    """OpenAI's `code`."""
    anthropic: str
    """Anthropic's `type`."""
    retry: bool = False
    after_s: float = 0.0
    """Seconds to wait first, where the message names none."""


class Refused(msgspec.Struct, frozen=True):
    """A refusal, whatever its reason."""

    row: Row
    message: str
    code: str = ""
    """Of the error tree; '' for what HTTP itself is about."""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def after_s(self) -> float:
        """Seconds to wait before another try; 0: no matter."""
        if not self.row.retry or not self.row.after_s:
            return 0.0
        named = _SECONDS.search(self.message)
        return min(RETRY_AFTER_S_MAX, float(named[1]) if named else self.row.after_s)


class Rejected(Exception):  # noqa: N818 - carries an answer, is no error of ours
    """Ends the handling of a request with this answer."""

    def __init__(self, refused: Refused) -> None:
        self.refused = refused
        super().__init__(refused.message)


_INVALID: Final = "invalid_request_error"
_WRONG: Final = Row(400, _INVALID, "invalid_request", _INVALID)
_FORBIDDEN: Final = Row(403, "permission_error", "permission_denied", "permission_error")
_BROKEN: Final = Row(500, "server_error", "server_error", "api_error")
_WORLD: Final = Row(502, "server_error", "upstream_error", "api_error", retry=True)
_BUSY: Final = Row(429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_error", retry=True, after_s=2.0)

TABLE: Final[dict[str, Row]] = {
    "E1": _WRONG,
    "E102": Row(401, _INVALID, "invalid_api_key", "authentication_error"),
    "E103": Row(409, _INVALID, "conflict", _INVALID),
    "E104": Row(503, "server_error", "unavailable", "api_error", retry=True),
    "E106": Row(413, _INVALID, "request_too_large", "request_too_large"),
    "E2": _BROKEN,
    "E3": _FORBIDDEN,
    "E302": Row(402, "insufficient_quota", "insufficient_quota", "billing_error"),
    "E303": Row(403, "permission_error", "unknown_price", "permission_error"),
    "E304": _BUSY,
    "E305": _BUSY,
    "E307": Row(404, _INVALID, "model_not_found", "not_found_error"),
    "E308": _BUSY,
    "E309": Row(401, _INVALID, "invalid_api_key", "authentication_error"),
    "E4": Row(422, _INVALID, "program_error", _INVALID),
    "E401": Row(409, _INVALID, "diverged", _INVALID),
    "E5": _WORLD,
    "E502": Row(504, "server_error", "timeout", "timeout_error"),
    "E504": Row(507, "server_error", "disk_full", "api_error"),
    "E505": Row(501, "server_error", "not_installed", "api_error"),
    "E507": Row(429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_error", retry=True, after_s=5.0),
    "E508": _WRONG,
    "E6": _BROKEN,
    "E605": Row(503, "server_error", "unavailable", "api_error", retry=True),
}
"""By code, or by its branch."""

_BY_STATUS: Final[dict[int, Row]] = {
    401: TABLE["E309"],
    403: _FORBIDDEN,
    404: Row(404, _INVALID, "not_found", "not_found_error"),
    405: Row(405, _INVALID, "method_not_allowed", _INVALID),
    408: Row(408, _INVALID, "request_timeout", "timeout_error", retry=True),
    413: TABLE["E106"],
    415: Row(415, _INVALID, "unsupported_media_type", _INVALID),
    500: _BROKEN,
    501: Row(501, _INVALID, "not_implemented", _INVALID),
    502: _WORLD,
    503: TABLE["E104"],
}


def row_of(code: str) -> Row:
    """The row of an error's code; that of its branch where it has none of its own."""
    return TABLE.get(code) or TABLE.get(code[:2], _BROKEN)


def of_failure(failure: Failure) -> Refused:
    """A call that failed."""
    message = f"[{failure.code}] {failure.what}" + (f" — {failure.remedy}" if failure.remedy else "")
    return Refused(row_of(failure.code), message, failure.code)


def of_error(error: ErgosError) -> Refused:
    """An error that was raised."""
    refused = Refused(row_of(error.code), str(error), error.code)
    after_s: object = getattr(error, "retry_after_s", 0.0)
    if isinstance(after_s, float | int) and after_s > 0 and refused.row.retry:
        return msgspec.structs.replace(refused, row=msgspec.structs.replace(refused.row, after_s=float(after_s)))
    return refused


def of_status(status: int, message: str, *headers: tuple[str, str]) -> Refused:
    """What HTTP itself is about."""
    row = _BY_STATUS.get(status) or Row(status, _INVALID, _INVALID, _INVALID)
    return Refused(row, message, "", headers)


def manner_of(path: str, headers: dict[str, str] | None = None) -> Manner:
    """Whose format the sender of this request reads."""
    if path.startswith("/v1/messages") or (headers is not None and "anthropic-version" in headers):
        return "anthropic"
    return "openai"


def body_of(refused: Refused, manner: Manner) -> bytes:
    """A refusal as a body."""
    return msgspec.json.encode(_error(refused, manner))


def headers_of(refused: Refused) -> dict[str, str]:
    """The headers it goes with."""
    headers = {"content-type": "application/json", "x-should-retry": "true" if refused.row.retry else "false"}
    if refused.after_s:
        headers["retry-after"] = str(math.ceil(refused.after_s))
        headers["retry-after-ms"] = str(math.ceil(refused.after_s * 1000))
    if refused.code:
        headers["x-ergos-code"] = refused.code
    if refused.row.status == 401:
        headers["www-authenticate"] = "Bearer"
    headers.update(refused.headers)
    return headers


def event_of(refused: Refused, dialect: Dialect) -> bytes:
    """A refusal as the last event of a stream that had begun, as each vendor sends it.

    OpenAI's responses carry the error flat; its library raises only for an `error` within, so both stand there.
    """
    if dialect == "anthropic.messages":
        return b"event: error\ndata: " + msgspec.json.encode(_error(refused, "anthropic")) + b"\n\n"
    error = _error(refused, "openai")
    if dialect == "openai.responses":
        flat = {"type": "error", "code": refused.row.code, "message": _message(refused), "param": None}
        return b"event: error\ndata: " + msgspec.json.encode({**flat, **error}) + b"\n\n"
    return b"data: " + msgspec.json.encode(error) + b"\n\n"


def _message(refused: Refused) -> str:
    return refused.message[:MESSAGE_CHARS_MAX].encode("utf-8", "replace").decode()


def _error(refused: Refused, manner: Manner) -> dict[str, object]:
    message = _message(refused)
    if manner == "anthropic":
        return {"type": "error", "error": {"type": refused.row.anthropic, "message": message}}
    return {"error": {"message": message, "type": refused.row.openai, "param": None, "code": refused.row.code}}
