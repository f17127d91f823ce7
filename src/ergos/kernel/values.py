"""How values stand in records: small ones inline, large ones as blobs, growing lists as chains.

A blob is stored once, under its SHA-256. A list (a conversation, say) is stored as a chain: each node names
the node before it and holds one item, so a context that grows by one message per call adds one node per call
and the journal grows linearly. (Activity inputs that repeat the whole conversation are 99.8 % of the history
of other durable engines and grow quadratically.)

Rules: `unpack(pack(v)) == v` for every plain value; a value that itself looks like a reference is stored as a
blob, so references cannot be forged. This file does no I/O: blobs to be stored are returned, blobs to be read
come from a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain, decode, digest, encode
from ergos.base.errors import ValueShapeError
from ergos.base.ids import Digest
from ergos.base.limits import CHAIN_ITEMS_MIN, INLINE_BYTES_MAX

Packed: TypeAlias = msgspec.Raw
"""JSON of the value itself, or {"$ref": digest of its JSON}, {"$list": last node, "count": n}, {"$map": {name:
packed}}, {"$tree": digest of a $map}."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MARK = b'{"$'
MAP_BYTES_MAX: Final = 4 * INLINE_BYTES_MAX  # bytes of a map's names and references kept inside a record
NULL = msgspec.Raw(b"null")


class Blob(msgspec.Struct, frozen=True, array_like=True):
    """Bytes and their name."""

    digest: Digest
    body: bytes


class Reference(msgspec.Struct, frozen=True):
    """Stands for the blob of this digest."""

    ref: Digest | None = msgspec.field(default=None, name="$ref")
    list_: Digest | None = msgspec.field(default=None, name="$list")
    count: int = 0
    map_: dict[str, msgspec.Raw] | None = msgspec.field(default=None, name="$map")
    tree: Digest | None = msgspec.field(default=None, name="$tree")


_REFERENCE = msgspec.json.Decoder(Reference)
_NODE = msgspec.json.Decoder(tuple[Digest | None, msgspec.Raw])


def pack(value: object, known: Container[Digest] = (), *, what: str = "value") -> tuple[Packed, tuple[Blob, ...]]:
    """The packed form and the blobs it needs that are not `known` to be stored already.

    Raises: ValueShapeError, TooLargeError.
    """
    encoded = encode(value, what=what)
    if len(encoded) <= INLINE_BYTES_MAX and _MARK not in encoded:
        return msgspec.Raw(encoded), ()
    if isinstance(value, (list, tuple)) and len(value) >= CHAIN_ITEMS_MIN:
        return _pack_chain(value, known)
    if isinstance(value, dict) and any(map(_may_grow, value.values())):
        return _pack_map(value, known)
    return _pack_blob(encoded, known)


def unpack(packed: Packed, fetch: Callable[[Digest], bytes]) -> Plain:
    """The value; `fetch` gives the bytes of a blob.

    Raises: ValueShapeError if the bytes are not what `pack` made.
    """
    raw = bytes(packed)
    if not raw.startswith(_MARK):
        return decode(raw)
    reference = _reference(raw)
    if reference.ref is not None:
        return decode(fetch(reference.ref))
    if reference.tree is not None:
        return unpack(msgspec.Raw(fetch(reference.tree)), fetch)
    if reference.map_ is not None:
        return {name: unpack(part, fetch) for name, part in reference.map_.items()}
    items: list[Plain] = []
    head = reference.list_
    while head is not None:
        head, item = _node(fetch(head))
        items.append(unpack(item, fetch))
    if len(items) != reference.count:
        raise ValueShapeError(f"a list of {reference.count:,} items has {len(items):,}")
    items.reverse()
    return items


def references(packed: Packed) -> tuple[Digest, ...]:
    """The digests this packed value names directly. Raises: ValueShapeError."""
    raw = bytes(packed)
    if not raw.startswith(_MARK):
        return ()
    reference = _reference(raw)
    parts = (reference.map_ or {}).values()
    own = (reference.ref, reference.list_, reference.tree)
    return (*[name for name in own if name is not None], *[name for part in parts for name in references(part)])


def _pack_blob(encoded: bytes, known: Container[Digest]) -> tuple[Packed, tuple[Blob, ...]]:
    name = digest(encoded)
    packed = msgspec.Raw(b'{"$ref":"' + name.encode() + b'"}')
    return packed, () if name in known else (Blob(name, encoded),)


def _pack_chain(items: Iterable[object], known: Container[Digest]) -> tuple[Packed, tuple[Blob, ...]]:
    """Nodes are named from the front; only the tail behind the last known node is new."""
    past = b"null"
    fresh: list[Blob] = []
    count = 0
    for item in items:
        packed, blobs = pack(item, known)
        body = b"[" + past + b"," + bytes(packed) + b"]"
        name = digest(body)
        if name in known:
            fresh.clear()  # a stored node implies that its past is stored
        else:
            fresh.extend(blobs)
            fresh.append(Blob(name, body))
        past = b'"' + name.encode() + b'"'
        count += 1
    return msgspec.Raw(b'{"$list":' + past + b',"count":' + str(count).encode() + b"}"), tuple(fresh)


def _may_grow(value: object) -> bool:
    return isinstance(value, (list, tuple)) and len(value) >= CHAIN_ITEMS_MIN


def _pack_map(value: dict[str, object], known: Container[Digest]) -> tuple[Packed, tuple[Blob, ...]]:
    """Each part by itself, so that a conversation inside a task's inputs shares its past, too."""
    parts: list[bytes] = []
    fresh: tuple[Blob, ...] = ()
    for name in sorted(value):
        packed, blobs = pack(value[name], known)
        parts.append(encode(name) + b":" + bytes(packed))
        fresh += blobs
    body = b'{"$map":{' + b",".join(parts) + b"}}"
    if len(body) <= MAP_BYTES_MAX:
        return msgspec.Raw(body), fresh
    name = digest(body)
    packed = msgspec.Raw(b'{"$tree":"' + name.encode() + b'"}')
    return packed, fresh if name in known else (*fresh, Blob(name, body))


def links(body: bytes) -> tuple[Digest, ...]:
    """The digests a blob's body names: a chain node its past and its item's references, a map those of its parts.

    A user's value is never mistaken for one: what looks like it merely costs a look-up that finds nothing.
    """
    if body.startswith(_MARK):
        try:
            return tuple(name for name in references(msgspec.Raw(body)) if _DIGEST.fullmatch(name))
        except ValueShapeError:
            return ()
    if not body.startswith((b'["', b"[null,")):
        return ()
    try:
        past, item = _node(body)
        found = references(item)
    except ValueShapeError:
        return ()
    named = found if past is None else (past, *found)
    return tuple(name for name in named if _DIGEST.fullmatch(name))


def _reference(raw: bytes) -> Reference:
    try:
        return _REFERENCE.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueShapeError(f"this is not a packed value: {error}") from error


def _node(body: bytes) -> tuple[Digest | None, msgspec.Raw]:
    """The node before this one and its item."""
    try:
        return _NODE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueShapeError(f"this is not a node of a list: {error}") from error
