"""Questions about one process: its turns, its calls, its messages, as SQL on views.db and the journal's own index.

Rules: as in `lists`. A process may have had 100,000 turns, and a turn 100,000 calls: each answer reads at most
READ_MAX records, and what it has not read it tells as open.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from ergos.app.views.calls import Assembly
from ergos.app.views.file import ViewsFile
from ergos.app.views.glimpses import tag_of
from ergos.app.views.lists import SEQ_MAX, bounded
from ergos.app.views.own import ROWS_MAX, CallRow, MailRow, StretchRow, TurnRow
from ergos.base.ids import Pid
from ergos.drivers.store_rows import Cell, Row, number_of, sealed_of, text_of
from ergos.kernel.events import Called, decode_body
from ergos.kernel.journal import Sealed
from ergos.kernel.values import NULL, Packed

READ_MAX: Final = 4_000  # records read for one answer; some 20 milliseconds
PAGE: Final = 500  # records read at once

_OWNED: Final = "SELECT 1 FROM process WHERE pid = ? AND owner = ?"
_TURNS_DOWN: Final = "SELECT * FROM turn WHERE pid = ? AND turn < ? ORDER BY turn DESC LIMIT ?"
_TURNS_UP: Final = "SELECT * FROM turn WHERE pid = ? AND turn > ? ORDER BY turn LIMIT ?"
_ENDS: Final = "SELECT min(turn), max(turn) FROM turn WHERE pid = ? AND turn BETWEEN ? AND ?"
_STRETCH: Final = (
    "SELECT min(turn), max(turn), min(began_ns), max(moved_ns), sum(calls), sum(microusd), sum(tokens), sum(faults)"
    " FROM turn WHERE pid = ? AND turn BETWEEN ? AND ?"
)
_TURN_AT: Final = "SELECT turn FROM store.journal WHERE seq = ? AND pid = ?"
_LAST: Final = (
    "SELECT e.seq FROM process p JOIN entry e ON e.scope = 2 * p.agent + 1 AND e.kind = ?2 AND e.seq <= ?3"
    " AND e.seq >= p.first_seq AND e.pid = p.pid WHERE p.pid = ?1 ORDER BY e.seq DESC LIMIT 1"
)
_UP: Final = (
    "SELECT * FROM store.journal WHERE pid = ? AND pid > 0 AND (turn, seq) > (?, ?) AND turn <= ?"
    " ORDER BY turn, seq LIMIT ?"
)
_DOWN: Final = (
    "SELECT * FROM store.journal WHERE pid = ? AND pid > 0 AND (turn, seq) < (?, ?) AND turn >= ?"
    " ORDER BY turn DESC, seq DESC LIMIT ?"
)
_ASKED: Final = (
    "SELECT j.* FROM process p JOIN kind k ON k.name = 'ask'"
    " JOIN entry e ON e.scope = 2 * p.agent + 1 AND e.kind = k.id"
    " AND e.seq <= ?2 AND e.seq >= p.first_seq AND e.pid = p.pid JOIN store.journal j ON j.seq = e.seq WHERE p.pid = ?1"
    " ORDER BY e.seq DESC LIMIT 200"
)
_MAIL: Final = (
    "SELECT m.seq, m.sent, m.other, m.source, coalesce(a.name, ''), j.at_ns, j.body FROM mail m"
    " JOIN store.journal j ON j.seq = m.seq LEFT JOIN process p ON p.pid = m.other AND p.owner = ?"
    " LEFT JOIN agent a ON a.id = p.agent WHERE m.pid = ? AND m.seq < ? ORDER BY m.seq DESC LIMIT ?"
)


class _Key(msgspec.Struct, frozen=True):
    key: str


class _Beginning(msgspec.Struct, frozen=True):
    call: _Key


_BEGINNING: Final = msgspec.json.Decoder(_Beginning)


class Traces:
    """Of one owner, by number."""

    def __init__(self, file: ViewsFile, owner: int) -> None:
        self._file: Final = file
        self._owner: Final = owner

    def turns(self, pid: Pid, before: int | None, after: int | None, limit: int) -> tuple[TurnRow, ...]:
        """As `OwnViews.turns`."""
        if not self._owned(pid):
            return ()
        if after is not None:
            rows = self._file.rows(_TURNS_UP, (pid, after, bounded(limit)))
        else:
            rows = self._file.rows(_TURNS_DOWN, (pid, before if before is not None else SEQ_MAX, bounded(limit)))
        return tuple(map(_turn_row, rows))

    def stretches(self, pid: Pid, first: int, last: int | None, parts: int) -> tuple[StretchRow, ...]:
        """As `OwnViews.stretches`."""
        if not self._owned(pid):
            return ()
        low, high = self._file.rows(_ENDS, (pid, max(1, first), last if last is not None else SEQ_MAX))[0]
        if low is None or high is None:
            return ()
        begin, end = number_of(low), number_of(high)
        width = -(-(end - begin + 1) // max(1, min(parts, ROWS_MAX)))
        parts_of = (
            self._file.rows(_STRETCH, (pid, start, min(start + width - 1, end)))[0]
            for start in range(begin, end + 1, width)
        )
        return tuple(_stretch_row(row) for row in parts_of if row[0] is not None)

    def calls(
        self, pid: Pid, turn: int | None, after: int | None, before: int | None, limit: int
    ) -> tuple[CallRow, ...]:
        """As `OwnViews.calls`."""
        limit = bounded(limit)
        if not self._owned(pid) or not limit:
            return ()
        turns = (0, SEQ_MAX) if turn is None else (turn, turn)
        if after is not None:
            return tuple(self._onward(pid, turns, after, limit))
        return tuple(reversed(self._backward(pid, turns, before, limit)))

    def mail(self, pid: Pid, before: int | None, limit: int) -> tuple[MailRow, ...]:
        """As `OwnViews.mail`."""
        if not self._owned(pid):
            return ()
        parameters = (self._owner, pid, before if before is not None else SEQ_MAX, bounded(limit))
        return tuple(map(_mail_row, self._file.rows(_MAIL, parameters)))

    def _owned(self, pid: Pid) -> bool:
        return bool(self._owner and self._file.rows(_OWNED, (pid, self._owner)))

    # Calls

    def _onward(self, pid: Pid, turns: tuple[int, int], after: int, limit: int) -> list[CallRow]:
        """The first calls behind a record of the process, ascending."""
        assembly = Assembly()
        for record in self._asks(pid, after):
            assembly.take(record)
        known = len(assembly.made)
        for record in self._up(pid, max(self._place(pid, after), (turns[0], 0)), turns[1]):
            assembly.take(record)
            if len(assembly.made) - known >= limit and not assembly.open:
                break
        fresh = [one for one in assembly.made.values() if one.first_seq > after]
        return [one.row() for one in fresh[:limit]]

    def _backward(self, pid: Pid, turns: tuple[int, int], before: int | None, limit: int) -> list[CallRow]:
        """The last calls before a record of the process, ascending."""
        end = (turns[1], SEQ_MAX)
        if before is not None:
            end = min(end, self._place(pid, before))
        asks = self._asks(pid, end[1] - 1)
        asked = {name for name in map(_begun, asks) if name is not None}
        records: list[Sealed] = []
        begun = 0
        for record in self._down(pid, end, turns[0]):
            records.append(record)
            name = _begun(record)
            begun += name is not None and (name not in asked or tag_of(record.body) == "ask")
            if begun >= limit:
                break
        if not records:
            return []
        records.reverse()
        low, last = records[0].seq, records[-1]
        assembly = Assembly()
        for record in (*(one for one in asks if one.seq < low), *records):
            assembly.take(record)
        found = [one for one in assembly.made.values() if one.first_seq >= low]
        if any(one.result_seq is None for one in found):
            for record in self._up(pid, (last.turn, last.seq), turns[1]):
                assembly.take(record)
                if all(one.result_seq is not None for one in found):
                    break
        return [one.row() for one in found[-limit:]]

    def _asks(self, pid: Pid, seq: int) -> list[Sealed]:
        """What its owner was asked up to this record: such a call begins with that, wherever it goes on."""
        return [sealed_of(row) for row in reversed(self._file.rows(_ASKED, (pid, seq)))]

    def _place(self, pid: Pid, seq: int) -> tuple[int, int]:
        """Turn and place of a record of this process, or of what stands where it would be."""
        found = self._file.rows(_TURN_AT, (seq, pid))
        if not found:
            last = [self._file.rows(_LAST, (pid, kind, seq)) for (kind,) in self._file.rows("SELECT id FROM kind")]
            before = max((number_of(rows[0][0]) for rows in last if rows), default=0)
            found = self._file.rows(_TURN_AT, (before, pid))
        return (number_of(found[0][0]), seq) if found else (0, seq)

    def _up(self, pid: Pid, start: tuple[int, int], last: int) -> Iterator[Sealed]:
        read = 0
        while read < READ_MAX:
            rows = self._file.rows(_UP, (pid, *start, last, PAGE))
            for row in rows:
                yield sealed_of(row)
            read += PAGE
            if len(rows) < PAGE:
                return
            start = (number_of(rows[-1][2]), number_of(rows[-1][0]))

    def _down(self, pid: Pid, end: tuple[int, int], first: int) -> Iterator[Sealed]:
        read = 0
        while read < READ_MAX:
            rows = self._file.rows(_DOWN, (pid, *end, first, PAGE))
            for row in rows:
                yield sealed_of(row)
            read += PAGE
            if len(rows) < PAGE:
                return
            end = (number_of(rows[-1][2]), number_of(rows[-1][0]))


def _begun(record: Sealed) -> tuple[int, str] | None:
    """Turn and key of the call that a record may begin; None: it begins none."""
    if tag_of(record.body) not in ("intent", "call", "refuse", "ask"):
        return None
    try:
        return record.turn, _BEGINNING.decode(record.body).call.key
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _turn_row(row: Row) -> TurnRow:
    _, turn, began_ns, _, ended_ns, cause, calls, microusd, tokens, faults = row
    return TurnRow(
        turn=number_of(turn),
        cause=text_of(cause),
        began_ns=number_of(began_ns),
        ended_ns=number_of(ended_ns) if ended_ns is not None else None,
        calls=number_of(calls),
        microusd=number_of(microusd),
        tokens=number_of(tokens),
        faults=number_of(faults),
    )


def _stretch_row(row: Row) -> StretchRow:
    first, last, began_ns, ended_ns, calls, microusd, tokens, faults = map(number_of, row)
    return StretchRow(
        first=first,
        last=last,
        began_ns=began_ns,
        ended_ns=ended_ns,
        calls=calls,
        microusd=microusd,
        tokens=tokens,
        faults=faults,
    )


def _mail_row(row: Row) -> MailRow:
    seq, sent, other, source, agent, at_ns, body = row
    return MailRow(
        seq=number_of(seq),
        at_ns=number_of(at_ns),
        sent=bool(sent),
        other=Pid(number_of(other)),
        agent=text_of(agent),
        trigger=text_of(source),
        body=_body(body, sent=bool(sent)),
    )


def _body(cell: Cell, *, sent: bool) -> Packed:
    try:
        found = decode_body(cell if isinstance(cell, bytes) else b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NULL
    if not isinstance(found, Called):
        return NULL
    return found.call.args.get("body", NULL) if sent else found.value
