"""The tables of views.db: what is kept of a journal so that questions about many records are answered at once.

Rules: everything here follows from the journal and is made again when it is lost, so there are no migrations: another
VERSION is another file. Owners, agents, payees and tags of records stand by numbers; money is micro-dollars.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 1
APPLICATION_ID: Final = 0x45724756  # "ErgV", in the header of every views.db

TABLES: Final = (
    # store_id, seq, seal: of which journal this is the fold, and how far.
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE owner (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE payee (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE kind (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE agent (
        id INTEGER PRIMARY KEY,
        owner INTEGER NOT NULL,
        name TEXT NOT NULL,
        newest INTEGER NOT NULL DEFAULT 0,
        definition BLOB NOT NULL DEFAULT x'',
        live INTEGER NOT NULL DEFAULT 0,
        done INTEGER NOT NULL DEFAULT 0,
        failed INTEGER NOT NULL DEFAULT 0,
        killed INTEGER NOT NULL DEFAULT 0,
        microusd INTEGER NOT NULL DEFAULT 0,
        tokens INTEGER NOT NULL DEFAULT 0,
        delivered INTEGER NOT NULL DEFAULT 0,
        verified INTEGER NOT NULL DEFAULT 0,
        moved_ns INTEGER NOT NULL DEFAULT 0,
        UNIQUE (owner, name)
    )""",
    "CREATE INDEX agent_moved ON agent (owner, moved_ns)",
    """CREATE TABLE version (
        agent INTEGER NOT NULL,
        definition BLOB NOT NULL,
        first_ns INTEGER NOT NULL,
        last_ns INTEGER NOT NULL,
        processes INTEGER NOT NULL,
        PRIMARY KEY (agent, definition)
    ) WITHOUT ROWID""",
    # `ended`: 0 live, 1 done, 2 failed, 3 killed. `stirring`: 1 its turn is open, 2 it is paused, 3 both.
    """CREATE TABLE process (
        pid INTEGER PRIMARY KEY,
        owner INTEGER NOT NULL,
        agent INTEGER NOT NULL,
        definition BLOB NOT NULL,
        parent INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        stirring INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        started_ns INTEGER NOT NULL,
        moved_ns INTEGER NOT NULL,
        ended_ns INTEGER,
        microusd INTEGER NOT NULL,
        tokens INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        verified INTEGER NOT NULL,
        runs INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        declined INTEGER NOT NULL,
        first_seq INTEGER NOT NULL,
        last_seq INTEGER NOT NULL,
        fault TEXT NOT NULL
    )""",
    "CREATE INDEX process_owner ON process (owner, ended, pid)",
    "CREATE INDEX process_agent ON process (agent, ended, pid)",
    "CREATE INDEX process_stirring ON process (owner, pid) WHERE stirring > 0",
    # Where an owner's, an agent's records of one kind stand. `scope`: see `scopes` below.
    """CREATE TABLE entry (
        scope INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        pid INTEGER NOT NULL,
        PRIMARY KEY (scope, kind, seq)
    ) WITHOUT ROWID""",
    """CREATE TABLE turn (
        pid INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        began_ns INTEGER NOT NULL,
        moved_ns INTEGER NOT NULL,
        ended_ns INTEGER,
        cause TEXT NOT NULL,
        calls INTEGER NOT NULL,
        microusd INTEGER NOT NULL,
        tokens INTEGER NOT NULL,
        faults INTEGER NOT NULL,
        PRIMARY KEY (pid, turn)
    ) WITHOUT ROWID""",
    """CREATE TABLE spend (
        owner INTEGER NOT NULL,
        day INTEGER NOT NULL,
        agent INTEGER NOT NULL,
        payee INTEGER NOT NULL,
        microusd INTEGER NOT NULL,
        tokens INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        PRIMARY KEY (owner, day, agent, payee)
    ) WITHOUT ROWID""",
    """CREATE TABLE outcome (
        owner INTEGER NOT NULL,
        day INTEGER NOT NULL,
        agent INTEGER NOT NULL,
        delivered INTEGER NOT NULL,
        verified INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        PRIMARY KEY (owner, day, agent)
    ) WITHOUT ROWID""",
    """CREATE TABLE traffic (
        owner INTEGER NOT NULL,
        day INTEGER NOT NULL,
        sender INTEGER NOT NULL,
        receiver INTEGER NOT NULL,
        spawned INTEGER NOT NULL,
        sent INTEGER NOT NULL,
        last_ns INTEGER NOT NULL,
        PRIMARY KEY (owner, day, sender, receiver)
    ) WITHOUT ROWID""",
    """CREATE TABLE mail (
        pid INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        sent INTEGER NOT NULL,
        other INTEGER NOT NULL,
        source TEXT NOT NULL,
        PRIMARY KEY (pid, seq)
    ) WITHOUT ROWID""",
    # Inquiries that are open: their answers are the kernel's own records and name no owner.
    "CREATE TABLE inquiry (item INTEGER PRIMARY KEY, owner INTEGER NOT NULL)",
)

LIVE: Final = 0
DONE: Final = 1
FAILED: Final = 2
KILLED: Final = 3

EVERYBODY: Final = 0
"""Scope of the kernel's own records that all may see."""
NOBODY: Final = 1
"""Scope of those that are about no owner: their keeper's."""
FAULTS: Final = 0
"""Stands for a kind of record: all failures, refusals and doubts."""


def of_owner(owner: int) -> int:
    """Scope of an owner's records."""
    return 2 * owner


def of_agent(agent: int) -> int:
    """Scope of an agent's records."""
    return 2 * agent + 1
