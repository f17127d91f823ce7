"""What the fold looks up: numbers of names, rows of processes it has folded before, and what a turn began.

Rules: bounded memory; whatever is forgotten is read again; all of it is forgotten when a slice was not written.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, cast

import msgspec

from ergos.app.views.glimpses import IntendedSeen, RepeatedSeen, ResultedSeen, glimpse, tag_of
from ergos.app.views.tallies import Seen
from ergos.drivers.sqlite_open import Connection
from ergos.drivers.store_rows import blob_body
from ergos.kernel.calls import Hold
from ergos.lib.acceptance import ACCEPT

PROCESSES_MAX: Final = 20_000  # processes kept in memory; about 20 MiB
TURNS_MAX: Final = 4_096  # turns whose open calls are kept in memory
DEFINITIONS_MAX: Final = 4_096  # definitions of which it is known whether they have steps
NAMES_MAX: Final = 100_000  # names kept in memory

_SEEN: Final = "SELECT * FROM process WHERE pid = ?"
_TURN: Final = "SELECT body FROM store.journal WHERE pid = ? AND turn = ? AND pid > 0 AND seq < ? ORDER BY seq"
_BLOB: Final = "SELECT digest, size, packed, body FROM store.blob WHERE digest = ?"


class Begun(msgspec.Struct):
    """A call that was begun and not answered yet."""

    name: str
    solver: bool
    """It is a task, given to a solver."""
    inputs: bytes
    hold: Hold | None


class Turn(msgspec.Struct):
    """What happened so far in a turn that is open."""

    begun: dict[str, Begun] = {}
    """By key: those without a result, and those that failed, which may be performed again."""
    verdicts: dict[tuple[str, bytes], bool] = {}
    """By task and inputs: whether the last answer that acceptance checks judged was accepted."""

    def answered(self, result: ResultedSeen) -> Hold | None:
        """Take note of a result; the hold that is settled by it."""
        call = self.begun.get(result.key)
        if call is None:
            return None
        self._judge(call, result)
        hold, call.hold = call.hold, None
        if result.failure is None:
            del self.begun[result.key]
        return hold

    def _judge(self, call: Begun, result: ResultedSeen) -> None:
        """Take note of what checks found."""
        if not call.solver or result.failure is not None:
            return
        if call.name == ACCEPT:  # its answer is what the checks of a step found
            self.verdicts[ACCEPT, b""] = bytes(result.value) == b"[]"
        elif result.checked or result.faults:
            self.verdicts[call.name, call.inputs] = not result.faults


class _Work(msgspec.Struct, frozen=True):
    work: msgspec.Raw = msgspec.Raw(b"null")


_WORK: Final = msgspec.json.Decoder(_Work)


class Known:
    """Over the connection on views.db to which the store is attached."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Final = connection
        self._numbers: Final[dict[tuple[str, str], int]] = {}
        self._agents: Final[dict[tuple[int, str], int]] = {}
        self._seen: Final[OrderedDict[int, Seen]] = OrderedDict()
        self._turns: Final[OrderedDict[tuple[int, int], Turn]] = OrderedDict()
        self._steps: Final[dict[bytes, bool]] = {}

    def clear(self) -> None:
        """Forget everything."""
        for memory in (self._numbers, self._agents, self._seen, self._turns, self._steps):
            memory.clear()

    def trim(self) -> None:
        """Forget what was not used for the longest; asked between slices."""
        while len(self._seen) > PROCESSES_MAX:
            self._seen.popitem(last=False)
        while len(self._turns) > TURNS_MAX:
            self._turns.popitem(last=False)
        for names in (self._numbers, self._agents):
            if len(names) > NAMES_MAX:
                names.clear()

    # Names

    def number(self, table: str, name: str) -> int:
        """Of an owner, a payee or a kind of record; given out if there is none yet."""
        found = self._numbers.get((table, name))
        if found is None:
            found = self._numbers[table, name] = self._numbered(table, "name = ?", "(name) VALUES (?)", (name,))
        return found

    def agent(self, owner: int, name: str) -> int:
        """Of an owner's agent; given out if there is none yet."""
        found = self._agents.get((owner, name))
        if found is None:
            where, values = "owner = ? AND name = ?", "(owner, name) VALUES (?, ?)"
            found = self._agents[owner, name] = self._numbered("agent", where, values, (owner, name))
        return found

    def _numbered(self, table: str, where: str, values: str, parameters: tuple[int | str, ...]) -> int:
        sql = f"SELECT id FROM {table} WHERE {where}"  # noqa: S608 - fixed texts only
        row = self._connection.execute(sql, parameters).fetchone()
        if row is None:
            self._connection.execute(f"INSERT INTO {table} {values}", parameters)
            row = self._connection.execute(sql, parameters).fetchone()
            assert row is not None
        return cast("int", row[0])

    # Processes and their turns

    def process(self, pid: int) -> Seen | None:
        """What was folded of a process; None: its first record was not seen."""
        seen = self._seen.get(pid)
        if seen is None:
            row = self._connection.execute(_SEEN, (pid,)).fetchone()
            if row is not None:
                seen = self._seen[pid] = Seen(*row)  # type: ignore[arg-type]
        else:
            self._seen.move_to_end(pid)
        return seen

    def keep(self, seen: Seen) -> None:
        """A process is there."""
        self._seen[seen.pid] = seen

    def turn(self, pid: int, turn: int, seq: int) -> Turn:
        """What happened in a turn before the record at `seq`."""
        found = self._turns.get((pid, turn))
        if found is None:
            found = self._turns[pid, turn] = self._read(pid, turn, seq)
        else:
            self._turns.move_to_end((pid, turn))
        return found

    def fresh(self, pid: int, turn: int) -> None:
        """A turn begins: there is nothing to be read of it."""
        self._turns[pid, turn] = Turn()

    def over(self, pid: int, turn: int) -> None:
        """A turn has ended; what is answered late is read again."""
        self._turns.pop((pid, turn), None)

    def _read(self, pid: int, turn: int, seq: int) -> Turn:
        found = Turn()
        for (body,) in self._connection.execute(_TURN, (pid, turn, seq)).fetchall():
            seen = glimpse(tag_of(body), body) if isinstance(body, bytes) else None
            match seen:
                case IntendedSeen():
                    found.begun[seen.call.key] = begun(seen)
                case RepeatedSeen():
                    repeated(found, seen)
                case ResultedSeen():
                    found.answered(seen)
                case _:
                    pass
        return found

    # Definitions and memories

    def has_steps(self, definition: bytes) -> bool:
        """Whether its program is steps, whose memory counts runs."""
        known = self._steps.get(definition)
        if known is None:
            if len(self._steps) >= DEFINITIONS_MAX:
                self._steps.clear()
            body = self.blob(definition)
            try:
                known = body is not None and bytes(_WORK.decode(body).work) != b"null"
            except msgspec.DecodeError:
                known = False
            self._steps[definition] = known
        return known

    def blob(self, digest: bytes) -> bytes | None:
        """A value stored under its digest. Raises: CorruptStoreError for an altered one."""
        row = self._connection.execute(_BLOB, (digest,)).fetchone()
        return blob_body(row) if row is not None else None


def begun(intent: IntendedSeen) -> Begun:
    """A call, as it was begun."""
    call = intent.call
    return Begun(call.name, call.kind == "think" and call.solver is not None, bytes(call.args.inputs), intent.hold)


def repeated(turn: Turn, again: RepeatedSeen) -> Hold | None:
    """Take note that a call is performed again; the hold that is settled by it."""
    call = turn.begun.get(again.key)
    if call is None:
        return None
    old = call.hold
    if old is None or again.charge:
        call.hold = again.hold
    return old if again.charge else None
