"""What a client is told when it does not get what it asked for: `application/problem+json` (RFC 9457).

    {"type": "urn:ergos:error:E102", "title": "UnknownProcess", "status": 404, "code": "E102",
     "detail": "there is no process 7", "remedy": "`ergos ps --all` lists every process"}

A failure of ours has a code of the tree of errors; `STATUSES` says which status it is. What HTTP itself is about has no
code. Nothing of the inside is shown but the error's own words.

Rules: pure; what belongs to another owner reads exactly like what does not exist, because it is the same error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from ergos.base.error_tree import every_error
from ergos.base.errors import ErgosError

PROBLEM: Final = "application/problem+json"
DETAIL_CHARS_MAX: Final = 2_000  # characters of a detail; it may quote what was sent
RETRY_AFTER_S: Final = 2.0  # seconds to wait before another try where the error names none
RETRY_AFTER_S_MAX: Final = 3_600.0  # seconds; nobody waits longer for an answer

_SECONDS: Final = re.compile(r"(?<![\w.\-])(\d{1,6}(?:\.\d{1,6})?) ?(?:s|seconds?)\b")
_NAMES: Final = {error.code: error.__name__.removesuffix("Error") for error in every_error()}

STATUSES: Final[dict[str, int]] = {
    "E1": 409,
    "E101": 404,
    "E102": 404,
    "E104": 503,
    "E105": 422,
    "E106": 413,
    "E2": 409,
    "E3": 403,
    "E304": 429,
    "E305": 429,
    "E307": 404,
    "E308": 429,
    "E4": 409,
    "E5": 502,
    "E502": 504,
    "E504": 507,
    "E505": 501,
    "E507": 429,
    "E508": 409,
    "E514": 409,
    "E515": 409,
    "E6": 500,
    "E601": 503,
    "E605": 503,
}
"""By code, or by its branch. A request that is well-formed and does not fit how things stand is a conflict."""

TITLES: Final[dict[int, str]] = {
    400: "Bad request",
    401: "Not signed in",
    403: "Refused",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    413: "Too large",
    414: "Address too long",
    415: "Unsupported media type",
    422: "Not understood",
    429: "Too much",
    500: "Broken",
    501: "Not installed",
    502: "The outside world failed",
    503: "Not ready",
    504: "Too late",
    507: "The disk is full",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was refused, and what to do next."""

    type: str
    """urn:ergos:error:CODE; about:blank for what HTTP itself is about."""
    title: str
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    detail: str
    """What happened."""
    remedy: str = ""
    """What to do next."""
    code: str = ""
    """Of the error, as /sys/errors lists them; '' for what HTTP itself is about."""


class Refused(Exception):  # noqa: N818 - carries an answer, is no error of ours
    """Ends the handling of a request with this problem."""

    def __init__(self, status: int, detail: str, remedy: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.problem = Problem(
            type="about:blank", title=TITLES[status], status=status, detail=_cut(detail), remedy=remedy
        )
        self.headers = dict(headers or {})
        super().__init__(detail)


def status_of(code: str) -> int:
    """The status of an error's code; that of its branch where it has none of its own."""
    return STATUSES.get(code) or STATUSES.get(code[:2], 500)


def problem_of(error: ErgosError, status: int | None = None) -> Problem:
    """An error that was raised. `status`: where this error means another one here."""
    return Problem(
        type=f"urn:ergos:error:{error.code}",
        title=_NAMES.get(error.code, error.code),
        status=status or status_of(error.code),
        detail=_cut(error.what),
        remedy=_cut(error.what_to_do),
        code=error.code,
    )


def headers_of(problem: Problem) -> dict[str, str]:
    """The headers a problem goes with."""
    headers = {"content-type": PROBLEM, "cache-control": "no-store"}
    if problem.status == 401:
        headers["www-authenticate"] = 'Bearer realm="ergos"'
    if problem.code == "E313":
        headers["www-authenticate"] = 'Bearer realm="ergos", error="insufficient_user_authentication"'
    if problem.status in {429, 503}:
        named = _SECONDS.search(problem.detail)
        headers["retry-after"] = str(math.ceil(min(RETRY_AFTER_S_MAX, float(named[1]) if named else RETRY_AFTER_S)))
    return headers


def encoded(problem: Problem) -> bytes:
    """A problem as a body."""
    return msgspec.json.encode(problem)


def _cut(text: str) -> str:
    """Within bounds, and text that UTF-8 can hold."""
    return text[:DETAIL_CHARS_MAX].encode("utf-8", "replace").decode()
