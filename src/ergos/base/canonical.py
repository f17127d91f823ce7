"""Plain values and their one canonical encoding: JSON with sorted keys, and its SHA-256.

Rules: a plain value is None, bool, int, finite float, str, list or dict with string keys. Equal values have
equal bytes, so a digest names a value. Whatever enters a call, a result or a state passes `encode`.
"""

from __future__ import annotations

import hashlib
import math
from typing import TypeAlias

import msgspec

from ergos.base.errors import TooLargeError, ValueShapeError
from ergos.base.ids import Digest
from ergos.base.limits import VALUE_BYTES_MAX, VALUE_DEPTH_MAX

Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder()
_SIMPLE = frozenset({str, int, bool, type(None)})


def encode(value: object, *, what: str = "value") -> bytes:
    """The canonical bytes of a plain value; msgspec Structs and tuples count as dicts and lists.

    Raises: ValueShapeError if it is not plain (NaN, infinities, objects, integers beyond 4,300
    digits, deeper than VALUE_DEPTH_MAX); TooLargeError beyond VALUE_BYTES_MAX.
    """
    try:
        if type(value) not in _SIMPLE:
            _check(value, what, 0)
        encoded = _ENCODER.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueShapeError(f"{what} is not plain data: {error}") from error
    if len(encoded) > VALUE_BYTES_MAX:
        raise TooLargeError(f"{what} has {len(encoded):,} bytes; at most {VALUE_BYTES_MAX:,} are allowed")
    return encoded


def decode(encoded: bytes | msgspec.Raw) -> Plain:
    """The value of canonical (or any JSON) bytes.

    Raises: ValueShapeError.
    """
    try:
        return _DECODER.decode(encoded)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ValueShapeError(f"these bytes are not JSON: {error}") from error


def digest(encoded: bytes) -> Digest:
    """SHA-256 in hexadecimal."""
    return Digest(hashlib.sha256(encoded).hexdigest())


def digest_of(value: object) -> Digest:
    """The name of a plain value."""
    return digest(encode(value))


def _check(value: object, what: str, depth: int) -> None:
    """Refuse what JSON would silently change: NaN, infinities, and nesting without end."""
    if depth > VALUE_DEPTH_MAX:
        raise ValueShapeError(f"{what} is nested deeper than {VALUE_DEPTH_MAX} levels")
    kind = type(value)
    if kind in _SIMPLE:
        return
    if kind is float:
        if not math.isfinite(value):  # type: ignore[arg-type]
            raise ValueShapeError(f"{what} contains {value}, which is not a finite number")
    elif kind is dict:
        for key, item in value.items():  # type: ignore[attr-defined]
            if type(key) is not str:
                raise ValueShapeError(f"{what} has the key {key!r}; keys are strings")
            if type(item) not in _SIMPLE:
                _check(item, what, depth + 1)
    elif kind is list or kind is tuple:
        for item in value:  # type: ignore[attr-defined]
            if type(item) not in _SIMPLE:
                _check(item, what, depth + 1)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            _check(getattr(value, field), what, depth + 1)
