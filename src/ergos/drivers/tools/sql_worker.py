"""The program that answers SQL inside the sandbox: one JSON request in, one JSON answer out.

    {"files": [{"name": "sales", "path": "/data/0/sales.csv", "kind": "csv"}], "query", "params", "rows_max"}
    -> {"columns", "rows", "cut"} | {"wrong": why}

Rules: reading only, and of the files named only, by the engine's own means as well as by the walls around it: SQLite
asks an authorizer about every step of a statement and counts its instructions; DuckDB has its access to files closed
but for these, its extensions off, and its settings locked. One statement a request.
Source: https://sqlite.org/security.html; DuckDB, "Securing DuckDB".
"""

from __future__ import annotations

import base64
import csv
import datetime
import decimal
import json
import math
import sqlite3
import sys
import urllib.parse
from collections.abc import Iterator
from typing import Any, Final

STEPS_MAX: Final = 2_000_000_000  # instructions of SQLite's machine; tens of seconds, then it is a bomb
STEPS_AT_ONCE: Final = 1_000_000
LENGTH_MAX: Final = 8 * 1024 * 1024  # bytes of one value or row of SQLite
ANSWER_BYTES_MAX: Final = 256 * 1024  # bytes of the rows given back
CELL_CHARS_MAX: Final = 16_000  # characters of one value given back
CSV_ROWS_MAX: Final = 200_000  # rows of a CSV file read without DuckDB
COLUMNS_MAX: Final = 500
DUCK_MEMORY: Final = "512MB"

_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_TELLING: Final = frozenset(
    "table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list database_list".split()
)
"""Pragmas that tell and change nothing."""
_DANGEROUS: Final = frozenset("load_extension readfile writefile edit fts3_tokenizer zeroblob randomblob".split())
_BOUNDS: Final = (
    (sqlite3.SQLITE_LIMIT_LENGTH, LENGTH_MAX),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 200),
    (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 50),
    (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 10),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 10),
)

Asked = dict[str, Any]


def answered(request: Asked) -> Asked:
    """The answer to a request."""
    files: list[Asked] = request["files"]
    kinds = {file["kind"] for file in files}
    try:
        if kinds <= {"sqlite"}:
            return _lite(request, _lite_files(files))
        if kinds == {"csv"} and not request["duckdb"]:
            return _lite(request, _lite_csv(files))
        if not request["duckdb"]:
            return {"wrong": f"{', '.join(sorted(kinds))} files need the extra: pip install 'ergos[sql]'"}
        return _duck(request, files)
    except (sqlite3.Error, sqlite3.Warning, csv.Error, ValueError, OverflowError, MemoryError, OSError) as error:
        return {"wrong": f"{type(error).__name__}: {error}"[:1_000]}


def _lite_files(files: list[Asked]) -> sqlite3.Connection:
    """One file as `main`, several under their names; all opened read-only."""

    def uri(file: Asked) -> str:
        return f"file:{urllib.parse.quote(file['path'])}?mode=ro&immutable=1"

    if len(files) == 1:
        return sqlite3.connect(uri(files[0]), uri=True, isolation_level=None)
    connection = sqlite3.connect("file::memory:", uri=True, isolation_level=None)
    for file in files:
        connection.execute(f'ATTACH ? AS "{file["name"]}"', (uri(file),))
    return connection


