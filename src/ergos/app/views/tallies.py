"""What a slice of the journal adds to views.db, gathered in memory and written at once.

Rules: sums are added, never replaced, so that a slice reads nothing but what it changes; all of it is written in the
transaction that also moves the cursor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from ergos.drivers.sqlite_open import Connection
from ergos.drivers.store_rows import Row

OPEN: Final = 1
PAUSED: Final = 2

_PROCESS: Final = (
    "pid", "owner", "agent", "definition", "parent", "ended", "stirring", "turn", "started_ns", "moved_ns", "ended_ns",
    "microusd", "tokens", "calls", "verified", "runs", "failures", "declined", "first_seq", "last_seq", "fault",
)  # fmt: skip
_MOVES: Final = tuple(name for name in _PROCESS if name not in ("pid", "owner", "agent", "parent", "first_seq"))

PUT_PROCESS: Final = (
    f"INSERT INTO process ({', '.join(_PROCESS)}) VALUES ({', '.join('?' * len(_PROCESS))})"  # noqa: S608 - fixed names
    f" ON CONFLICT DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _MOVES)}"
)
PUT_ENTRY: Final = "INSERT OR IGNORE INTO entry VALUES (?,?,?,?)"
PUT_MAIL: Final = "INSERT OR IGNORE INTO mail VALUES (?,?,?,?,?)"
ADD_TURN: Final = (
    "INSERT INTO turn VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
    " moved_ns = max(moved_ns, excluded.moved_ns), ended_ns = coalesce(ended_ns, excluded.ended_ns),"
    " cause = iif(excluded.cause = '', cause, excluded.cause),"
    " calls = calls + excluded.calls, microusd = microusd + excluded.microusd, tokens = tokens + excluded.tokens,"
    " faults = faults + excluded.faults"
)
ADD_SPEND: Final = (
    "INSERT INTO spend VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET microusd = microusd + excluded.microusd,"
    " tokens = tokens + excluded.tokens, calls = calls + excluded.calls"
)
ADD_OUTCOME: Final = (
    "INSERT INTO outcome VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET delivered = delivered + excluded.delivered,"
    " verified = verified + excluded.verified, failed = failed + excluded.failed"
)
ADD_TRAFFIC: Final = (
    "INSERT INTO traffic VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET spawned = spawned + excluded.spawned,"
    " sent = sent + excluded.sent, last_ns = max(last_ns, excluded.last_ns)"
)
ADD_VERSION: Final = (
    "INSERT INTO version VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET first_ns = min(first_ns, excluded.first_ns),"
    " last_ns = max(last_ns, excluded.last_ns), processes = processes + excluded.processes"
)
ADD_AGENT: Final = (
    "UPDATE agent SET live = live + ?, done = done + ?, failed = failed + ?, killed = killed + ?,"
    " microusd = microusd + ?, tokens = tokens + ?, delivered = delivered + ?, verified = verified + ?,"
    " moved_ns = max(moved_ns, ?) WHERE id = ?"
)
NEWEST_AGENT: Final = "UPDATE agent SET newest = ?, definition = ? WHERE id = ? AND newest <= ?"


class Seen(msgspec.Struct):
    """A process as the fold knows it: its row, and what is open in its turn."""

    pid: int
    owner: int
    agent: int
    definition: bytes
    parent: int
    ended: int
    stirring: int
    """OPEN, PAUSED, both or 0."""
    turn: int
    started_ns: int
    moved_ns: int
    ended_ns: int | None
    microusd: int
    tokens: int
    calls: int
    verified: int
    runs: int
    """Runs of a hosted process that came to their end."""
    failures: int
    declined: int
    first_seq: int
    last_seq: int
    fault: str


class TurnTally(msgspec.Struct):
    """What is new of a turn."""

    began_ns: int
    moved_ns: int
    ended_ns: int | None = None
    cause: str = ""
    calls: int = 0
    microusd: int = 0
    tokens: int = 0
    faults: int = 0


class AgentTally(msgspec.Struct):
    """What is new of an agent."""

    live: int = 0
    done: int = 0
    failed: int = 0
    killed: int = 0
    microusd: int = 0
    tokens: int = 0
    delivered: int = 0
    verified: int = 0
    moved_ns: int = 0
    newest: int = 0
    definition: bytes = b""


class Tallies:
    """All that is new."""

    def __init__(self) -> None:
        self.dirty: Final[dict[int, Seen]] = {}
        self.entries: Final[list[tuple[int, int, int, int]]] = []
        """Scope, kind, seq, pid."""
        self.mail: Final[list[Row]] = []
        self.turns: Final[dict[tuple[int, int], TurnTally]] = {}
        self.agents: Final[dict[int, AgentTally]] = {}
        self.spend: Final[dict[tuple[int, int, int, int], list[int]]] = {}
        """By owner, day, agent, payee: micro-dollars, tokens, calls."""
        self.outcomes: Final[dict[tuple[int, int, int], list[int]]] = {}
        """By owner, day, agent: delivered, verified, failed."""
        self.traffic: Final[dict[tuple[int, int, int, int], list[int]]] = {}
        """By owner, day, sender, receiver: spawned, sent, when last."""
        self.versions: Final[dict[tuple[int, bytes], list[int]]] = {}
        """By agent and definition: first, last, processes."""

    def agent(self, number: int) -> AgentTally:
        """Of this agent."""
        found = self.agents.get(number)
        if found is None:
            found = self.agents[number] = AgentTally()
        return found

    def turn(self, pid: int, number: int, at_ns: int) -> TurnTally:
        """Of this turn."""
        found = self.turns.get((pid, number))
        if found is None:
            found = self.turns[pid, number] = TurnTally(at_ns, at_ns)
        return found

    def version(self, agent: int, definition: bytes, at_ns: int, processes: int) -> None:
        """Something of this version was seen."""
        found = self.versions.get((agent, definition))
        if found is None:
            self.versions[agent, definition] = [at_ns, at_ns, processes]
        else:
            found[0], found[1], found[2] = min(found[0], at_ns), max(found[1], at_ns), found[2] + processes

    def write(self, connection: Connection) -> None:
        """Into the tables; empty afterwards."""
        many = connection.executemany
        many(PUT_PROCESS, [_process_row(seen) for seen in self.dirty.values()])
        self.entries.sort()
        many(PUT_ENTRY, self.entries)
        many(PUT_MAIL, self.mail)
        many(ADD_TURN, [(*key, *msgspec.structs.astuple(tally)) for key, tally in sorted(self.turns.items())])
        many(ADD_SPEND, _flat(self.spend))
        many(ADD_OUTCOME, _flat(self.outcomes))
        many(ADD_TRAFFIC, _flat(self.traffic))
        many(ADD_VERSION, _flat(self.versions))
        agents = self.agents.items()
        many(ADD_AGENT, [(*msgspec.structs.astuple(tally)[:9], number) for number, tally in agents])
        fresh = [(tally.newest, tally.definition, number, tally.newest) for number, tally in agents if tally.newest]
        many(NEWEST_AGENT, fresh)
        self.clear()

    def clear(self) -> None:
        """Forget all of it."""
        self.dirty.clear()
        self.entries.clear()
        self.mail.clear()
        for sums in (self.turns, self.agents, self.spend, self.outcomes, self.traffic, self.versions):
            sums.clear()


def add(sums: dict[tuple[int, int, int, int], list[int]], key: tuple[int, int, int, int], *parts: int) -> None:
    """Add to one of the sums."""
    found = sums.get(key)
    if found is None:
        sums[key] = list(parts)
    else:
        for place, part in enumerate(parts):
            found[place] += part


def _process_row(seen: Seen) -> Row:
    return msgspec.structs.astuple(seen)


def _flat(sums: Mapping[tuple[int, ...], list[int]] | Mapping[tuple[int, bytes], list[int]]) -> list[Row]:
    return [(*key, *parts) for key, parts in sums.items()]
