"""How many requests and streams of a peer are open at once, and of all peers; and how much a peer says in a minute.

Rules: a place is taken before anything is done and given back whatever happens; who finds none is refused at once. What
a peer says is kept for ever, so it is measured before it is taken.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from ergos.buses.a2a.ports import TaskRefused

OPEN_MAX: Final = 64  # requests that wait, and streams, of one peer at once; each is a connection and a queue
OPEN_ALL_MAX: Final = 1_024  # of all peers together: an eighth of the connections the server takes
BYTES_MAX: Final = 64 * 1024 * 1024  # bytes one peer says in MINUTE_S: sixteen of the largest requests
REQUESTS_MAX: Final = 1_200  # requests of one peer in MINUTE_S: twenty a second
MINUTE_S: Final = 60.0


class Pace:
    """Measures what each peer says."""

    def __init__(self, requests: int = REQUESTS_MAX, size: int = BYTES_MAX) -> None:
        self._requests: Final = requests
        self._bytes: Final = size
        self._begun_s = 0.0
        self._said: Final[dict[str, tuple[int, int]]] = {}
        """Requests and bytes by peer, since the minute began."""

    def wait_s(self, name: str, size: int, now_s: float) -> float:
        """Count a request; seconds until there is room for it, 0: there is. `now_s`: of a clock that does not jump."""
        if not self._begun_s <= now_s < self._begun_s + MINUTE_S:
            self._begun_s = now_s
            self._said.clear()
        requests, heard = self._said.get(name, (0, 0))
        if requests >= self._requests or heard + size > self._bytes:
            return self._begun_s + MINUTE_S - now_s
        self._said[name] = (requests + 1, heard + size)
        return 0.0


class Crowd:
    """Counts who is connected."""

    def __init__(self, each: int = OPEN_MAX, all_: int = OPEN_ALL_MAX) -> None:
        self._each: Final = each
        self._all: Final = all_
        self._open: Final[dict[str, int]] = {}

    @property
    def present(self) -> int:
        """How many are open."""
        return sum(self._open.values())

    @contextmanager
    def place(self, name: str) -> Generator[None, None, None]:
        """A place for one of this peer. Raises: TaskRefused."""
        mine = self._open.get(name, 0)
        if mine >= self._each or self.present >= self._all:
            what = f"{mine:,} of your requests and streams are open" if mine >= self._each else "too many are connected"
            raise TaskRefused("unsupported", f"{what}; close one, then ask again")
        self._open[name] = mine + 1
        try:
            yield
        finally:
            left = self._open[name] - 1
            if left:
                self._open[name] = left
            else:
                del self._open[name]
