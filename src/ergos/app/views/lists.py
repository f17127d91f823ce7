"""Questions about an owner's processes, agents and records, as SQL on views.db and the store beside it.

Rules: reads only; each is of one owner and by an index; what a process does this moment (state, what it waits for) is
the store's, everything that adds up is the fold's. Blocks: for the thread of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, cast

import msgspec

from ergos.app.views import schema
from ergos.app.views.file import ViewsFile
from ergos.app.views.glimpses import tag_of
from ergos.app.views.own import ROWS_MAX, AgentRow, Counts, ProcessRow, RecordRow, Standing, VersionRow
from ergos.app.views.summaries import summary
from ergos.base.ids import Digest, Pid
from ergos.drivers.store_rows import Cell, Row, number_of, text_of

WAITING_MAX: Final = 10_000  # open inbox items looked at: `INBOX_ITEMS_MAX`
AGENTS_APART: Final = 24  # agents up to which a search looks at each by itself, not at all processes of the owner
SEQ_MAX: Final = (1 << 63) - 1

_ENDED: Final[dict[Standing, tuple[int, ...]]] = {
    "live": (schema.LIVE,),
    "ended": (schema.DONE, schema.FAILED, schema.KILLED),
    "failed": (schema.FAILED, schema.KILLED),
    "all": (schema.LIVE, schema.DONE, schema.FAILED, schema.KILLED),
}

_COUNTED: Final = "SELECT total(live), total(done), total(failed), total(killed) FROM agent WHERE owner = ?"
_STIRRING: Final = (
    "SELECT s.state, count(*) FROM process v INDEXED BY process_stirring CROSS JOIN store.process s ON s.pid = v.pid"
    " WHERE v.owner = ? AND v.stirring > 0 GROUP BY s.state"
)
_READY: Final = (
    "SELECT count(*) FROM store.process s CROSS JOIN process v ON v.pid = s.pid"
    " WHERE s.state = 'ready' AND v.owner = ? AND v.stirring = 0 AND v.ended = 0"
)
_OWNERS: Final = "SELECT pid FROM process WHERE owner = ? AND ended = ? AND pid < ? ORDER BY pid DESC LIMIT ?"
_AGENTS: Final = "SELECT pid FROM process WHERE agent = ? AND ended = ? AND pid < ? ORDER BY pid DESC LIMIT ?"
_ITEMS: Final = "SELECT body FROM store.item WHERE open = 1 AND owner = ? ORDER BY id LIMIT ?"
_ROWS: Final = (
    "SELECT v.pid, a.name, v.definition, v.parent, coalesce(s.state, ''), coalesce(s.waits, ''),"
    " coalesce(s.turn, v.turn), v.started_ns, v.moved_ns, v.ended_ns, v.microusd, v.tokens, v.calls, v.verified,"
    " v.fault"
    " FROM process v JOIN agent a ON a.id = v.agent LEFT JOIN store.process s ON s.pid = v.pid"
    " WHERE v.owner = ? AND v.pid IN (?) ORDER BY v.pid DESC"
)
_STORED: Final = (
    "SELECT pid, agent, definition, parent, state, waits, turn FROM store.process WHERE pid = ? AND owner = ?"
)
_BORN: Final = "SELECT at_ns FROM store.journal WHERE pid = ? AND pid > 0 ORDER BY turn, seq LIMIT 1"
_AGENT_ROWS: Final = (
    "SELECT name, definition, live, done, failed, killed, microusd, tokens, verified, delivered, moved_ns FROM agent"
    " WHERE owner = ? ORDER BY moved_ns DESC LIMIT ?"
)
_VERSIONS: Final = (
    "SELECT v.definition, v.first_ns, v.last_ns, v.processes FROM version v JOIN agent a ON a.id = v.agent"
    " WHERE a.owner = ? AND a.name = ? ORDER BY v.last_ns DESC, v.first_ns DESC LIMIT ?"
)
_LANE: Final = "SELECT seq FROM entry WHERE scope = ? AND kind = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
_LANE_OF: Final = (
    "SELECT seq FROM entry WHERE scope = ? AND kind = ? AND seq < ? AND seq >= ? AND pid = ? ORDER BY seq DESC LIMIT ?"
)
_PROCESS_RECORDS: Final = (
    "SELECT seq FROM store.journal WHERE pid = ? AND pid > 0 AND (turn, seq) < (?, ?)"
    " ORDER BY turn DESC, seq DESC LIMIT ?"
)
_TURN_AT: Final = "SELECT turn FROM store.journal WHERE seq = ? AND pid = ?"
_RECORDS: Final = (
    "SELECT j.seq, j.pid, j.turn, j.at_ns, j.body, coalesce(a.name, '') FROM store.journal j"
    " LEFT JOIN process v ON v.pid = j.pid AND j.pid > 0 LEFT JOIN agent a ON a.id = v.agent"
    " WHERE j.seq IN (?) ORDER BY j.seq DESC"
)


class _About(msgspec.Struct, frozen=True):
    """What is looked at of an inbox item."""

    pid: int


_ABOUT: Final = msgspec.json.Decoder(_About)


class Lists:
    """Of one owner. `keeper`: sees the kernel's own records that are about nobody."""

    def __init__(self, file: ViewsFile, owner: str, *, keeper: bool = False) -> None:
        self._file: Final = file
        self._owner: Final = owner
        self._keeper: Final = keeper
        found = file.rows("SELECT id FROM owner WHERE name = ?", (owner,))
        self.number: Final = number_of(found[0][0]) if found else 0
        """0: there is nothing of this owner."""

    # Processes

    def counts(self) -> Counts:
        """Processes by state."""
        live, done, failed, killed = (int(cast("float", cell)) for cell in self._file.rows(_COUNTED, (self.number,))[0])
        states = {"done": done, "failed": failed, "killed": killed}
        stirring = 0
        for state, count in self._file.rows(_STIRRING, (self.number,)):
            states[text_of(state)] = states.get(text_of(state), 0) + number_of(count)
            stirring += number_of(count)
        ready = number_of(self._file.rows(_READY, (self.number,))[0][0])
        states["ready"] = states.get("ready", 0) + ready
        states["waiting"] = states.get("waiting", 0) + max(0, live - stirring - ready)
        return Counts(states={state: count for state, count in states.items() if count > 0}, seq=self._file.seq)

    def processes(
        self, standing: Standing, agent: str, text: str, before: Pid | None, limit: int
    ) -> tuple[ProcessRow, ...]:
        """As `OwnViews.processes`."""
        below, limit = before if before is not None else SEQ_MAX, bounded(limit)
        agents = self._named(agent, text)
        if text.isdecimal() and len(text) < 19 and (found := self.one(Pid(int(text)))) is not None:
            if found.pid >= below or (agent and found.agent != agent) or not self._stands(found, standing):
                return ()
            return (found,)
        if standing == "waiting":
            pids = sorted((pid for pid in self._waiting() if pid < below), reverse=True)
            chosen = [row for row in self._rows(pids) if agents is None or row.agent in agents.values()]
            return tuple(row for row in chosen if row.ended_ns is None)[:limit]
        return tuple(self._rows(self._pids(_ENDED[standing], agents, below, limit)))

    def one(self, pid: Pid) -> ProcessRow | None:
        """One process; one that is not folded yet is told as the store has it."""
        found = self._rows([pid])
        if found:
            return found[0]
        stored = self._file.rows(_STORED, (pid, self._owner))
        if not stored:
            return None
        born = self._file.rows(_BORN, (pid,))
        at_ns = number_of(born[0][0]) if born else 0
        pid_, name, definition, parent, state, waits, turn = stored[0]
        return _process_row((pid_, name, definition, parent, state, waits, turn, at_ns, at_ns, None, 0, 0, 0, 0, ""))

    def _named(self, agent: str, text: str) -> dict[int, str] | None:
        """Agents of this name, and with this text in theirs; None: all of them."""
        if not agent and not text:
            return None
        sql, parameters = "SELECT id, name FROM agent WHERE owner = ?", [self.number]
        found = {number_of(row[0]): text_of(row[1]) for row in self._file.rows(sql, parameters)}
        wanted = text.casefold()
        return {
            number: name for number, name in found.items() if (not agent or name == agent) and wanted in name.casefold()
        }

    def _pids(self, ended: Iterable[int], agents: dict[int, str] | None, below: int, limit: int) -> list[int]:
        pids: list[int] = []
        if agents is None:
            for state in ended:
                pids += self._numbers(_OWNERS, (self.number, state, below, limit))
        elif len(agents) <= AGENTS_APART:
            for number in agents:
                for state in ended:
                    pids += self._numbers(_AGENTS, (number, state, below, limit))
        else:
            among = f" AND agent IN ({','.join(map(str, agents))}) "
            sql = _OWNERS.replace(" ORDER", f"{among}ORDER")
            for state in ended:
                pids += self._numbers(sql, (self.number, state, below, limit))
        return sorted(pids, reverse=True)[:limit]

    def _waiting(self) -> set[int]:
        """Processes about which something stands in the inbox."""
        found: set[int] = set()
        for (body,) in self._file.rows(_ITEMS, (self._owner, WAITING_MAX)):
            try:
                found.add(_ABOUT.decode(cast("bytes", body)).pid)
            except msgspec.DecodeError:
                continue
        return found

    def _stands(self, row: ProcessRow, standing: Standing) -> bool:
        match standing:
            case "all":
                return True
            case "live":
                return row.ended_ns is None
            case "ended":
                return row.ended_ns is not None
            case "failed":
                return row.state in ("failed", "killed")
            case "waiting":
                return row.ended_ns is None and row.pid in self._waiting()

    def _rows(self, pids: Sequence[int]) -> list[ProcessRow]:
        rows: list[ProcessRow] = []
        for start in range(0, len(pids), ROWS_MAX):
            some = pids[start : start + ROWS_MAX]
            rows += map(_process_row, self._file.rows(several(_ROWS, len(some)), (self.number, *some)))
        return rows

    def _numbers(self, sql: str, parameters: Sequence[Cell]) -> list[int]:
        return [number_of(row[0]) for row in self._file.rows(sql, parameters)]

    # Agents

    def agents(self) -> tuple[AgentRow, ...]:
        """As `OwnViews.agents`."""
        return tuple(
            AgentRow(
                agent=text_of(name),
                definition=_digest(definition),
                live=number_of(live),
                ended=number_of(done) + number_of(failed) + number_of(killed),
                failed=number_of(failed) + number_of(killed),
                microusd=number_of(microusd),
                tokens=number_of(tokens),
                verified=number_of(verified),
                delivered=number_of(delivered),
                moved_ns=number_of(moved_ns),
            )
            for name, definition, live, done, failed, killed, microusd, tokens, verified, delivered, moved_ns in (
                self._file.rows(_AGENT_ROWS, (self.number, ROWS_MAX))
            )
        )

    def versions(self, agent: str) -> tuple[VersionRow, ...]:
        """As `OwnViews.versions`."""
        return tuple(
            VersionRow(
                definition=_digest(definition),
                first_ns=number_of(first_ns),
                last_ns=number_of(last_ns),
                processes=number_of(processes),
            )
            for definition, first_ns, last_ns, processes in self._file.rows(_VERSIONS, (self.number, agent, ROWS_MAX))
        )

    # Records

    def records(
        self, kinds: Sequence[str], pid: Pid | None, agent: str, before: int | None, limit: int
    ) -> tuple[RecordRow, ...]:
        """As `OwnViews.records`."""
        below, limit = before if before is not None else SEQ_MAX, bounded(limit)
        if pid is not None:
            return self._told(self._of_process(kinds, pid, agent, below, limit))
        if agent:
            numbers = self._numbers("SELECT id FROM agent WHERE owner = ? AND name = ?", (self.number, agent))
            scopes = [schema.of_agent(number) for number in numbers]
        else:
            scopes = [schema.EVERYBODY, *([schema.NOBODY] if self._keeper else [])]
            scopes += [schema.of_owner(self.number)] if self.number else []
        found: list[int] = []
        for scope in scopes:
            for kind in self._kinds(kinds):
                found += self._numbers(_LANE, (scope, kind, below, limit))
        return self._told(sorted(set(found), reverse=True)[:limit])

    def faults(self, since_ns: int, limit: int) -> tuple[RecordRow, ...]:
        """As `OwnViews.faults`."""
        if not self.number:
            return ()
        lane = (schema.of_owner(self.number), schema.FAULTS, SEQ_MAX, bounded(limit))
        return tuple(row for row in self._told(self._numbers(_LANE, lane)) if row.at_ns >= since_ns)

    def _of_process(self, kinds: Sequence[str], pid: Pid, agent: str, below: int, limit: int) -> list[int]:
        sql = "SELECT v.agent, v.first_seq, a.name FROM process v JOIN agent a ON a.id = v.agent"
        rows = self._file.rows(f"{sql} WHERE v.pid = ? AND v.owner = ?", (pid, self.number))
        if not rows or (agent and rows[0][2] != agent):
            return []
        turn = [SEQ_MAX] if below == SEQ_MAX else self._numbers(_TURN_AT, (below, pid))
        if not kinds and turn:  # the journal's own index knows them: they are in order of its turns
            return self._numbers(_PROCESS_RECORDS, (pid, turn[0], below, limit))
        found: list[int] = []
        for kind in self._kinds(kinds):
            scope = schema.of_agent(number_of(rows[0][0]))
            found += self._numbers(_LANE_OF, (scope, kind, below, number_of(rows[0][1]), pid, limit))
        return sorted(found, reverse=True)[:limit]

    def _kinds(self, names: Sequence[str]) -> list[int]:
        rows = self._file.rows("SELECT id, name FROM kind")
        return [number_of(row[0]) for row in rows if not names or row[1] in names]

    def _told(self, seqs: Sequence[int]) -> tuple[RecordRow, ...]:
        if not seqs:
            return ()
        return tuple(map(_record_row, self._file.rows(several(_RECORDS, len(seqs)), seqs)))


