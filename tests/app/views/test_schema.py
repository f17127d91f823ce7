from __future__ import annotations

import sqlite3

from ergos.app.views import schema


def test_scopes_of_owners_and_agents_never_meet() -> None:
    scopes = [schema.EVERYBODY, schema.NOBODY]
    scopes += [schema.of_owner(number) for number in range(1, 50)] + [
        schema.of_agent(number) for number in range(1, 50)
    ]
    assert len(set(scopes)) == len(scopes)
    assert schema.of_owner(0) == schema.EVERYBODY  # who has nothing sees what everybody sees


def test_the_tables_can_be_made() -> None:
    connection = sqlite3.connect(":memory:")
    for statement in schema.TABLES:
        connection.execute(statement)
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0] >= 13
    connection.close()
