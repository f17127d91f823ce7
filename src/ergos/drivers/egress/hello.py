"""The first words of TLS, as far as they name a host: what a tunnel is used for is what it was allowed for.

Behind one address stand many hosts; the name in the ClientHello says which one is meant (RFC 8446 section 4.1.2,
RFC 6066 section 3). Nothing else of TLS is understood here, nor needs to be.

Rules: total over any bytes; what is spread over several records, or malformed, is refused.
"""

from __future__ import annotations

from typing import Final

from ergos.kernel.hosts import SHOWN_CHARS, Host, Refused

HELLO_BYTES_MAX: Final = 5 + 16 * 1024  # bytes of one record of TLS with its head; a ClientHello is one or two KiB

_NO_TLS: Final = Refused("what is said in the tunnel is not TLS; a rule with scheme = 'http' lets anything through")


def read_hello(data: bytes) -> str | Refused | None:
    """The host it names, '' if it names none; None: more has to come."""
    if data[:1] not in {b"", b"\x16"} or data[1:2] not in {b"", b"\x03"}:
        return _NO_TLS
    if len(data) < 5:
        return None
    length = int.from_bytes(data[3:5], "big")
    if not 4 <= length <= HELLO_BYTES_MAX - 5:
        return _NO_TLS
    if len(data) < 5 + length:
        return None
    record = data[5 : 5 + length]
    if record[0] != 1 or int.from_bytes(record[1:4], "big") != length - 4:
        return _NO_TLS
    extensions = _extensions(_Bytes(record[4:]))
    if extensions is None:
        return _NO_TLS
    return _named(extensions)


def meant(name: str, host: Host) -> Refused | None:
    """None if TLS is spoken with the host that the tunnel leads to."""
    if name == host.name or (host.address and not name):
        return None
    return Refused(f"TLS in the tunnel to {host.name} names {name[:SHOWN_CHARS]!a} instead")


class _Bytes:
    """Bytes that are read from the front; `None` once they do not suffice."""

    def __init__(self, left: bytes) -> None:
        self.left = left

    def take(self, count: int) -> bytes | None:
        """So many of them."""
        if len(self.left) < count:
            return None
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def vector(self, size: int) -> bytes | None:
        """What follows behind its length, a number of `size` bytes."""
        head = self.take(size)
        return None if head is None else self.take(int.from_bytes(head, "big"))


def _extensions(hello: _Bytes) -> bytes | None:
    """The extensions of a ClientHello: behind version and random, session, ciphers and compressions."""
    if hello.take(34) is None or hello.vector(1) is None or hello.vector(2) is None or hello.vector(1) is None:
        return None
    if not hello.left:
        return b""
    found = hello.vector(2)
    return None if hello.left else found


def _named(extensions: bytes) -> str | Refused:
    """The host that the extension 0 names."""
    rest = _Bytes(extensions)
    name = ""
    while rest.left:
        kind, content = rest.take(2), rest.vector(2)
        if kind is None or content is None:
            return _NO_TLS
        if kind == b"\0\0":
            inner = _Bytes(content)
            names = inner.vector(2)
            entry = _Bytes(names or b"")
            if inner.left or entry.take(1) != b"\0" or name:
                return _NO_TLS
            found = entry.vector(2)
            if not found or entry.left or not found.isascii():
                return _NO_TLS
            name = found.decode("ascii").lower()
    return name
