"""Nothing foreign is opened, nothing newer guessed at, nothing half-open left behind."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ergos.base.errors import CorruptStoreError, DiskFullError, ErgosError, ForeignStoreError, StoreError
from ergos.drivers.lock import holder
from ergos.drivers.sqlite_open import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    Database,
    connect,
    foreign_objects,
    schema_of,
    statements,
    translated,
)
from ergos.drivers.sqlite_reads import SqliteReads

ROOT = Path(__file__).resolve().parents[2]


def refused(path: Path, error: type[ErgosError]) -> str:
    """Both ways of opening refuse it, change nothing and hold nothing."""
    before = path.read_bytes()
    with pytest.raises(error) as first:
        Database(path)
    with pytest.raises(StoreError):
        SqliteReads.open(path)
    assert path.read_bytes() == before
    assert holder(path.with_suffix(".lock")) is None
    return str(first.value)


def test_a_text_file_is_not_a_store(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"
    path.write_text("a shopping list, rather long, longer than a header of a database would be\n" * 20)
    assert "not an ErgOS store" in refused(path, ForeignStoreError)


def test_another_programs_database_is_not_a_store(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE t (x)")
    foreign.close()
    assert "another program" in refused(path, ForeignStoreError)


def test_another_programs_database_with_a_name_of_its_own_is_not_a_store(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"
    with sqlite3.connect(path) as foreign:
        foreign.execute("PRAGMA application_id = 42")
        foreign.execute("CREATE TABLE t (x)")
    foreign.close()
    refused(path, ForeignStoreError)


def test_a_newer_schema_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"
    Database(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.close()
    assert "newer ErgOS" in refused(path, ForeignStoreError)


def test_a_store_without_its_name_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"
    Database(path).close()
    with sqlite3.connect(path) as lost:
        lost.execute("DELETE FROM meta")
    lost.close()
    with pytest.raises(CorruptStoreError):
        Database(path)


def test_an_empty_file_becomes_a_store_and_a_store_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "ergos.db"
    path.parent.mkdir(parents=True)
    path.touch()
    first = Database(path)
    name = first.store_id
    assert first.writer.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert first.writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert first.writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    first.close()
    again = Database(path)
    assert again.store_id == name
    again.close()


def test_what_is_not_there_is_not_created_by_reading(tmp_path: Path) -> None:
    with pytest.raises(ForeignStoreError):
        SqliteReads.open(tmp_path / "ergos.db")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_the_store_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"
    path.mkdir()
    with pytest.raises(StoreError):
        Database(path)
    assert holder(path.with_suffix(".lock")) is None


AS_NOBODY = """
import os, sys
from pathlib import Path
from ergos.base.errors import StoreError
from ergos.drivers.sqlite_open import Database
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    Database(Path(sys.argv[1]))
except StoreError as error:
    print(error)
"""


def test_a_folder_that_may_not_be_written_is_a_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    for folder in (tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    came = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(tmp_path / "ergos.db")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    tmp_path.chmod(0o755)
    if "ModuleNotFoundError" in came.stderr or "PermissionError" in came.stderr:
        pytest.skip("the interpreter itself may not be read by another user here")
    assert "[E600]" in came.stdout
    assert "Permission denied" in came.stdout


def test_a_schema_block_is_statements_without_comments() -> None:
    found = statements("version-1")
    assert all(text.strip().startswith("CREATE") for text in found)
    assert len(found) > 10
    with pytest.raises(AssertionError):
        statements("version-0")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("database or disk is full", DiskFullError),
        ("disk I/O error", DiskFullError),
        ("database disk image is malformed", CorruptStoreError),
        ("file is not a database", CorruptStoreError),
        ("no such table: journal", CorruptStoreError),
        ("unable to open database file", StoreError),
        ("something new", StoreError),
    ],
)
def test_every_message_of_sqlite_becomes_an_error_with_a_remedy(said: str, kind: type[ErgosError]) -> None:
    found = translated(sqlite3.OperationalError(said))
    assert type(found) is kind
    assert found.what_to_do


def test_a_read_only_connection_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"
    Database(path).close()
    reader = connect(path, read_only=True)
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM meta")
    reader.close()


def test_what_no_ergos_made_is_found_in_a_store_of_every_schema(tmp_path: Path) -> None:
    for version in range(1, SCHEMA_VERSION + 1):
        path = tmp_path / f"{version}.db"
        connection = sqlite3.connect(path, isolation_level=None)
        for number in range(1, version + 1):
            for statement in statements(f"version-{number}"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
        assert foreign_objects(path) == ()
        assert schema_of(path) == version
        connection.execute("CREATE TRIGGER mischief AFTER INSERT ON journal BEGIN DELETE FROM item; END")
        connection.execute("CREATE INDEX extra ON item (owner)")
        connection.close()
        assert foreign_objects(path) == ("extra", "mischief")
    Database(tmp_path / "new.db").close()
    assert foreign_objects(tmp_path / "new.db") == ()


def test_a_newer_schema_is_told_and_not_looked_into(tmp_path: Path) -> None:
    Database(tmp_path / "ergos.db").close()
    connection = sqlite3.connect(tmp_path / "ergos.db", isolation_level=None)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 5}")
    connection.close()
    assert schema_of(tmp_path / "ergos.db") == SCHEMA_VERSION + 5
    with pytest.raises(ForeignStoreError, match="newer"):
        foreign_objects(tmp_path / "ergos.db")
