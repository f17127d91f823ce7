"""What went wrong with a model call, as one of ErgOS's own errors.

Rules: an endpoint that takes no more calls raises RateLimitedError with the time to wait, one that refuses the request
ModelRequestError, one that fails or cannot be reached ModelError, and an answer that cannot be read ModelReplyError.
Errors that a vendor reports inside an answer of status 200 are read the same way. No message holds a key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final, cast

from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError
from ergos.base.limits import ERROR_CHARS_MAX
from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.drivers.models.vendors import shapes

RETRY_AFTER_S_MAX: Final = 24 * 3600.0
"""Seconds; a vendor that names a longer time is not waited for, and a wrong date must not stop an endpoint for ever."""
CAUSES_MAX: Final = 20
"""Errors followed from one to its cause; a longer chain is a loop."""

_TRANSIENT_4XX: Final = frozenset({408, 425})
"""Request Timeout and Too Early: the same request may well be taken a moment later."""
_CROWDED: Final = (
    "rate_limit",
    "ratelimit",
    "rate limit",
    "too_many",
    "too many",
    "resource_exhausted",
    "throttl",
    "quota",
)
_FAILING: Final = (
    "overload",
    "unavailable",
    "timeout",
    "timed out",
    "server_error",
    "internal",
    "api_error",
    "bad_gateway",
)
_REFUSING: Final = (
    "invalid",
    "not_found",
    "permission",
    "authentic",
    "unauthor",
    "forbidden",
    "unsupported",
    "context_length",
)
_KEY_REMEDY: Final = "check the endpoint's key and what it is allowed to use"
_DURATION: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?")


def of_status(status: int, headers: Mapping[str, str], body: bytes, now_ns: int) -> ModelError:
    """The error of an HTTP status that is no success; header names are lower case."""
    if 300 <= status < 400:
        where = headers.get("location", "elsewhere")[:200]
        message = f"the endpoint sends its callers on to {where!r}"
        return ModelRequestError(message, status=status, remedy="set the endpoint's base URL to where it really is")
    content = _lenient_json(body)
    message = (
        f"the endpoint answered {status}: {_message(content) or body[:ERROR_CHARS_MAX].decode('utf-8', 'replace')}"
    )
    wait_s = retry_after_s(headers, content, now_ns)
    return _of(status, message[:ERROR_CHARS_MAX], wait_s)


def of_error(content: object, *, now_ns: int = 0) -> ModelError:
    """The error of an error object inside an answer of status 200."""
    inner = shapes.obj(content)
    status = next(
        (code for key in ("status_code", "status", "code", "http_status") if (code := _status(inner.get(key))) != 0), 0
    )
    kind = " ".join(shapes.text(inner.get(key)) for key in ("type", "code", "status")).lower()
    message = f"the endpoint broke off with an error: {_message(content) or shapes.encode(content)}"[:ERROR_CHARS_MAX]
    if not status:
        said = kind if kind.strip() else message.lower()
        for words, guess in ((_CROWDED, 429), (_FAILING, 503), (_REFUSING, 400)):
            if any(word in said for word in words):
                status = guess
                break
    return _of(status, message, retry_after_s({}, content, now_ns))


def of_exception(error: BaseException, *, answered: bool) -> ErgosError:
    """The error behind whatever the vendor's library raised: ours, if one of ours was its cause.

    `answered`: an answer had begun, so that it was not the request that the library could not understand.
    """
    chain = _chain(error)
    for link in chain:
        if isinstance(link, ErgosError):
            return link
    said = next((words for link in chain if (words := str(link).strip())), type(error).__name__)[:ERROR_CHARS_MAX]
    if answered:
        return ModelReplyError(f"the endpoint's answer cannot be read: {said}")
    if isinstance(error, RuntimeError | ValueError):
        return ModelRequestError(f"the request cannot be put into the endpoint's format: {said}")
    return ModelError(f"the endpoint cannot be reached: {said}")


def unreachable(error: BaseException) -> ModelError:
    """No connection, or none that lasted until the answer began."""
    return ModelError(f"the endpoint cannot be reached: {str(error) or type(error).__name__}"[:ERROR_CHARS_MAX])


def broken_off(error: BaseException, received_bytes: int) -> ModelReplyError:
    """The connection ended inside the answer."""
    why = str(error) or type(error).__name__
    return ModelReplyError(f"the endpoint's answer broke off after {received_bytes} bytes: {why}"[:ERROR_CHARS_MAX])


def retry_after_s(headers: Mapping[str, str], content: object, now_ns: int) -> float:
    """Seconds that the endpoint asks to wait; 0.0 where it does not say."""
    sources: tuple[Callable[[], float], ...] = (
        lambda: _number(headers.get("retry-after-ms", "")) / 1000,
        lambda: _retry_after(headers.get("retry-after", ""), now_ns),
        lambda: max(
            (
                _duration(headers.get(f"x-ratelimit-reset-{what}", ""))
                for what in ("requests", "tokens")
                if headers.get(f"x-ratelimit-remaining-{what}", "").strip() == "0"
            ),
            default=0.0,
        ),
        lambda: _retry_info(content),
    )
    for source in sources:
        if (wait_s := source()) > 0:
            return min(wait_s, RETRY_AFTER_S_MAX)
    return 0.0


def _of(status: int, message: str, wait_s: float) -> ModelError:
    if status == 429:
        return RateLimitedError(message, status=status, retry_after_s=wait_s)
    if 400 <= status < 500 and status not in _TRANSIENT_4XX:
        remedy = _KEY_REMEDY if status in {401, 403} else None
        return ModelRequestError(message, status=status, remedy=remedy, retry_after_s=wait_s)
    return ModelError(message, status=status, retry_after_s=wait_s)


def _message(content: object) -> str:
    """What an error says, wherever its vendor put it."""
    for _ in range(3):
        if isinstance(content, list):
            content = cast("list[object]", content)[0] if content else ""
        if not isinstance(content, dict):
            break
        error = cast("shapes.Object", content)
        content = next((error[key] for key in ("error", "message", "detail", "msg", "errors") if error.get(key)), "")
    return content.strip() if isinstance(content, str) else ""


def _status(value: object) -> int:
    if isinstance(value, str) and value.isdecimal():
        value = int(value[:4])
    return value if isinstance(value, int) and 400 <= value < 600 else 0


def _lenient_json(body: bytes) -> object:
    try:
        return cast("object", json.loads(body))
    except (ValueError, RecursionError):
        return None


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and len(chain) < CAUSES_MAX:
        chain.append(link)
        link = link.__cause__ or link.__context__
    return chain


def _number(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        return 0.0
    return number if 0 < number < 1e12 else 0.0


def _retry_after(value: str, now_ns: int) -> float:
    """RFC 9110, section 10.2.3: seconds or a date."""
    if number := _number(value):
        return number
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, when.timestamp() - now_ns / SECOND)


def _duration(value: str) -> float:
    """Such as 6m0s, 1h2m, 120ms, or plain seconds."""
    if number := _number(value):
        return number
    found = _DURATION.fullmatch(value.strip())
    if not value.strip() or found is None:
        return 0.0
    hours, minutes, seconds, milliseconds = (_number(part or "") for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


def _retry_info(content: object) -> float:
    """google.rpc.RetryInfo among an error's details."""
    error = shapes.obj(shapes.objects(content)[0].get("error")) if shapes.objects(content) else {}
    for detail in shapes.objects(error.get("details") or shapes.obj(content).get("details")):
        if wait_s := _duration(shapes.text(detail.get("retryDelay"))):
            return wait_s
    return 0.0
