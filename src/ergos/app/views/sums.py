"""What an owner's agents spent, what came of it, and who works with whom, as SQL on views.db.

Rules: as in `lists`.
"""

from __future__ import annotations

import datetime
from typing import Final, Literal

from ergos.app.views.file import ViewsFile
from ergos.app.views.own import ROWS_MAX, By, OutcomeRow, SpendRow, TrafficRow
from ergos.base.clock import DAY
from ergos.drivers.store_rows import Cell, number_of, text_of

_EPOCH: Final = datetime.date(1970, 1, 1).toordinal()

_SPENT: Final[dict[By, str]] = {
    "day": "SELECT s.day, sum(s.microusd), sum(s.tokens), sum(s.calls) FROM spend s{where} GROUP BY s.day"
    " ORDER BY s.day DESC LIMIT ?",
    "agent": "SELECT a.name, sum(s.microusd) AS money, sum(s.tokens) AS tokens, sum(s.calls) FROM spend s"
    " JOIN agent a ON a.id = s.agent{where} GROUP BY s.agent ORDER BY money DESC, tokens DESC, a.name LIMIT ?",
    "model": "SELECT p.name, sum(s.microusd) AS money, sum(s.tokens) AS tokens, sum(s.calls) FROM spend s"
    " JOIN payee p ON p.id = s.payee{where} GROUP BY s.payee ORDER BY money DESC, tokens DESC, p.name LIMIT ?",
}
_WHERE: Final = " WHERE s.owner = ? AND s.day >= ?"
_OF_AGENT: Final = " AND s.agent = (SELECT id FROM agent WHERE owner = ? AND name = ?)"
_CAME: Final[dict[Literal["day", "agent"], str]] = {
    "day": "SELECT day, sum(delivered), sum(verified), sum(failed), sum(microusd) FROM ({both}) GROUP BY day"
    " ORDER BY day DESC LIMIT ?",
    "agent": "SELECT a.name, sum(b.delivered), sum(b.verified), sum(b.failed), sum(b.microusd) AS money FROM ({both}) b"
    " JOIN agent a ON a.id = b.agent GROUP BY b.agent ORDER BY money DESC, a.name LIMIT ?",
}
_BOTH: Final = (
    "SELECT day, agent, delivered, verified, failed, 0 AS microusd FROM outcome WHERE owner = ? AND day >= ?"
    " UNION ALL SELECT day, agent, 0, 0, 0, microusd FROM spend WHERE owner = ? AND day >= ?"
)
_TRAFFIC: Final = (
    "SELECT a.name, b.name, sum(t.spawned), sum(t.sent), max(t.last_ns) AS last FROM traffic t"
    " JOIN agent a ON a.id = t.sender JOIN agent b ON b.id = t.receiver"
    " WHERE t.owner = ? AND t.day >= ? GROUP BY t.sender, t.receiver HAVING last >= ? ORDER BY last DESC LIMIT ?"
)


class Sums:
    """Of one owner, by number."""

    def __init__(self, file: ViewsFile, owner: int) -> None:
        self._file: Final = file
        self._owner: Final = owner

    def spend(self, by: By, since_day: int, agent: str) -> tuple[SpendRow, ...]:
        """As `OwnViews.spend`."""
        where, parameters = _WHERE, [self._owner, since_day]
        given: list[Cell] = [*parameters]
        if agent:
            where += _OF_AGENT
            given += [self._owner, agent]
        rows = self._file.rows(_SPENT[by].format(where=where), (*given, ROWS_MAX))
        found = [
            SpendRow(
                key=day_of(number_of(key)) if by == "day" else text_of(key),
                microusd=number_of(microusd),
                tokens=number_of(tokens),
                calls=number_of(calls),
            )
            for key, microusd, tokens, calls in rows
        ]
        return tuple(reversed(found)) if by == "day" else tuple(found)

    def outcomes(self, by: Literal["day", "agent"], since_day: int) -> tuple[OutcomeRow, ...]:
        """As `OwnViews.outcomes`."""
        parameters = (self._owner, since_day, self._owner, since_day, ROWS_MAX)
        found = [
            OutcomeRow(
                key=day_of(number_of(key)) if by == "day" else text_of(key),
                delivered=number_of(delivered),
                verified=number_of(verified),
                failed=number_of(failed),
                microusd=number_of(microusd),
            )
            for key, delivered, verified, failed, microusd in self._file.rows(_CAME[by].format(both=_BOTH), parameters)
        ]
        return tuple(reversed(found)) if by == "day" else tuple(found)

    def traffic(self, since_ns: int) -> tuple[TrafficRow, ...]:
        """As `OwnViews.traffic`."""
        rows = self._file.rows(_TRAFFIC, (self._owner, since_ns // DAY, since_ns, ROWS_MAX))
        return tuple(
            TrafficRow(
                sender=text_of(sender),
                receiver=text_of(receiver),
                spawned=number_of(spawned),
                sent=number_of(sent),
                last_ns=number_of(last_ns),
            )
            for sender, receiver, spawned, sent, last_ns in rows
        )


def day_of(day: int) -> str:
    """YYYY-MM-DD of days since 1970; a day that no calendar has as a number."""
    try:
        return datetime.date.fromordinal(_EPOCH + day).isoformat()
    except (ValueError, OverflowError):
        return str(day)
