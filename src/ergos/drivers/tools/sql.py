"""sql.query: one reading SQL statement over files of the workspace: SQLite, DuckDB, Parquet, CSV, JSON.

Rules: the engine runs in the sandbox and sees the named files, read-only, and no other; what a file is, its first
bytes say. Neither the engine nor the file is trusted: both may be hostile.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
from pathlib import Path
from typing import Annotated, Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ToolFailedError, ValueShapeError
from ergos.base.limits import MIB
from ergos.drivers.tools import sql_worker
from ergos.drivers.tools.confined import beside, reading
from ergos.drivers.tools.declaring import Arguments, Builtin
from ergos.drivers.tools.inside import interpreter, package_binds, sandbox_of
from ergos.drivers.tools.paths import Place, file_of
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.confinement import Bind, Bounds, Job, Sandboxes
from ergos.kernel.packages import Errand

FILES_MAX: Final = 10  # files of one query; SQLite attaches as many
QUERY_CHARS_MAX: Final = 100_000
PARAMS_MAX: Final = 200
ROWS_MAX: Final = 1_000  # rows given back; more belongs into a file
CPU_S: Final = 30  # seconds of computing of one query
WALL_S: Final = 45.0
ADDRESS_BYTES: Final = 4_096 * MIB  # address space: engines reserve much and use little
HEAD_BYTES: Final = 16
SQL_DEADLINE_S: Final = 60.0

_PACKAGES: Final = "/opt/sql"
_SUFFIXES: Final = {".csv": "csv", ".tsv": "csv", ".json": "json", ".ndjson": "json", ".jsonl": "json"}
_NAME: Final = re.compile(r"\W+", re.ASCII)


class Query(Arguments, frozen=True):
    """Arguments of sql.query."""

    query: Annotated[str, msgspec.Meta(min_length=1, max_length=QUERY_CHARS_MAX)]
    files: Annotated[list[str], msgspec.Meta(min_length=1, max_length=FILES_MAX)]
    params: Annotated[list[str | int | float | bool | None], msgspec.Meta(max_length=PARAMS_MAX)] = []
    rows: Annotated[int, msgspec.Meta(ge=1, le=ROWS_MAX)] = 200


class SqlTool:
    """The one tool."""

    def __init__(self, workspaces: Workspaces, sandboxes: Sandboxes | None) -> None:
        self._workspaces: Final = workspaces
        self._sandboxes: Final = sandboxes

    def tools(self) -> tuple[Builtin[Query]]:
        """sql.query."""
        return (
            Builtin(
                "sql.query", Query, self._query, effect="pure", reach="read", deadline_s=SQL_DEADLINE_S, check=_checked
            ),
        )

    async def _query(self, asked: Query, errand: Errand) -> dict[str, Plain]:
        """Ask files of the workspace with one SELECT: SQLite and DuckDB databases, Parquet, CSV, JSON.

        A single database is asked directly; otherwise each file is a table, or a database, of its name without suffix.
        """
        sandboxes = sandbox_of(self._sandboxes)
        job, request = await asyncio.to_thread(self._prepared, asked, errand)
        ended = await sandboxes.run(job, msgspec.json.encode(request))
        if ended.why != "exit":
            raise ToolFailedError(
                f"the query was ended ({ended.why}): it took more time or memory than a query may",
                remedy="ask for less at once",
            )
        try:
            answer: dict[str, Plain] = msgspec.json.decode(ended.stdout, type=dict)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            said = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"status {ended.status}"]
            raise ToolFailedError(f"the engine failed: {said[0][:300]}") from error
        if "wrong" in answer:
            raise ToolFailedError(f"the query failed: {answer['wrong']}", remedy="correct the query")
        return {"columns": answer.get("columns"), "rows": answer.get("rows"), "cut": answer.get("cut")}

    def _prepared(self, asked: Query, errand: Errand) -> tuple[Job, dict[str, object]]:
        duckdb = importlib.util.find_spec("duckdb") is not None
        files: list[dict[str, str]] = []
        binds: list[Bind] = []
        for number, path in enumerate(asked.files):
            place = file_of(path)
            room = self._workspaces.room(place, errand)
            with beside(room, place) as (folder, name), reading(folder, name, place.text) as handle:
                kind = _kind(_head(handle), place)
            target = f"/data/{number}/{place.parts[-1]}"
            binds.append(Bind(str(room.folder.resolve().joinpath(*place.parts)), target))
            files.append({"name": _named(place, files), "path": target, "kind": kind})
        python, own = interpreter()
        packages = package_binds("duckdb", "sql", _PACKAGES, "_duckdb", described=True) if duckdb else ()
        request: dict[str, object] = {
            "files": files,
            "query": asked.query,
            "params": asked.params,
            "rows_max": asked.rows,
            "duckdb": duckdb,
        }
        job = Job(
            command=(python, "-I", "-S", "-B", "sql_worker.py", _PACKAGES),
            pid=errand.pid,
            files={"sql_worker.py": Path(sql_worker.__file__).read_bytes()},
            binds=(*own, *packages, *binds),
            bounds=Bounds(wall_s=WALL_S, cpu_s=CPU_S, memory_bytes=ADDRESS_BYTES, disk_bytes=MIB, processes=32),
        )
        return job, request


def _checked(asked: Query) -> None:
    for path in asked.files:
        file_of(path)
    if "\0" in asked.query:
        raise ValueShapeError("the query holds a NUL")


def _head(handle: int) -> bytes:
    return os.pread(handle, HEAD_BYTES, 0)


def _kind(head: bytes, place: Place) -> str:
    """What a file is. Raises: ToolFailedError."""
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if head[8:12] == b"DUCK":
        return "duckdb"
    if head.startswith(b"PAR1"):
        return "parquet"
    kind = _SUFFIXES.get(Path(place.parts[-1]).suffix.lower())
    if kind is None or b"\0" in head:
        raise ToolFailedError(
            f"{place.text} is no table that can be asked",
            remedy="name a SQLite or DuckDB database, or a .parquet, .csv, .tsv, .json or .jsonl file",
        )
    return kind


def _named(place: Place, others: list[dict[str, str]]) -> str:
    """The file's name as a table's."""
    stem = _NAME.sub("_", Path(place.parts[-1]).stem).strip("_").lower() or "table"
    stem = f"t_{stem}" if stem[0].isdigit() or stem in {"main", "temp", "memory", "system"} else stem
    taken, name, number = {other["name"] for other in others}, stem, 1
    while name in taken:
        number += 1
        name = f"{stem}_{number}"
    return name