def _lite_csv(files: list[Asked]) -> sqlite3.Connection:
    """CSV files as tables of text in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for file in files:
        with open(file["path"], encoding="utf-8-sig", errors="replace", newline="") as text:  # noqa: PTH123
            rows = csv.reader(text)
            heads = _heads(next(rows, []))
            if not heads:
                raise ValueError(f"{file['name']} has no first line that names its columns")
            columns = ", ".join(f'"{head}"' for head in heads)
            connection.execute(f'CREATE TABLE "{file["name"]}" ({columns})')
            marks = ", ".join("?" * len(heads))
            connection.executemany(f'INSERT INTO "{file["name"]}" VALUES ({marks})', _even(rows, len(heads)))  # noqa: S608
    return connection


def _heads(row: list[str]) -> list[str]:
    heads: list[str] = []
    for number, text in enumerate(row[:COLUMNS_MAX], 1):
        head = text.strip().replace('"', "")[:100] or f"column{number}"
        heads.append(f"{head}_{number}" if head.lower() in {other.lower() for other in heads} else head)
    return heads


def _even(rows: Iterator[list[str]], width: int) -> Iterator[list[str | None]]:
    for number, row in enumerate(rows):
        if number >= CSV_ROWS_MAX:
            raise ValueError(f"more than {CSV_ROWS_MAX:,} rows; they need the extra: pip install 'ergos[sql]'")
        yield [*row[:width], *([None] * (width - len(row)))]


def _lite(request: Asked, connection: sqlite3.Connection) -> Asked:
    for bound, most in _BOUNDS:
        connection.setlimit(bound, most)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -65536")
    connection.set_authorizer(_permit)
    steps = [0]

    def count() -> int:
        steps[0] += STEPS_AT_ONCE
        return int(steps[0] > STEPS_MAX)

    connection.set_progress_handler(count, STEPS_AT_ONCE)
    connection.text_factory = _text
    cursor = connection.execute(request["query"], request["params"])
    return _table([column[0] for column in cursor.description or ()], cursor, request["rows_max"])


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _permit(action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None) -> int:
    """SQLite's question about one step of a statement."""
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() in _DANGEROUS else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _TELLING:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _duck(request: Asked, files: list[Asked]) -> Asked:
    import duckdb

    connection: Any = duckdb.connect(":memory:")
    paths = ", ".join(_quoted(file["path"]) for file in files)
    try:
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET autoload_known_extensions = false")
        connection.execute(f"SET memory_limit = '{DUCK_MEMORY}'")
        connection.execute("SET threads = 1")
        connection.execute("SET max_temp_directory_size = '0B'")
        connection.execute(f"SET allowed_paths = [{paths}]")
        for file in files:
            if file["kind"] == "duckdb":
                connection.execute(f'ATTACH {_quoted(file["path"])} AS "{file["name"]}" (READ_ONLY)')
        connection.execute("SET enable_external_access = false")
        for file in files:
            if file["kind"] in {"csv", "parquet", "json"}:
                source = {"csv": "read_csv", "parquet": "read_parquet", "json": "read_json"}[file["kind"]]
                connection.execute(f'CREATE VIEW "{file["name"]}" AS SELECT * FROM {source}({_quoted(file["path"])})')  # noqa: S608
        attached = [file["name"] for file in files if file["kind"] == "duckdb"]
        if len(files) == 1 and attached:
            connection.execute(f'USE "{attached[0]}"')
        connection.execute("SET lock_configuration = true")
        statements = connection.extract_statements(request["query"])
        if len(statements) != 1:
            return {"wrong": f"{len(statements)} statements; give one"}
        if statements[0].type.name not in {"SELECT", "EXPLAIN"}:
            return {"wrong": f"a statement that is {statements[0].type.name}; only SELECT reads and nothing else"}
        connection.execute(request["query"], request["params"])
        return _table([column[0] for column in connection.description or ()], _fetched(connection), request["rows_max"])
    except duckdb.Error as error:
        return {"wrong": f"{type(error).__name__}: {error}"[:1_000]}


def _fetched(connection: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - of a library that is there only here
    while (row := connection.fetchone()) is not None:
        yield row


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"


def _table(columns: list[str], rows: Iterator[tuple[Any, ...]] | sqlite3.Cursor, rows_max: int) -> Asked:
    """Rows as JSON, cut at the bounds."""
    kept: list[list[object]] = []
    size = 0
    for row in rows:
        shown = [_cell(value) for value in row]
        size += len(json.dumps(shown))
        if len(kept) >= rows_max or size > ANSWER_BYTES_MAX:
            return {"columns": columns, "rows": kept, "cut": True}
        kept.append(shown)
    return {"columns": columns, "rows": kept, "cut": False}


def _cell(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return {"base64": base64.b64encode(bytes(value)[:CELL_CHARS_MAX]).decode()}
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_cell(item) for item in value[:1_000]]
    if isinstance(value, dict):
        return {str(key): _cell(item) for key, item in list(value.items())[:1_000]}
    return str(value).encode("utf-8", "replace").decode()[:CELL_CHARS_MAX]


if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]
    print(json.dumps(answered(json.load(sys.stdin))))  # noqa: T201 - its answer