def bounded(limit: int) -> int:
    """Rows of one answer."""
    return max(0, min(limit, ROWS_MAX))


def several(sql: str, count: int) -> str:
    """The query with room for so many values in its `IN (?)`."""
    return sql.replace("IN (?)", f"IN ({','.join('?' * count)})")


def _digest(cell: Cell) -> Digest:
    return Digest(cell.hex() if isinstance(cell, bytes) else "")


def _process_row(row: Row) -> ProcessRow:
    pid, agent, definition, parent, state, waits, turn = row[:7]
    started_ns, moved_ns, ended_ns, microusd, tokens, calls, verified, fault = row[7:]
    return ProcessRow(
        pid=Pid(number_of(pid)),
        agent=text_of(agent),
        definition=_digest(definition),
        parent=Pid(number_of(parent)),
        state=text_of(state),
        waits=text_of(waits),
        turn=number_of(turn),
        started_ns=number_of(started_ns),
        moved_ns=number_of(moved_ns),
        ended_ns=number_of(ended_ns) if ended_ns is not None else None,
        microusd=number_of(microusd),
        tokens=number_of(tokens),
        calls=number_of(calls),
        verified=bool(verified),
        fault=text_of(fault),
    )


def _record_row(row: Row) -> RecordRow:
    seq, pid, turn, at_ns, body, agent = row
    raw = body if isinstance(body, bytes) else b""
    return RecordRow(
        seq=number_of(seq),
        pid=Pid(number_of(pid)),
        agent=text_of(agent),
        turn=number_of(turn),
        at_ns=number_of(at_ns),
        kind=tag_of(raw),
        summary=summary(raw),
    )
