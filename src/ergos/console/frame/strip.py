"""What stands at the top of every page: who this is, spending today against the ceiling, what waits, STOP.

Rules: reads only, a few indexed rows; where something cannot be read the page stands without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from ergos.app.access.authority import allowed
from ergos.app.access.seat import status_of
from ergos.base.errors import ErgosError
from ergos.base.money import Amount
from ergos.console.frame.formats import day_of
from ergos.runtime.control import Halt, Signal
from ergos.runtime.settings import EVERYONE

if TYPE_CHECKING:
    from ergos.app.access.seat import Seat


class Strip(msgspec.Struct, frozen=True, kw_only=True):
    """The top of a page."""

    name: str = ""
    owner: str = ""
    role: str = ""
    keeper: bool = False
    halted: bool = False
    """STOP is in force."""
    paused: int = 0
    """Processes of this owner that are paused."""
    live: int = 0
    can_stop: bool = False
    spent: Amount = Amount()
    """Today, UTC."""
    cap: Amount | None = None
    """Ceiling of a day; a negative part is none."""
    waiting: int = 0
    """Items in the inbox."""
    seq: int = 0
    """The record up to which this is."""
    fault: str = ""
    """Why something is missing."""

    @property
    def share(self) -> float:
        """Of the ceiling that is nearer; 0 without one."""
        if self.cap is None:
            return 0.0
        pairs = ((self.spent.microusd, self.cap.microusd), (self.spent.tokens, self.cap.tokens))
        return max((spent / most for spent, most in pairs if most > 0), default=0.0)

    @property
    def capped_money(self) -> int:
        """Ceiling of today's money; 0 for none."""
        return max(self.cap.microusd, 0) if self.cap is not None else 0


EMPTY: Final = Strip()


def day_cap(seat: Seat) -> Amount | None:
    """What the settings allow this owner for a day; None: no ceiling."""
    caps = seat.home.settings.owner_caps
    of = caps.get(seat.principal.owner) or caps.get(EVERYONE)
    return of.day if of is not None else None


async def strip_of(seat: Seat) -> Strip:
    """The top of a page for who sits here."""
    who = seat.principal
    base = Strip(
        name=who.name,
        owner=who.owner,
        role=who.role,
        keeper=who.keeper,
        can_stop=allowed(who, Halt) or (not who.keeper and allowed(who, Signal)),
        cap=day_cap(seat),
    )
    try:
        status = await status_of(seat)
        counts = await seat.views.counts()
        today = await seat.views.spend("day", since_day=day_of(seat.now_ns))
        waiting = await _waiting(seat)
    except ErgosError as error:
        return msgspec.structs.replace(base, fault=error.what)
    ended = ("done", "failed", "killed")
    return msgspec.structs.replace(
        base,
        halted=status.halted,
        paused=counts.states.get("paused", 0),
        live=sum(number for state, number in counts.states.items() if state not in ended),
        spent=Amount(sum(row.microusd for row in today), sum(row.tokens for row in today)),
        waiting=waiting,
        seq=counts.seq,
    )


async def _waiting(seat: Seat) -> int:
    who = seat.principal
    if who.name != who.owner:  # a delegate finds what they may decide
        return len((await seat.inbox(delivered=False)).waiting)
    return len(await seat.own.items())
