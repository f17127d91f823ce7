"""Figures that triggers may compare: what was spent and used, and how much waits; and who is told when they change.

    spend.today   spend.week   spend.month   spend.total       US dollars: of the owner, week and month of the agent
    tokens.today  tokens.week  tokens.month  tokens.total
    inbox.open                                                 what waits for the owner

Rules: a figure is looked at only after something of its owner was written, once a second at most; nothing is polled.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Callable, Coroutine
from typing import Final, Literal, TypeAlias, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import UsageError
from ergos.base.ids import Pid
from ergos.base.money import MICRO, Amount
from ergos.kernel.ledger import Meter, Scope, scopes
from ergos.kernel.rows import Watch
from ergos.kernel.triggers import Condition
from ergos.runtime.machine import Machine
from ergos.runtime.residents import Resident

STIR_S: Final = 1.0  # seconds after a change until its figures are looked at; a burst of changes is one look
INBOX_COUNTED: Final = 10_000  # open items that are counted

_SPANS: Final[dict[str, Scope]] = {"today": "day", "week": "week", "month": "month", "total": "owner"}
FIGURES: Final = (*(f"{what}.{span}" for what in ("spend", "tokens") for span in _SPANS), "inbox.open")

Place: TypeAlias = tuple[Pid, str]


class FigureNow(msgspec.Struct, frozen=True):
    """What was found."""

    holds: bool
    """Whether the comparison is satisfied."""
    period: str
    """The day, week or month it is of; it becomes true anew in each."""
    value: Plain


class Conditions:
    """Those who are told."""

    def __init__(
        self,
        machine: Machine,
        task: Callable[[Coroutine[object, object, None]], object],
        compare: Callable[[Place], Coroutine[object, object, None]],
    ) -> None:
        self._machine: Final = machine
        self._task: Final = task
        self._compare: Final = compare
        self._by_owner: Final[dict[str, set[Place]]] = {}
        self._timers: Final[dict[str, asyncio.TimerHandle]] = {}
        machine.on_stir = self._stirred

    def attend(self, row: Watch) -> None:
        """Compare when something of its owner changes, and once now."""
        self._by_owner.setdefault(row.owner, set()).add((row.pid, row.trigger.name))
        self._machine.stirring.add(row.owner)
        self._stirred(row.owner)

    def leave(self, row: Watch) -> None:
        """Compare no more."""
        places = self._by_owner.get(row.owner, set())
        places.discard((row.pid, row.trigger.name))
        if not places:
            self._by_owner.pop(row.owner, None)
            self._machine.stirring.discard(row.owner)

    def _stirred(self, owner: str) -> None:
        if owner not in self._timers:
            self._timers[owner] = asyncio.get_running_loop().call_later(STIR_S, self._look, owner)

    def _look(self, owner: str) -> None:
        del self._timers[owner]
        if not self._machine.failed:
            self._task(self._compare_all(owner))

    async def _compare_all(self, owner: str) -> None:
        for place in sorted(self._by_owner.get(owner, ())):
            await self._compare(place)


def check_figure(trigger: Condition) -> None:
    """Raises: UsageError for a figure there is not."""
    if trigger.figure not in FIGURES:
        near = difflib.get_close_matches(trigger.figure, FIGURES, 1) or [", ".join(FIGURES)]
        raise UsageError(f"{trigger.figure!r} is no figure", remedy=f"name one: {near[0]}")
    if trigger.share and trigger.figure == "inbox.open":
        raise UsageError("inbox.open has no ceiling of which it could be a share", remedy="compare it with a number")


async def figure_of(machine: Machine, trigger: Condition, resident: Resident) -> FigureNow | None:
    """A figure as it is now; None where it is a share of a ceiling that is not set."""
    if trigger.figure == "inbox.open":
        count = len(await machine.store.items(resident.process.owner, INBOX_COUNTED))
        return FigureNow(_holds(count, trigger), "always", {"figure": trigger.figure, "is": count})
    what, _, span = trigger.figure.partition(".")
    scope = _SPANS[span]
    key = dict(scopes(resident.payer, machine.today()))[scope]
    if not machine.book.known(key):
        machine.book.load(*await machine.store.books((key,)))
    spent = (machine.book.meters.get(key) or Meter()).spent
    number: float = spent.microusd / MICRO if what == "spend" else spent.tokens
    value: dict[str, Plain] = {"figure": trigger.figure, "is": number}
    if trigger.share:
        ceiling = _ceiling(machine, resident, scope, cast("Literal['spend', 'tokens']", what))
        if not ceiling:
            return None
        value |= {"ceiling": ceiling, "share": number / ceiling}
        number /= ceiling
    return FigureNow(_holds(number, trigger), "always" if scope == "owner" else key.rpartition("/")[2], value)


def _ceiling(machine: Machine, resident: Resident, scope: Scope, what: Literal["spend", "tokens"]) -> float | None:
    caps = machine.caps(resident) if resident.definition is not None else None
    cap: Amount | None = getattr(caps, scope) if caps is not None else None
    if cap is None:
        return None
    ceiling = cap.microusd / MICRO if what == "spend" else cap.tokens
    return ceiling if ceiling > 0 else None


def _holds(number: float, trigger: Condition) -> bool:
    match trigger.compare:
        case ">":
            return number > trigger.value
        case ">=":
            return number >= trigger.value
        case "<":
            return number < trigger.value
        case "<=":
            return number <= trigger.value
        case "==":
            return number == trigger.value
        case "!=":
            return number != trigger.value
