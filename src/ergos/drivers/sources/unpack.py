"""Bounded decompression of gzip, zlib and raw deflate.

Rules: output never exceeds SOURCE_DECODED_BYTES_MAX, nor SOURCE_EXPANSION_MAX times the input once it is more than
a page; more is a decompression bomb and refused while it unfolds. A stream that breaks off gives what it held.
"""

from __future__ import annotations

import zlib
from typing import Final

import msgspec

from ergos.base.errors import SourceError
from ergos.base.limits import SOURCE_DECODED_BYTES_MAX, SOURCE_EXPANSION_MAX

PACKED_LAYERS_MAX: Final = 3  # compressions around one another; a server that compresses a .gz file makes two
EXPANSION_FLOOR_BYTES: Final = 64 * 1024  # bytes; below it any expansion is harmless, a short text may repeat itself
FEED_BYTES: Final = 64 * 1024  # bytes given to zlib at a time, so that what it leaves over stays small

_GZIP: Final = b"\x1f\x8b\x08"
_AUTO_WBITS: Final = 47  # zlib: accept a gzip or a zlib header
_RAW_WBITS: Final = -15  # zlib: no header


class Unpacked(msgspec.Struct, frozen=True, kw_only=True):
    """Decompressed bytes."""

    body: bytes
    notes: tuple[str, ...] = ()


def unpack_declared(body: bytes, encodings: str) -> Unpacked:
    """Undo the codings of a Content-Encoding header, last one first.

    Raises: SourceError for a coding that was never asked for, too many of them, or a bomb.
    """
    names = [name for part in encodings.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    if len(names) > PACKED_LAYERS_MAX:
        raise SourceError(f"the server compressed its answer {len(names)} times")
    notes: list[str] = []
    for name in reversed(names):
        if name in ("gzip", "x-gzip"):
            if not body.startswith(_GZIP):
                notes.append("declared gzip, but is not compressed")
                continue
            layer = _inflate(body, _AUTO_WBITS)
        elif name == "deflate":
            layer = _inflate(body, _AUTO_WBITS if _has_zlib_header(body) else _RAW_WBITS)
        else:
            raise SourceError(f"the server used the compression {name[:40]!r}, which it was not asked for")
        body = layer.body
        notes.extend(layer.notes)
    return Unpacked(body=body, notes=tuple(notes))


def unpack_magic(body: bytes) -> Unpacked:
    """Undo gzip where the bytes begin like it, whatever they were called.

    Raises: SourceError for too many layers or a bomb.
    """
    notes: list[str] = []
    for _ in range(PACKED_LAYERS_MAX):
        if not body.startswith(_GZIP):
            return Unpacked(body=body, notes=tuple(notes))
        layer = _inflate(body, _AUTO_WBITS)
        body = layer.body
        notes.extend(layer.notes)
    if body.startswith(_GZIP):
        raise SourceError(f"compressed more than {PACKED_LAYERS_MAX} times")
    return Unpacked(body=body, notes=tuple(notes))


def _has_zlib_header(body: bytes) -> bool:
    return len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _inflate(body: bytes, wbits: int) -> Unpacked:
    ceiling = min(SOURCE_DECODED_BYTES_MAX, max(EXPANSION_FLOOR_BYTES, len(body) * SOURCE_EXPANSION_MAX))
    out = bytearray()
    stream = zlib.decompressobj(wbits)
    position = 0
    try:
        while position < len(body):
            chunk = body[position : position + FEED_BYTES]
            position += len(chunk)
            while chunk:
                out += stream.decompress(chunk, ceiling + 1 - len(out))
                if len(out) > ceiling:
                    raise SourceError(
                        f"a decompression bomb: {len(body)} bytes unfold to more than {ceiling}; nothing of it was read"
                    )
                chunk = stream.unconsumed_tail
                if stream.eof:
                    chunk = stream.unused_data
                    if wbits == _RAW_WBITS or not (chunk + body[position : position + 3]).startswith(_GZIP):
                        return Unpacked(body=bytes(out))
                    stream = zlib.decompressobj(wbits)
    except zlib.error as error:
        if not out:
            raise SourceError(f"the compressed data is damaged: {error}") from error
        return Unpacked(body=bytes(out), notes=("the compressed data is damaged; its readable beginning was used",))
    if not stream.eof:
        if not out:
            raise SourceError("the compressed data breaks off before it holds anything")
        return Unpacked(body=bytes(out), notes=("the compressed data breaks off; its beginning was used",))
    return Unpacked(body=bytes(out))
