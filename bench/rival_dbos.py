"""DBOS on SQLite, at its best durable setting. Run as a process of its own.

    python -m bench.rival_dbos 100 3        one JSON line on stdout

A durable call is a step of a workflow. By default DBOS leaves the file in rollback-journal mode and starts a
thread for every workflow; here the file is made in WAL mode beforehand, every connection is set to FULL, and
eight threads run the workflows, which is the fastest durable setting known to us.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import sqlalchemy
from dbos import DBOS, DBOSConfig

from bench.calls import CallsRun
from bench.kernels import cpu_s

THREADS = 8
_levels: set[int] = set()


@DBOS.step()
def one_step(number: int) -> int:
    """Does nothing."""
    return number


@DBOS.workflow()
def workflow(steps: int) -> int:
    """Steps one after another."""
    for number in range(steps):
        one_step(number)
    return steps


@sqlalchemy.event.listens_for(sqlalchemy.engine.Engine, "connect")
def _full(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = FULL")
    _levels.add(int(cursor.execute("PRAGMA synchronous").fetchone()[0]))
    cursor.close()


def launch(path: Path, *, threads: int = THREADS) -> None:
    """Start DBOS on this file; it recovers what was pending."""
    made = sqlite3.connect(path)
    made.execute("PRAGMA journal_mode = WAL")
    made.close()
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": f"sqlite:///{path}",
        "max_executor_threads": threads,
        "application_version": "bench",
        "executor_id": "bench",
        "log_level": "CRITICAL",
        "enable_otlp": False,
    }
    DBOS(config=config)
    DBOS.launch()


def run(folder: Path, workflows: int, steps: int) -> CallsRun:
    """All workflows at once, each `steps` steps."""
    path = folder / "dbos.db"
    launch(path)
    DBOS.start_workflow(workflow, 1).get_result(polling_interval_sec=0.02)
    wall, cpu = time.perf_counter(), cpu_s()
    handles = [DBOS.start_workflow(workflow, steps) for _ in range(workflows)]
    for handle in handles:
        handle.get_result(polling_interval_sec=0.05)
    wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
    mode = str(sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone()[0])
    level = min(_levels)
    DBOS.destroy()
    return CallsRun(workflows * steps, wall, cpu, level, mode)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ergos-bench-") as folder:
        found = run(Path(folder), int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")


if __name__ == "__main__":
    main()
