"""Who may ask, and what: the checks a request passes before it is handed on.

Rules: a request names a host of this machine, else a web page could reach it under a name of its own (DNS rebinding);
it comes from no web page, unless the owner named that page's origin; it carries one process's token; its body is one
JSON object in which every key stands once, so that nobody reads it in another way than we do.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import Final, TypeVar, cast

import msgspec

from ergos.drivers.http.message import Request
from ergos.server.refusals import Rejected, of_status

TOKEN_CHARS_MAX: Final = 512  # characters of a token; ours are shorter
Caller = TypeVar("Caller")

_DECODER: Final = msgspec.json.Decoder()
_ENCODER: Final = msgspec.json.Encoder()


class Admission:
    """Checks requests for one gate."""

    def __init__(self, hosts: frozenset[str], origins: frozenset[str]) -> None:
        """`hosts`: names besides those of this machine; `origins`: web pages that may ask, 'https://name:port'."""
        self._hosts: Final = frozenset(host.lower() for host in hosts)
        self._origins: Final = frozenset(origin.lower() for origin in origins)

    def check_place(self, request: Request) -> None:
        """Host and Origin. Raises: Rejected."""
        host = request.headers.get("host", "")
        if not self._is_ours(host):
            raise Rejected(of_status(403, f"this server does not answer for the host {host[:100]!r}"))
        origin = request.headers.get("origin")
        if origin is not None and origin.lower() not in self._origins:
            raise Rejected(of_status(403, f"web pages of {origin[:100]!r} may not use this server"))

    def _is_ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        name = name.lower()
        if name in {"localhost", "127.0.0.1", "[::1]"} or name in self._hosts or host.lower() in self._hosts:
            return True
        try:
            return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
        except ValueError:
            return False


def who(request: Request, pid_of: Callable[[str], Caller | None]) -> Caller:
    """The one whose token the request carries. Raises: Rejected."""
    headers = request.headers
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    tokens = {headers.get("x-api-key", "").strip(), bearer.strip() if scheme.lower() == "bearer" else ""} - {""}
    if not tokens:
        raise Rejected(of_status(401, "this request carries no token — send the token of a process as the API key"))
    callers = [pid_of(token) for token in tokens if len(token) <= TOKEN_CHARS_MAX]
    known = [caller for caller in callers if caller is not None]
    if not known or known[0] != known[-1]:
        what = "the tokens of two processes" if known else "a token that is not that of a running process"
        raise Rejected(of_status(401, f"this request carries {what} — start the program with `ergos exec`"))
    return known[0]


def parsed(request: Request) -> dict[str, object]:
    """The body: one JSON object. Raises: Rejected."""
    _check_type(request.headers)
    body = request.body
    try:
        value: object = _DECODER.decode(body)
        once = _keys_stand_once(body, value)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Rejected(of_status(400, f"the body is not JSON: {why}")) from error
    if not isinstance(value, dict):
        raise Rejected(of_status(400, "the body is not a JSON object"))
    if not once:
        raise Rejected(of_status(400, "a key stands twice in the same object of the body"))
    return cast("dict[str, object]", value)


def _check_type(headers: dict[str, str]) -> None:
    media, _, parameters = headers.get("content-type", "").partition(";")
    media = media.strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise Rejected(of_status(415, "the body must be of the type application/json"))
    charset = parameters.strip().lower()
    if charset.startswith("charset=") and charset[8:].strip('" ') not in {"utf-8", "utf8", "us-ascii"}:
        raise Rejected(of_status(415, "the body must be in UTF-8"))
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Rejected(of_status(415, "the body must not be compressed"))


def _keys_stand_once(body: bytes, value: object) -> bool:
    """Whether decoding lost nothing.

    A key that stands twice is decoded once, and its colon is gone: then what was sent has more colons than what was
    decoded. Only an escaped colon could hide that, and nobody escapes colons; such a body is read slowly.
    """
    if b"\\u003" in body:
        return _reads_once(body)
    return body.count(b":") == _ENCODER.encode(value).count(b":")


def _reads_once(body: bytes) -> bool:
    twice = False

    def pairs(members: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal twice
        found = dict(members)
        twice = twice or len(found) != len(members)
        return found

    json.loads(body, object_pairs_hook=pairs)
    return not twice
