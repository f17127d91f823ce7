"""How many streams are open, by owner: one that never closes them cannot hold all of the server."""

from __future__ import annotations

from typing import Final

from ergos.base.errors import OverloadedError

STREAMS_MAX: Final = 64  # streams of one owner at once; a browser has one for each page


class Streams:
    """How many are open, by owner."""

    def __init__(self) -> None:
        self._open: Final[dict[str, int]] = {}

    def enter(self, owner: str) -> None:
        """One more. Raises: OverloadedError."""
        count = self._open.get(owner, 0)
        if count >= STREAMS_MAX:
            raise OverloadedError(f"{STREAMS_MAX} streams are open", remedy="close one, or try again in 5 seconds")
        self._open[owner] = count + 1

    def leave(self, owner: str) -> None:
        """One less."""
        count = self._open.get(owner, 0) - 1
        if count > 0:
            self._open[owner] = count
        else:
            self._open.pop(owner, None)
