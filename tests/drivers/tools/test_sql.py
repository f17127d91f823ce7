from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ergos.base.errors import ToolFailedError
from ergos.base.world_errors import SandboxMissingError
from ergos.drivers.tools.sql import SqlTool
from ergos.drivers.tools.workspaces import Workspaces
from tests.drivers.tools.errands import Bench, confining


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def work(home: Path) -> Path:
    """A workspace with one file of each kind, and a secret beside it."""
    folder = home / "work" / "scribe"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "shop.db") as db:
        db.execute("create table sale (item text, price real, paid integer)")
        db.executemany("insert into sale values (?, ?, ?)", [("tea", 2.5, 1), ("pot", 30.0, 0), ("cup", 4.0, 1)])
    db.close()
    (folder / "staff.csv").write_text('name,"team"\nAda,one\nBob,two\n')
    (home / "work" / "clerk").mkdir()
    (home / "work" / "clerk" / "secret.csv").write_text("secret\n42\n")
    return folder


@pytest.fixture(scope="module")
def bench(home: Path, work: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with confining(tmp_path_factory.mktemp("scratch")) as sandboxes:
        yield Bench(SqlTool(Workspaces(home, "alice"), sandboxes).tools())


def ask(bench: Bench, query: str, *files: str, **more: Any) -> Any:
    return bench.do("sql.query", query=query, files=list(files or ("shop.db",)), **more)


def test_a_sqlite_database_is_asked_with_parameters(bench: Bench) -> None:
    found = ask(bench, "select item, price from sale where paid = ? order by item", params=[1])
    assert found == {"columns": ["item", "price"], "rows": [["cup", 4.0], ["tea", 2.5]], "cut": False}
    assert len(ask(bench, "pragma table_info('sale')")["rows"]) == 3


ATTACKS = [
    "attach '/etc/passwd' as x", "attach 'file:/data/0/shop.db?mode=rw' as x", "insert into sale values ('x', 1, 1)",
    "update sale set price = 0", "delete from sale", "drop table sale", "create table x (y)", "create temp table x (y)",
    "pragma journal_mode = wal", "pragma writable_schema = on", "pragma query_only = off", "pragma user_version = 7", "vacuum",
    "vacuum into '/tmp/x'", "select load_extension('/tmp/x.so')", "select readfile('/etc/passwd')", "select writefile('/tmp/x', 'y')",
    "select edit('x', 'vi')", "select fts3_tokenizer('simple')", "begin", "detach main", "analyze", "savepoint x",
    "select 1; drop table sale", ".read /etc/passwd", "explain", "", "create virtual table t using fts5(x)",
    "replace into sale values ('x', 1, 1)", "pragma temp_store_directory = '/'", "select zeroblob(1000000000)", "alter table sale rename to x",
]  # fmt: skip


@pytest.mark.parametrize("query", [attack for attack in ATTACKS if attack])
def test_sqlite_is_read_and_nothing_else(bench: Bench, work: Path, query: str) -> None:
    before = (work / "shop.db").read_bytes()
    with pytest.raises(ToolFailedError):
        ask(bench, query)
    assert (work / "shop.db").read_bytes() == before
    assert sorted(path.name for path in work.iterdir() if path.name.startswith("shop")) == ["shop.db"]


BOMBS = [
    "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n",
    "select count(*) from " + ", ".join(f"sale s{n}" for n in range(24)),
    "select replace(hex(zeroblob(4000000)), '0', 'aaaaaaaaaaaaaaaaaaaa')",
    "select " + "(" * 5_000 + "1" + ")" * 5_000,
    "select group_concat(x, '') from (with recursive n(i, x) as (select 1, 'xxxxxxxxxxxxxxxx' union all select i + 1, x || x from n) select x from n)",
]


@pytest.mark.parametrize("number", range(len(BOMBS)))
def test_a_query_that_would_never_end_is_ended(bench: Bench, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ergos.drivers.tools.sql.CPU_S", 1)
    with pytest.raises(ToolFailedError):
        ask(bench, BOMBS[number])


def test_rows_and_bytes_are_bounded(bench: Bench) -> None:
    many = "with recursive n(i) as (select 1 union all select i + 1 from n limit 5000) select i, 'x' from n"
    found = ask(bench, many, rows=7)
    assert (len(found["rows"]), found["cut"]) == (7, True)
    wide = "with recursive n(i) as (select 1 union all select i + 1 from n limit 900) select printf('%.*c', 10000, 'x') from n"
    found = ask(bench, wide, rows=1_000)
    assert found["cut"]
    assert sum(len(row[0]) for row in found["rows"]) < 300_000


def test_odd_values_come_back_as_plain_data(bench: Bench) -> None:
    found = ask(bench, "select x'00ff', null, 9e999, cast(x'c3' as text), 9223372036854775807")
    assert found["rows"] == [[{"base64": "AP8="}, None, "inf", "\ufffd", 9223372036854775807]]


@pytest.mark.parametrize("path", ["../clerk/secret.csv", "/etc/passwd", "invoices:/a.db", "no.db"])
def test_a_file_that_is_not_the_agents_is_not_asked(bench: Bench, path: str) -> None:
    if wrong := bench.misfit("sql.query", query="select 1", files=[path]):
        assert wrong
    else:
        with pytest.raises(ToolFailedError):
            ask(bench, "select 1", path)


def test_a_link_and_a_file_that_is_no_table_are_refused(bench: Bench, work: Path, home: Path) -> None:
    (work / "link.csv").symlink_to(home / "work" / "clerk" / "secret.csv")
    (work / "program").write_bytes(b"\x7fELF" + b"\0" * 100)
    os.mkfifo(work / "pipe.csv")
    for name in ("link.csv", "program", "pipe.csv"):
        with pytest.raises(ToolFailedError):
            ask(bench, "select 1", name)


def test_a_damaged_database_is_an_error_and_nothing_more(bench: Bench, work: Path) -> None:
    whole = bytearray((work / "shop.db").read_bytes())
    whole[100:4_000] = os.urandom(3_900)
    (work / "broken.db").write_bytes(whole)
    with pytest.raises(ToolFailedError):
        ask(bench, "select * from sale", "broken.db")


def test_several_databases_are_asked_under_their_names(bench: Bench, work: Path) -> None:
    (work / "2nd shop.db").write_bytes((work / "shop.db").read_bytes())
    found = ask(
        bench,
        "select (select count(*) from shop.sale) + (select count(*) from t_2nd_shop.sale)",
        "shop.db",
        "2nd shop.db",
    )
    assert found["rows"] == [[6]]
    with pytest.raises(ToolFailedError):
        ask(bench, "delete from t_2nd_shop.sale", "shop.db", "2nd shop.db")


def test_a_csv_file_is_a_table_even_without_duckdb(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", without_duckdb(__import__("importlib.util").util.find_spec))
    assert ask(bench, "select team from staff where name = 'Ada'", "staff.csv")["rows"] == [["one"]]
    with pytest.raises(ToolFailedError, match="authoriz"):
        ask(bench, "drop table staff", "staff.csv")


def without_duckdb(real: Any) -> Any:
    return lambda name, *more: None if name == "duckdb" else real(name, *more)


class TestDuckDB:
    @pytest.fixture(autouse=True)
    def _files(self, work: Path) -> None:
        duckdb = pytest.importorskip("duckdb", reason="the extra 'sql' is not installed")
        if not (work / "n.parquet").exists():
            with duckdb.connect(str(work / "big.duckdb")) as db:
                db.execute("create table t as select range as n from range(10)")
                db.execute(f"copy t to '{work / 'n.parquet'}'")
            (work / "lines.jsonl").write_text('{"a": 1}\n{"a": 2}\n')

    def test_parquet_csv_json_and_duckdb_are_asked_together(self, bench: Bench) -> None:
        files = ("n.parquet", "staff.csv", "lines.jsonl", "big.duckdb")
        query = "select (select sum(n) from n), (select count(*) from staff), (select sum(a) from lines), (select max(n) from big.t)"
        assert ask(bench, query, *files)["rows"] == [[45, 2, 3, 9]]
        assert ask(bench, "select max(n) from t where n < ?", "big.duckdb", params=[5])["rows"] == [[4]]

    @pytest.mark.parametrize(
        "query",
        [
            "select * from read_text('/etc/passwd')", "select * from read_csv('/etc/passwd')", "select * from glob('/**')",
            "copy (select 1) to '/tmp/x.csv'", "copy n to '/data/0/n.parquet'", "attach '/data/0/n.parquet'", "attach ':memory:' as x",
            "install httpfs", "load httpfs", "load '/tmp/x.so'", "select * from 'http://127.0.0.1:1/x.parquet'", "export database '/tmp/x'",
            "set enable_external_access = true", "reset enable_external_access", "pragma enable_external_access = true", "create table x (y int)",
            "drop view n", "insert into n values (1)", "select 1; select 2", "call pragma_version()", "set memory_limit = '100GB'", "checkpoint",
            "import database '/tmp/x'", "create secret (type s3)", "copy (select 1) to '/data/0/n.parquet' (use_tmp_file false)", "vacuum",
            "select * from read_blob('/proc/self/environ')", "with x as (select 1) insert into n select * from x", "prepare p as select 1",
        ],
    )  # fmt: skip
    def test_duckdb_reads_the_named_files_and_does_nothing_else(self, bench: Bench, work: Path, query: str) -> None:
        before = (work / "n.parquet").read_bytes()
        with pytest.raises(ToolFailedError, match="the query failed"):
            ask(bench, query, "n.parquet")
        assert (work / "n.parquet").read_bytes() == before

    @pytest.mark.parametrize(
        "query",
        [
            "select count(*) from range(10000000000) a, range(1000) b",
            "select list(a) from range(1000000000) t(a)",
            "select repeat('x', 10000000000)",
        ],
    )
    def test_a_bomb_ends(self, bench: Bench, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ergos.drivers.tools.sql.CPU_S", 1)
        with pytest.raises(ToolFailedError):
            ask(bench, query, "n.parquet")


def test_without_a_sandbox_nothing_is_asked(home: Path) -> None:
    with pytest.raises(SandboxMissingError):
        ask(Bench(SqlTool(Workspaces(home, "alice"), None).tools()), "select 1")


def test_asking_changes_nothing(bench: Bench) -> None:
    spec = bench.tools["sql.query"].spec
    assert (spec.effect, spec.goes) == ("pure", "read")
