"""The body of a request before the protocol's library sees it: bounded, JSON, every key once, not too deep.

Rules: total: whatever the bytes, the answer is why they are refused, or ''. A body that two readers could read in two
ways (a key that stands twice) is refused, never guessed.
"""

from __future__ import annotations

import json
from typing import Final, Literal

import msgspec

BODY_BYTES_MAX: Final = 4 * 1024 * 1024  # bytes of one request; larger things are named by URL, or come in parts
DEPTH_MAX: Final = 64  # levels of nesting of one request; the library's own reader gives up at 100

Fault = Literal["", "large", "json", "shape"]

_DECODER: Final = msgspec.json.Decoder()
_ENCODER: Final = msgspec.json.Encoder()


def fault_of(body: bytes) -> tuple[Fault, str]:
    """What is wrong with a body, and how it is said."""
    if len(body) > BODY_BYTES_MAX:
        return "large", f"a request has at most {BODY_BYTES_MAX:,} bytes"
    if not body:
        return "", ""
    try:
        value: object = _DECODER.decode(body)
        if body.count(b"[") + body.count(b"{") > DEPTH_MAX and _deep(value):
            return "shape", f"the body is nested more than {DEPTH_MAX} deep"
        once = _keys_stand_once(body, value)
    except RecursionError:
        return "shape", f"the body is nested more than {DEPTH_MAX} deep"
    except (msgspec.DecodeError, ValueError) as error:
        return "json", f"the body is not JSON: {error}"[:300]
    return ("", "") if once else ("shape", "a key stands twice in the same object of the body")


def type_fault(headers: dict[str, str]) -> str:
    """Why a body of these headers is not read, or ''."""
    media, _, parameters = headers.get("content-type", "").partition(";")
    media = media.strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        return "the body must be of the type application/json or application/a2a+json"
    charset = parameters.strip().lower()
    if charset.startswith("charset=") and charset[8:].strip('" ') not in {"utf-8", "utf8", "us-ascii"}:
        return "the body must be in UTF-8"
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        return "the body must not be compressed"
    return ""


def _deep(value: object) -> bool:
    """Whether a value is nested too deeply. Cost: O(its size)."""
    level: list[object] = [value]
    for _ in range(DEPTH_MAX):
        inner: list[object] = []
        for one in level:
            parts: object = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            inner.extend(part for part in parts if isinstance(part, dict | list))  # type: ignore[attr-defined]
        if not inner:
            return False
        level = inner
    return True


def _keys_stand_once(body: bytes, value: object) -> bool:
    """Whether decoding lost nothing: a key that stands twice is decoded once, and its colon is gone."""
    if b"\\u003" not in body:
        return body.count(b":") == _ENCODER.encode(value).count(b":")
    twice = False

    def pairs(members: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal twice
        found = dict(members)
        twice = twice or len(found) != len(members)
        return found

    json.loads(body, object_pairs_hook=pairs)
    return not twice
