"""Tokens that peers sent along with what they asked, so that the process that works on it may call them back.

A token is no agent's to read: it is kept here, beside the process, and shown to the peer it came from when that very
process asks it for something. Then the peer's own bounds hold for what it does for us.

Rules: bounded; kept in memory alone, so that nothing is written that lets anybody in. A kernel that starts again shows
peers its own token, if it has one.
"""

from __future__ import annotations

from typing import Final

from ergos.base.canonical import Plain
from ergos.base.ids import Pid
from ergos.kernel.delegation import TOKEN_CHARS_MAX

RECEIVED_MAX: Final = 10_000  # processes with a token at once; the oldest is forgotten first


class Received:
    """What was received, by process."""

    def __init__(self) -> None:
        self._kept: Final[dict[tuple[Pid, str], str]] = {}

    def keep(self, pid: Pid, peer: str, sent: Plain) -> None:
        """What `peer` sent along for this process; whatever is no token is ignored. Total."""
        token = sent.get("token") if isinstance(sent, dict) else None
        if not isinstance(token, str) or not 0 < len(token) <= TOKEN_CHARS_MAX:
            return
        if not token.isascii() or not token.isprintable() or " " in token:
            return  # it would be more than a token, in a header
        self._kept.pop((pid, peer), None)
        self._kept[pid, peer] = token
        while len(self._kept) > RECEIVED_MAX:
            del self._kept[next(iter(self._kept))]

    def token(self, peer: str, pid: Pid) -> str:
        """What this process shows this peer; '': nothing was received."""
        return self._kept.get((pid, peer), "")
