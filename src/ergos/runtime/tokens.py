"""Tokens: what a foreign program shows at the door, and whom it stands for.

Rules: a token is good for one start of one process and for nothing else; it is sealed, not stored, and compared in
constant time.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import msgspec

from ergos.base.ids import Pid

_TOKEN: Final = "ergos"  # noqa: S105 - the word a token begins with


class Visitor(msgspec.Struct, frozen=True):
    """Whom a token stands for."""

    pid: Pid
    life: int


class Tokens:
    """Makes and reads the tokens of one store."""

    def __init__(self, secret: bytes, store_id: str) -> None:
        """`secret`: what they are sealed with; empty: there are none."""
        self._secret: Final = secret
        self._store_id: Final = store_id

    def token(self, visitor: Visitor) -> str:
        """What its program shows at the door; the same for the same start."""
        return f"{_TOKEN}-{visitor.pid}-{visitor.life}-{self._seal(visitor)}"

    def visitor_of(self, token: str) -> Visitor | None:
        """Whom a token stands for; None for one that was not made here. Cost: one hash, whatever the token."""
        word, _, rest = token.partition("-")
        pid, _, rest = rest.partition("-")
        life, _, seal = rest.partition("-")
        if word != _TOKEN or not _number(pid) or not _number(life) or not self._secret:
            return None
        visitor = Visitor(Pid(int(pid)), int(life))
        return visitor if hmac.compare_digest(seal.encode("utf-8", "replace"), self._seal(visitor).encode()) else None

    def _seal(self, visitor: Visitor) -> str:
        said = f"{self._store_id}\0{visitor.pid}\0{visitor.life}".encode()
        return hmac.new(self._secret, said, hashlib.sha256).hexdigest()[:40]


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 19
