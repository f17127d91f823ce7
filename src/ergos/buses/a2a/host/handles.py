"""What an agent is told in place of a peer's id of a task: the id under seal.

An id is a text of the peer's, and whatever goes back to the peer as an id leaves without a question. So only what came
from this peer, for this owner, may go back to it, and nothing an agent makes up.

Rules: a handle is good for one peer and one owner, for ever; pure.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final

HANDLE_CHARS_MAX: Final = 500  # characters of a handle
_MARK_BYTES: Final = 16
KEY_BYTES: Final = 32


class Handles:
    """Gives them out and takes them back."""

    def __init__(self, key: bytes) -> None:
        assert len(key) >= KEY_BYTES, len(key)
        self._key: Final = key

    def give(self, peer: str, owner: str, task: str) -> str:
        """The handle of a task; '' of none."""
        if not task:
            return ""
        content = task.encode()
        return base64.urlsafe_b64encode(self._mark(peer, owner, content) + content).decode().rstrip("=")

    def task(self, peer: str, owner: str, handle: str) -> str | None:
        """The task of a handle; None for one that was not given for this peer and owner."""
        if len(handle) > HANDLE_CHARS_MAX or not handle.isascii():
            return None
        try:
            raw = base64.urlsafe_b64decode(handle + "=" * (-len(handle) % 4))
        except (binascii.Error, ValueError):
            return None
        mark, content = raw[:_MARK_BYTES], raw[_MARK_BYTES:]
        if not hmac.compare_digest(mark, self._mark(peer, owner, content)):
            return None
        return content.decode()

    def _mark(self, peer: str, owner: str, content: bytes) -> bytes:
        whose = f"{len(peer)}:{peer}{len(owner)}:{owner}".encode()
        return hmac.new(self._key, b"peers.task\0" + whose + content, hashlib.sha256).digest()[:_MARK_BYTES]
