"""Ids of tasks: they say what they stand for, and nobody can make one up.

Rules: an id is a subject with a seal over it and over whose it is, under a secret of this installation. So an id needs
no table, is good after every restart, and another caller's is as good as none. Source: the tasks extension asks that
ids cannot be guessed and that every request about one is authorised.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

SEAL_DIGITS: Final = 40  # hexadecimal digits of a seal: 160 bits, which nobody guesses
ID_CHARS_MAX: Final = 800  # characters of an id that are looked at; ours are shorter

_ID: Final = re.compile(r"([\x21-\x7e]+)\.([0-9a-f]{40})", re.ASCII)


class TaskIds:
    """Makes and reads ids."""

    def __init__(self, secret: bytes) -> None:
        self._secret: Final = secret

    def made(self, subject: str, identity: str) -> str:
        """The id of a subject (visible ASCII) for whom it belongs to; the same each time."""
        return f"{subject}.{self._seal(subject, identity)}"

    def subject(self, task_id: str, identity: str) -> str | None:
        """What an id of this caller stands for; None for any other. Cost: one hash, whatever the id."""
        found = _ID.fullmatch(task_id) if len(task_id) <= ID_CHARS_MAX else None
        subject, seal = (found[1], found[2]) if found is not None else ("", "")
        return subject if hmac.compare_digest(seal.encode(), self._seal(subject, identity).encode()) else None

    def _seal(self, subject: str, identity: str) -> str:
        said = f"{len(identity)}\0{identity}\0{subject}".encode("utf-8", "surrogatepass")
        return hmac.new(self._secret, said, hashlib.sha256).hexdigest()[:SEAL_DIGITS]
