"""The table: every operation of the HTTP API. Routes, checks and documentation are made of it."""

from __future__ import annotations

from typing import Final

from ergos.server.api import (
    about,
    agents,
    books,
    events,
    grants,
    holdings,
    inbox,
    journal,
    kernel,
    peers,
    process_parts,
    processes,
    scheduling,
    talks,
    tools,
    words,
)
from ergos.server.api.operation import Operation

TABLE: Final[tuple[Operation, ...]] = (
    *kernel.OPERATIONS,
    *scheduling.OPERATIONS,
    *processes.OPERATIONS,
    *process_parts.OPERATIONS,
    *inbox.OPERATIONS,
    *grants.OPERATIONS,
    *agents.OPERATIONS,
    *words.OPERATIONS,
    *books.OPERATIONS,
    *journal.OPERATIONS,
    *tools.OPERATIONS,
    *peers.OPERATIONS,
    *holdings.OPERATIONS,
    *events.OPERATIONS,
    *talks.OPERATIONS,
    *about.OPERATIONS,
)
