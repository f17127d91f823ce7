"""table.append: a row at the end of a CSV file, once, in the columns that the file has.

    {"path": "here:/ledger.csv", "row": {"supplier": "Acme", "total": {"amount": "12.50", "currency": "EUR"}}}

Rules: the first row made gives the file its columns; a row with others is refused and says so, because a table that
changes its shape in the middle is none. A cell that a spreadsheet would take for a formula is quoted. A repetition
under the same key finds its own row and adds none. The file is replaced whole, so a reader sees all of it or none.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, cast

import msgspec

from ergos.base.amounts import money
from ergos.base.canonical import Plain, digest, encode
from ergos.base.errors import ToolFailedError, ValueShapeError
from ergos.base.limits import MIB
from ergos.drivers.tools.confined import Room, beside, look, pieces, reading, write_whole
from ergos.drivers.tools.declaring import Arguments, Builtin
from ergos.drivers.tools.paths import Place, file_of
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.packages import Errand

TABLE_BYTES_MAX: Final = 16 * MIB  # bytes of a table; each change writes it whole
COLUMNS_MAX: Final = 200  # columns of a table
ROWS_MAX: Final = 1_000  # rows of one call
CELL_CHARS_MAX: Final = 10_000  # characters of a cell
NAME_CHARS_MAX: Final = 100  # characters of a column's name

_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"[-+]?[0-9][0-9.,]*(?: ?[A-Z]{3}| ?%)?")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_NAME: Final = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]


class AppendRow(Arguments, frozen=True):
    """Arguments of table.append."""

    path: str
    row: dict[str, Any] | Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1, max_length=ROWS_MAX)]
    columns: Annotated[list[_NAME], msgspec.Meta(max_length=COLUMNS_MAX)] = []  # type: ignore[valid-type]
    unique: Annotated[list[_NAME], msgspec.Meta(max_length=COLUMNS_MAX)] = []  # type: ignore[valid-type]


class TableTool:
    """The one tool."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces: Final = workspaces

    def tools(self) -> tuple[Builtin[AppendRow]]:
        """table.append."""
        return (
            Builtin(
                "table.append", AppendRow, self._append, effect="idempotent", reach="own", echoes=True,
                roles={"path": "target", "row": "text", "columns": "plain", "unique": "plain"}, check=_checked,
            ),
        )  # fmt: skip

    async def _append(self, asked: AppendRow, errand: Errand) -> dict[str, Plain]:
        """Append a row, or several, to a CSV file; the file is made where there is none.

        `columns` gives a new file its columns in order; `unique` names columns by which a row that is there already is
        left out.
        """
        place = file_of(asked.path)
        room = self._workspaces.room(place, errand, write=True)

        def work() -> dict[str, Plain]:
            with self._workspaces.changing(room):
                return self._changed(room, place, asked, errand)

        return await asyncio.to_thread(work)

    def _changed(self, room: Room, place: Place, asked: AppendRow, errand: Errand) -> dict[str, Plain]:
        with beside(room, place, make=True) as (folder, name):
            old = b"" if look(folder, name) is None else _whole(folder, name, place)
            note = self._workspaces.begun(errand)
            if isinstance(note, dict) and _came_through(old, note, place):
                return {"path": place.text, "added": cast("int", note.get("added", 0)), "bytes": len(old)}
            table = _Table(old, place)
            rows = table.fitting(_rows(asked), asked.columns, asked.unique)
            added = table.written(rows)
            new = table.head + added
            if len(new) > TABLE_BYTES_MAX:
                raise ToolFailedError(
                    f"{place.text} would have {len(new):,} bytes; at most {TABLE_BYTES_MAX:,}",
                    remedy="begin another file",
                )
            if rows:
                self._workspaces.begin(errand, _note(old, table.head, added, len(rows)))
                write_whole(folder, name, new, place.text, digest(errand.idempotency_key.encode()))
            return {"path": place.text, "added": len(rows), "bytes": len(new)}


