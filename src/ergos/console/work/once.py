"""Forms that may be carried out once: a second press of the same button, or a form sent again, changes nothing.

Rules: a ticket is given out with a form and is good for one request of one credential; what is not known as used may be
used, so a ticket from before a restart of the kernel works; memory is bounded, the oldest are forgotten first.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.requests import Request

TICKETS_MAX: Final = 10_000  # used tickets remembered
TICKET_CHARS: Final = 32  # characters of one

_STATE: Final = "work_once"


class Once:
    """Which tickets were used, and where that led to."""

    def __init__(self) -> None:
        self._used: Final[OrderedDict[tuple[str, str], str]] = OrderedDict()

    def take(self, who: str, ticket: str) -> str | None:
        """None: it is good, and used from now on; else where its first use led to ('' while it is under way)."""
        key = (who, ticket[:TICKET_CHARS])
        if key in self._used:
            return self._used[key]
        self._used[key] = ""
        while len(self._used) > TICKETS_MAX:
            self._used.popitem(last=False)
        return None

    def led(self, who: str, ticket: str, url: str) -> None:
        """Where its use led to."""
        self._used[who, ticket[:TICKET_CHARS]] = url

    def give_back(self, who: str, ticket: str) -> None:
        """It did not come to anything: it may be used again."""
        self._used.pop((who, ticket[:TICKET_CHARS]), None)


def once_of(request: Request) -> Once:
    """That of the site a request belongs to."""
    state = request.app.state
    found = getattr(state, _STATE, None)
    if not isinstance(found, Once):
        found = Once()
        setattr(state, _STATE, found)
    return found


def ticket() -> str:
    """A ticket for a form."""
    from ergos.drivers.host import HostEntropy

    return f"{HostEntropy().below(16**TICKET_CHARS, stream='ticket'):0{TICKET_CHARS}x}"
