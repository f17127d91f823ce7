"""Reads a few small fields of a packed value without building the rest of it.

Rules: what is not there, or cannot be read, is None; nothing is read but the one blob that holds the fields.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from ergos.kernel.values import Packed

T = TypeVar("T")

Fetch = Callable[[bytes], bytes | None]
"""The blob of a digest."""

_REFERENCE: Final = b'{"$'


class _Stored(msgspec.Struct, frozen=True):
    """`values.Reference`."""

    ref: str | None = msgspec.field(default=None, name="$ref")
    map_: dict[str, msgspec.Raw] | None = msgspec.field(default=None, name="$map")
    tree: str | None = msgspec.field(default=None, name="$tree")


_STORED: Final = msgspec.json.Decoder(_Stored)


def peek(packed: Packed, kind: type[T], fetch: Fetch) -> T | None:
    """These fields of a map: those that stand in the record, or in the one blob that it names."""
    try:
        raw = bytes(packed)
        stored = _STORED.decode(raw) if raw.startswith(_REFERENCE) else None
        name = (stored.ref or stored.tree) if stored is not None else None
        if name is not None:
            found = fetch(bytes.fromhex(name))
            if found is None:
                return None
            raw, stored = found, _STORED.decode(found) if stored is not None and stored.tree is not None else None
        if stored is None:
            return msgspec.json.decode(raw, type=kind)
        parts = stored.map_ or {}
        fields: tuple[str, ...] = getattr(kind, "__struct_fields__", ())
        named = b",".join(b'"%s":%s' % (field.encode(), bytes(parts[field])) for field in fields if field in parts)
        return msgspec.json.decode(b"{" + named + b"}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return None