class _Table:
    """A CSV file: its columns, how it is written, and what it holds."""

    def __init__(self, body: bytes, place: Place) -> None:
        self._place: Final = place
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ToolFailedError(f"{place.text} is not UTF-8 text", remedy="save it as UTF-8") from error
        first = text.split("\n", 1)[0].rstrip("\r")
        self._end: Final = "\r\n" if "\r\n" in text[:10_000] else "\n"
        self._mark: Final = "\t" if place.parts[-1].lower().endswith(".tsv") else _mark(first)
        self._rows: Final = _read(text, self._mark, place)
        self.columns: list[str] = self._rows[0] if self._rows else []
        self.head = body if not body or body.endswith(b"\n") else body + self._end.encode()

    def fitting(
        self, rows: Sequence[Mapping[str, Plain]], columns: Sequence[str], unique: Sequence[str]
    ) -> list[list[str]]:
        """The rows as cells in the table's columns. Raises: ToolFailedError where they do not fit."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        if not self.columns:
            self.columns = list(columns) or names
            self.head += self._line([_safe(name) for name in self.columns])
        elif columns and list(columns) != self.columns:
            raise self._misfit(f"its columns are {_listed(self.columns)}, and {_listed(columns)} were asked for")
        if more := [name for name in names if name not in self.columns]:
            raise self._misfit(f"it has no column {_listed(more)}; its columns are {_listed(self.columns)}")
        if missing := [name for name in unique if name not in self.columns]:
            raise self._misfit(f"it has no column {_listed(missing)} by which rows could be told apart")
        made = [[_safe(_cell(row.get(name), row)) for name in self.columns] for row in rows]
        if not unique:
            return made
        places = [self.columns.index(name) for name in unique]
        seen = {tuple(row[place] if place < len(row) else "" for place in places) for row in self._rows[1:]}
        kept: list[list[str]] = []
        for row in made:
            key = tuple(row[place] for place in places)
            if key not in seen:
                seen.add(key)
                kept.append(row)
        return kept

    def written(self, rows: Sequence[Sequence[str]]) -> bytes:
        """The bytes of these rows."""
        return b"".join(self._line(row) for row in rows)

    def _line(self, cells: Sequence[str]) -> bytes:
        out = io.StringIO()
        csv.writer(out, delimiter=self._mark, lineterminator=self._end).writerow(cells)
        return out.getvalue().encode()

    def _misfit(self, what: str) -> ToolFailedError:
        return ToolFailedError(
            f"the row does not fit {self._place.text}: {what}", remedy="use another file, or change the table by hand"
        )


def _note(old: bytes, head: bytes, added: bytes, count: int) -> dict[str, Plain]:
    return {
        "old": digest(old),
        "at": len(head),
        "head": digest(head),
        "row": digest(added),
        "bytes": len(added),
        "added": count,
    }


def _came_through(body: bytes, note: dict[str, Plain], place: Place) -> bool:
    """Whether the rows of an earlier attempt stand where they were to stand. Others may have appended since.

    Raises: ToolFailedError where the file before them was changed, so that it cannot be seen.
    """
    at, length = note.get("at"), note.get("bytes")
    if not isinstance(at, int) or not isinstance(length, int):
        return False
    if digest(body[at : at + length]) == note.get("row") and digest(body[:at]) == note.get("head"):
        return True
    if digest(body) == note.get("old") or digest(body[:at]) == note.get("head"):  # nobody, or others, have appended
        return False
    raise ToolFailedError(
        f"{place.text} was changed by somebody else since this call began; whether it came through cannot be seen",
        remedy="look at the table and decide",
    )


def _rows(asked: AppendRow) -> list[dict[str, Plain]]:
    return [asked.row] if isinstance(asked.row, dict) else list(asked.row)


def _checked(asked: AppendRow) -> None:
    file_of(asked.path)
    for row in _rows(asked):
        if not row:
            raise ValueShapeError("the row has no columns")
        if len(row) > COLUMNS_MAX:
            raise ValueShapeError(f"the row has {len(row)} columns; at most {COLUMNS_MAX}")
        for name in row:
            if not name.strip() or len(name) > NAME_CHARS_MAX or _UNSEEN.search(name) or name.splitlines() != [name]:
                raise ValueShapeError(f"{name[:40]!r} is no name of a column")


def _cell(value: Plain, row: Mapping[str, Plain]) -> str:
    """A value in one cell; an amount with its currency, unless the row has a column for that."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        amount = money(value)
        if amount is not None and set(value) == {"amount", "currency"}:
            alone = not amount.currency or row.get("currency") == amount.currency
            return f"{amount.amount:f}" if alone else f"{amount.amount:f} {amount.currency}"
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        value = "; ".join(str(one) for one in value)
    text = encode(value, what="a cell").decode() if isinstance(value, dict | list) else str(value)
    if len(text) > CELL_CHARS_MAX:
        raise ToolFailedError(f"a cell would have {len(text):,} characters; at most {CELL_CHARS_MAX:,}")
    return _UNSEEN.sub("", "\n".join(text.splitlines()))


def _safe(text: str) -> str:
    """A cell that no spreadsheet runs: what it would take for a formula begins with an apostrophe.

    Source: OWASP, CSV injection.
    """
    bare = text.lstrip()
    return f"'{text}" if bare.startswith(_FORMULA) and not _NUMBER.fullmatch(bare) else text


def _mark(first: str) -> str:
    """What separates the cells of a file, by its first line."""
    return max((",", ";", "\t"), key=lambda mark: (first.count(mark), mark == ","))


def _read(text: str, mark: str, place: Place) -> list[list[str]]:
    try:
        return [row for row in csv.reader(io.StringIO(text), delimiter=mark) if row]
    except csv.Error as error:
        raise ToolFailedError(f"{place.text} is no table: {error}", remedy="use another file") from error


def _whole(folder: int, name: str, place: Place) -> bytes:
    with reading(folder, name, place.text) as handle:
        body = b"".join(pieces(handle, TABLE_BYTES_MAX + 1))
    if len(body) > TABLE_BYTES_MAX:
        raise ToolFailedError(f"{place.text} has more than {TABLE_BYTES_MAX:,} bytes", remedy="begin another file")
    return body


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name[:40]) for name in names[:20])
