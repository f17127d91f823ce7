"""table.append: a row stands in the table once, in its columns, and does nothing in a spreadsheet."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import pytest

from ergos.base.errors import ToolFailedError
from ergos.drivers.tools import tables
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.tables import TableTool
from ergos.drivers.tools.workspaces import Workspaces
from tests.drivers.tools.errands import RUNNERS, Bench


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here" / "ledger.csv"


@pytest.fixture
def bench(tmp_path: Path, ledger: Path) -> Bench:
    rooms = {"here": Room(ledger.parent, write=True), "kept": Room(ledger.parent, write=False)}
    return Bench(TableTool(Workspaces(tmp_path / "home", "alice", rooms)).tools())


PATH = "here:/ledger.csv"


def rows(path: Path, mark: str = ",") -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=mark))


def test_the_first_row_gives_a_table_its_columns_and_later_ones_keep_to_them(bench: Bench, ledger: Path) -> None:
    assert bench.do("table.append", path=PATH, row={"b": 1, "a": "x"}) == {"path": PATH, "added": 1, "bytes": 8}
    bench.do("table.append", path=PATH, row={"a": "y", "b": 2})
    bench.do("table.append", path=PATH, row={"a": "z"})
    assert rows(ledger) == [["b", "a"], ["1", "x"], ["2", "y"], ["", "z"]]


def test_values_are_written_as_a_table_holds_them(bench: Bench, ledger: Path) -> None:
    total = {"amount": "12.50", "currency": "EUR"}
    bench.do("table.append", path=PATH, row={"total": total, "yes": True, "none": None, "tags": ["a", "b"]})
    assert rows(ledger)[1] == ["12.50 EUR", "true", "", "a; b"]
    other = "here:/other.csv"
    bench.do("table.append", path=other, row={"total": total, "currency": "EUR"})
    assert rows(ledger.parent / "other.csv")[1] == ["12.50", "EUR"]


def test_what_would_break_a_row_is_quoted(bench: Bench, ledger: Path) -> None:
    text = 'a, "b"\nc; 中文'
    bench.do("table.append", path=PATH, row={"x": text, "y": "\x00\x07bell"})
    with ledger.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["x", "y"], [text, "bell"]]


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =HYPERLINK(1)", "＝1+1", "+49 30 1"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(bench: Bench, ledger: Path, text: str) -> None:
    bench.do("table.append", path=PATH, row={"a": text, "=b": "c"})
    with ledger.open(encoding="utf-8", newline="") as file:
        head, row = csv.reader(file)
    assert (head[1], row[0]) == ("'=b", "'" + text.replace("\r", "\n"))


@pytest.mark.parametrize("text", ["-5.00", "-1,234.50", "+3", "-5 EUR", "-3 %"])
def test_a_negative_number_stays_a_number(bench: Bench, ledger: Path, text: str) -> None:
    bench.do("table.append", path=PATH, row={"a": text})
    assert rows(ledger)[1] == [text]


def test_a_row_with_other_columns_is_refused_and_says_which(bench: Bench, ledger: Path) -> None:
    bench.do("table.append", path=PATH, row={"a": 1})
    with pytest.raises(ToolFailedError, match="it has no column 'b'; its columns are 'a'"):
        bench.do("table.append", path=PATH, row={"a": 1, "b": 2})
    with pytest.raises(ToolFailedError, match="its columns are 'a', and 'b' were asked for"):
        bench.do("table.append", path=PATH, row={"a": 1}, columns=["b"])
    assert rows(ledger) == [["a"], ["1"]]


def test_columns_give_a_new_table_its_order(bench: Bench, ledger: Path) -> None:
    bench.do("table.append", path=PATH, row={"a": 1, "b": 2}, columns=["b", "c", "a"])
    assert rows(ledger) == [["b", "c", "a"], ["2", "", "1"]]


def test_a_repetition_under_the_same_key_adds_no_row(bench: Bench, ledger: Path) -> None:
    bench.do("table.append", "k", path=PATH, row={"a": 1})
    assert bench.do("table.append", "k", path=PATH, row={"a": 1})["added"] == 1
    bench.do("table.append", "l", path=PATH, row={"a": 1})
    assert bench.do("table.append", "k", path=PATH, row={"a": 1})["added"] == 1
    assert rows(ledger) == [["a"], ["1"], ["1"]]


def test_a_change_that_was_begun_and_not_made_is_made_even_where_others_appended(
    bench: Bench, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.do("table.append", path=PATH, row={"a": 1})

    def dies(*_: object) -> None:
        raise ToolFailedError("the power went")

    with monkeypatch.context() as dying:
        dying.setattr(tables, "write_whole", dies)
        with pytest.raises(ToolFailedError, match="the power went"):
            bench.do("table.append", "k", path=PATH, row={"a": 2})
    bench.do("table.append", "other", path=PATH, row={"a": 3})
    bench.do("table.append", "k", path=PATH, row={"a": 2})
    assert rows(ledger) == [["a"], ["1"], ["3"], ["2"]]


def test_where_it_cannot_be_seen_whether_a_row_came_through_it_says_so(bench: Bench, ledger: Path) -> None:
    bench.do("table.append", "k", path=PATH, row={"a": 1})
    ledger.write_text("a,b\n9,9\n8,8\n7,7\n")
    with pytest.raises(ToolFailedError, match="cannot be seen"):
        bench.do("table.append", "k", path=PATH, row={"a": 1})


def test_a_row_that_is_there_is_left_out_where_its_columns_are_unique(bench: Bench, ledger: Path) -> None:
    for number, total in (("A-1", 5), ("A-1", 6), ("A-2", 5)):
        bench.do("table.append", path=PATH, row={"number": number, "total": total}, unique=["number"])
    assert rows(ledger) == [["number", "total"], ["A-1", "5"], ["A-2", "5"]]
    with pytest.raises(ToolFailedError, match="no column 'x'"):
        bench.do("table.append", path=PATH, row={"number": 1}, unique=["x"])


def test_several_rows_are_appended_in_order(bench: Bench, ledger: Path) -> None:
    assert bench.do("table.append", path=PATH, row=[{"a": 1}, {"a": 2, "b": 3}])["added"] == 2
    assert rows(ledger) == [["a", "b"], ["1", ""], ["2", "3"]]


def test_appends_at_once_lose_no_row(bench: Bench, ledger: Path) -> None:
    async def all_of_them() -> None:
        await asyncio.gather(
            *(bench.performed("table.append", f"k{number}", path=PATH, row={"a": number}) for number in range(20))
        )

    RUNNERS[0].run(all_of_them())
    assert sorted(int(row[0]) for row in rows(ledger)[1:]) == list(range(20))


@pytest.mark.parametrize(("head", "mark"), [("a;b\r\n1;2", ";"), ("\ufeffa,b\n1,2\n", ","), ("a\tb\n", "\t")])
def test_a_table_of_others_is_continued_as_it_was_written(bench: Bench, ledger: Path, head: str, mark: str) -> None:
    ledger.write_bytes(head.encode())
    bench.do("table.append", path=PATH, row={"a": "x,y", "b": 3})
    body = ledger.read_bytes()
    assert body.startswith(head.encode())
    assert rows(ledger, mark)[-1] == ["x,y", "3"]
    assert (b"\r\n" in body) == ("\r\n" in head)


def test_what_is_no_table_is_left_alone(bench: Bench, ledger: Path) -> None:
    ledger.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ToolFailedError, match="not UTF-8"):
        bench.do("table.append", path=PATH, row={"a": 1})
    ledger.unlink()
    ledger.mkdir()
    with pytest.raises(ToolFailedError):
        bench.do("table.append", path=PATH, row={"a": 1})


def test_a_folder_that_is_only_read_is_not_written(bench: Bench) -> None:
    with pytest.raises(ToolFailedError, match="read-only"):
        bench.do("table.append", path="kept:/x.csv", row={"a": 1})


def test_a_table_that_would_grow_too_large_is_refused(
    bench: Bench, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.do("table.append", path=PATH, row={"a": "x"})
    monkeypatch.setattr(tables, "TABLE_BYTES_MAX", 20)
    with pytest.raises(ToolFailedError, match="at most 20"):
        bench.do("table.append", path=PATH, row={"a": "y" * 40})
    assert rows(ledger) == [["a"], ["x"]]


@pytest.mark.parametrize(
    "row", [{}, {"": 1}, {"a\nb": 1}, {"a\rb": 1}, {"x" * 101: 1}, {str(n): n for n in range(201)}]
)
def test_a_row_without_proper_columns_is_a_misfit(bench: Bench, row: dict[str, object]) -> None:
    assert bench.misfit("table.append", path=PATH, row=row)  # type: ignore[arg-type]
