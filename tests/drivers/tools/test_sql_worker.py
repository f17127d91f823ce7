"""The engine's own rules, without the walls around it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ergos.drivers.tools.sql_worker import answered


def ask(path: Path, query: str, kind: str, *, duckdb: bool = False, **more: Any) -> Any:
    file = {"name": path.stem, "path": str(path), "kind": kind}
    return answered({"files": [file], "query": query, "params": [], "rows_max": 10, "duckdb": duckdb, **more})


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "shop.db") as db:
        db.execute("create table sale (item text)")
        db.execute("insert into sale values ('tea')")
    db.close()
    return tmp_path / "shop.db"


@pytest.mark.parametrize(
    "query",
    ["attach '/etc/passwd' as p", "attach ':memory:' as m", "delete from sale", "pragma journal_mode = delete", "vacuum into '{0}.copy'", "select load_extension('x')"],
)  # fmt: skip
def test_the_authorizer_refuses_by_itself(shop: Path, query: str) -> None:
    assert "wrong" in ask(shop, query.format(shop), "sqlite")
    assert [path.name for path in shop.parent.iterdir()] == ["shop.db"]


def test_a_hostile_view_cannot_call_what_a_query_cannot(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "evil.db") as db:
        db.execute("create view sale as select load_extension('/tmp/x.so') as item")
    db.close()
    assert "wrong" in ask(tmp_path / "evil.db", "select * from sale", "sqlite")


def test_a_query_is_one_statement(shop: Path) -> None:
    assert "wrong" in ask(shop, "select 1; select 2", "sqlite")


@pytest.mark.parametrize("text", ["", '"unclosed\n1,2\n', "a,a\n1,2\n", "a\n" + "x" * 200_000 + "\n"])
def test_a_csv_that_is_none_is_an_answer_or_a_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    said = ask(tmp_path / "t.csv", "select * from t", "csv")
    assert ("wrong" in said) != ("rows" in said)


def test_columns_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,A,"b"" drop",\n1,2,3,4\n')
    said = ask(tmp_path / "t.csv", "select * from t", "csv")
    assert said["columns"] == ["a", "A_2", "b drop", "column4"]


def test_duckdb_writes_to_no_file_it_may_read(tmp_path: Path) -> None:
    pytest.importorskip("duckdb", reason="the extra 'sql' is not installed")
    (tmp_path / "t.csv").write_text("a\n1\n")
    for query in (
        f"copy (select 9) to '{tmp_path}/t.csv' (use_tmp_file false)",
        f"copy (select 9) to '{tmp_path}/u.csv'",
    ):
        assert "wrong" in ask(tmp_path / "t.csv", query, "csv", duckdb=True)
    assert (tmp_path / "t.csv").read_text() == "a\n1\n"
    assert ask(tmp_path / "t.csv", "select * from t", "csv", duckdb=True)["rows"] == [[1]]


def test_what_needs_duckdb_says_so(tmp_path: Path) -> None:
    assert "ergos[sql]" in ask(tmp_path / "t.parquet", "select 1", "parquet")["wrong"]
