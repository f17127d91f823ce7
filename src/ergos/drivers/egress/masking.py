"""Secrets taken out of what comes back: as they are, and in the spellings in which a server may echo them.

Rules: a secret cut in two by the pieces of a stream is found as well; of a stream only what may be the beginning of a
secret is held back. This is hygiene, not a barrier: a server that wants to give a secret away finds a spelling that
is not known here. That a secret is only ever sent to the host its rule names is what protects it.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = b"[secret]"
SPELLED_BYTES_MIN: Final = 5  # bytes of a secret from which other spellings are looked for; shorter ones mask words
FRAGMENT_BYTES_MIN: Final = 6  # bytes of a spelling that is looked for; base64 loses up to four at its ends


def spellings(secret: str) -> frozenset[bytes]:
    """How a secret may come back."""
    raw = secret.encode()
    if not raw:
        return frozenset()
    found = {raw}
    if len(raw) < SPELLED_BYTES_MIN:
        return frozenset(found)
    escaped = json.dumps(secret)[1:-1]
    texts = {
        secret[::-1],
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        escaped,
        escaped.replace("/", "\\/"),
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(escaped)[1:-1],
        html.escape(secret),
        html.escape(secret).replace("&#x27;", "&#39;"),
        repr(secret)[1:-1],
        "".join(f"\\u{ord(c):04x}" for c in secret),
        "".join(f"\\u{ord(c):04X}" for c in secret),
        "".join(f"\\x{byte:02x}" for byte in raw),
        "".join(f"%{byte:02X}" for byte in raw),
        "".join(f"%{byte:02x}" for byte in raw),
        "".join(f"&#{ord(c)};" for c in secret),
        _lower_escapes(quote(secret, safe="")),
        raw.hex(),
        raw.hex().upper(),
        raw.hex(":"),
        raw.hex(" "),
        base64.b32encode(raw).decode().rstrip("=")[: len(raw) * 8 // 5],
    }
    found |= {text.encode() for text in texts}
    found |= {secret.encode("utf-16-le"), secret.encode("utf-16-be"), raw[::-1]}
    found |= _base64(raw) | _base64(raw[::-1])
    return frozenset(spelling for spelling in found if len(spelling) >= FRAGMENT_BYTES_MIN or spelling == raw)


def _lower_escapes(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text)


def _base64(raw: bytes) -> set[bytes]:
    """In base64, wherever it stands in what was encoded: the part that does not depend on its neighbours."""
    found: set[bytes] = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        part = encoded[(0, 2, 3)[before] : (before + len(raw)) * 8 // 6]
        found |= {part, part.replace(b"+", b"-").replace(b"/", b"_"), part.replace(b"/", b"\\/")}
        found.add(quote(part, safe="").encode())
    return found


class Masker:
    """Takes the same secrets out of any number of replies."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._spellings: Final = tuple(sorted({spelling for secret in secrets for spelling in spellings(secret)}))

    def __repr__(self) -> str:
        return f"Masker({len(self._spellings)} spellings)"

    def whole(self, body: bytes) -> bytes:
        """A text without the secrets."""
        return MaskedStream(self).feed(body, last=True)

    def text(self, text: str) -> str:
        """As `whole`."""
        return self.whole(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers as they were read; one whose very name holds a secret is left out."""
        masked = ((name, self.whole(value.encode("latin-1")).decode("latin-1")) for name, value in headers.items())
        return {name: value for name, value in masked if not self._spans(name.encode("latin-1"), 0)}

    def _spans(self, text: bytes, covered: int) -> list[tuple[int, int]]:
        """Where secrets stand, in order; those that overlap are one. The first `covered` bytes are known to."""
        found = [(0, covered)] if covered else []
        for spelling in self._spellings:
            start = text.find(spelling)
            while start >= 0:
                found.append((start, start + len(spelling)))
                start = text.find(spelling, start + 1)
        found.sort()
        spans: list[tuple[int, int]] = []
        for start, end in found:
            if spans and start < spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((start, end))
        return spans

    def _told(self, text: bytes) -> int:
        """How many bytes can be told: behind them may begin a secret that goes on in the next piece."""
        told = len(text)
        for spelling in self._spellings:
            start = max(0, len(text) - len(spelling) + 1)
            while 0 <= start < told:
                if spelling.startswith(text[start:]):
                    told = start
                    break
                start = text.find(spelling[:1], start + 1)
        return told


class MaskedStream:
    """One body that comes in pieces."""

    def __init__(self, masker: Masker) -> None:
        self._masker: Final = masker
        self._held = b""
        self._covered = 0
        """Bytes of what is held that belong to a secret for which the mask was told already."""

    def feed(self, piece: bytes, *, last: bool = False) -> bytes:
        """What can be told after this piece; after the last one, everything."""
        masker, text, covered = self._masker, self._held + piece, self._covered
        told = len(text) if last else masker._told(text)  # noqa: SLF001 - one thing in two halves
        parts: list[bytes] = []
        at = 0
        for start, end in masker._spans(text, covered):  # noqa: SLF001
            if start >= told:
                break
            parts.append(text[at:start])
            if start or not covered:
                parts.append(MASK)
            at = end
        parts.append(text[at:told])
        self._held, self._covered = text[told:], max(0, max(at, covered) - told)
        return b"".join(parts)
