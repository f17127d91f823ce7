from __future__ import annotations

import sqlite3

import msgspec

from ergos.app.views import schema
from ergos.app.views.tallies import Seen, Tallies, add


def made() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in schema.TABLES:
        connection.execute(statement)
    return connection


def seen(pid: int) -> Seen:
    return Seen(pid, 1, 1, b"d", 0, 0, 1, 1, 5, 6, None, 7, 8, 9, 0, 0, 0, 0, 1, 2, "")


def test_a_row_has_the_columns_of_its_table() -> None:
    connection = made()
    columns = [row[1] for row in connection.execute("PRAGMA table_info(process)")]
    assert tuple(columns) == Seen.__struct_fields__
    connection.close()


def test_sums_of_two_slices_are_the_sums_of_one() -> None:
    both, one = made(), made()
    for slices, connection in ((2, both), (1, one)):
        connection.execute("INSERT INTO agent (id, owner, name) VALUES (1, 1, 'clerk')")
        tallies = Tallies()
        for number in range(2):
            tallies.dirty[1] = msgspec.structs.replace(seen(1), moved_ns=6 + number, fault=str(number))
            add(tallies.spend, (1, 2, 1, 3), 10, 20, 1)
            add(tallies.traffic, (1, 2, 1, 1), 1, 0, 0)
            tallies.turn(1, 4, 100).calls += 1
            tallies.turn(1, 4, 100).moved_ns = 200 + number
            tallies.agent(1).microusd += 5
            tallies.agent(1).moved_ns = 9 - number
            tallies.version(1, b"d", 50 - number, 1)
            tallies.outcomes.setdefault((1, 2, 1), [0, 0, 0])[0] += 1
            if slices == 2 or number == 1:
                tallies.agent(1).moved_ns = 9
                tallies.write(connection)
        assert not tallies.dirty
        assert not tallies.spend
    for table in ("process", "spend", "traffic", "turn", "agent", "version", "outcome"):
        rows = [connection.execute(f"SELECT * FROM {table}").fetchall() for connection in (both, one)]
        assert rows[0] == rows[1], table
        assert rows[0]
    both.close()
    one.close()


def test_the_newest_process_names_the_version_of_its_agent() -> None:
    connection = made()
    connection.execute("INSERT INTO agent (id, owner, name) VALUES (1, 1, 'clerk')")
    for newest, definition in ((3, b"third"), (2, b"second")):
        tallies = Tallies()
        tallies.agent(1).newest, tallies.agent(1).definition = newest, definition
        tallies.write(connection)
    assert connection.execute("SELECT newest, definition FROM agent").fetchone() == (3, b"third")
    connection.close()
