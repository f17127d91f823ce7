"""Public traces of real use as workloads: Azure's 2023 inference traces and TraceLab's sample of coding sessions.

Rules: pure: a trace is text that somebody has read; it is kept as it is but for a pace, which is told, because the
replicas simulated are fewer or more than those it was taken from. A trace that is not of its format is refused.
"""

from __future__ import annotations

import csv
from datetime import datetime
from itertools import groupby
from typing import Final

from ergos.base.errors import UsageError
from ergos.base.ids import Pid
from ergos.sim.grid.programs import Program, Turn, Workload
from ergos.sim.grid.workloads import SECOND_NS, STEMS_A_PROGRAM

OUTPUT_MOST: Final = 4_096  # tokens that callers allow
OWNERS: Final = ("ann", "bob", "cyd", "dan")  # traces name nobody: programs go to owners in turn
MILLISECOND_NS: Final = 1_000_000


def azure(text: str, *, kind: str, pace: float = 1.0, rows_max: int = 1 << 30) -> Workload:
    """Calls one by one, `pace` times as fast as they came. Raises: UsageError."""
    programs: list[Program] = []
    first: datetime | None = None
    length_ns = 0
    for number, row in enumerate(csv.DictReader(text.splitlines()), 1):
        if number > rows_max:
            break
        try:
            at = datetime.fromisoformat(row["TIMESTAMP"][:26])
            prompt, output = int(row["ContextTokens"]), int(row["GeneratedTokens"])
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(
                f"row {number} is not of an Azure trace: {error} — give it TIMESTAMP,ContextTokens,GeneratedTokens"
            ) from error
        first = first or at
        length_ns = int((at - first).total_seconds() / pace * SECOND_NS)
        pid = number * STEMS_A_PROGRAM
        turn = Turn(((pid, max(prompt, 1)),), max(output, 1), OUTPUT_MOST, max(prompt, 1))
        programs.append(Program(Pid(pid), OWNERS[number % len(OWNERS)], kind, length_ns, (((turn,),),)))
    return Workload(tuple(programs), max(length_ns, 1))


def tracelab(text: str, *, copies: int = 1, pace: float = 1.0) -> Workload:
    """Sessions with their pauses, `pace` times as fast, the sample after itself so many times. Raises: UsageError."""
    rows: list[dict[str, int]] = []
    for number, row in enumerate(csv.DictReader(text.splitlines()), 1):
        try:
            rows.append({name: int(value) for name, value in row.items()})
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"row {number} is not of a TraceLab trace: {error} — all of its columns are integers"
            ) from error
    names = {"session_id", "arrival_time", "prefix_len", "input_len", "output_len", "tool_wait_after_ms"}
    if not rows or not names <= set(rows[0]):
        raise UsageError(f"this is no TraceLab trace — it needs the columns {', '.join(sorted(names))}")
    sessions = [list(group) for _, group in groupby(rows, key=lambda row: row["session_id"])]
    span_ns = int((max(rows[0]["arrival_time"] for rows in sessions) + 1) * MILLISECOND_NS / pace)
    programs: list[Program] = []
    for copy in range(copies):
        for session in sessions:
            pid = (len(programs) + 1) * STEMS_A_PROGRAM
            at_ns = copy * span_ns + int(session[0]["arrival_time"] * MILLISECOND_NS / pace)
            owner = OWNERS[session[0]["session_id"] % len(OWNERS)]
            programs.append(Program(Pid(pid), owner, "coding", at_ns, ((tuple(_turns(session, pid, pace)),),)))
    return Workload(tuple(programs), copies * span_ns)


def _turns(session: list[dict[str, int]], pid: int, pace: float) -> list[Turn]:
    turns: list[Turn] = []
    for place, row in enumerate(session):
        last = place + 1 == len(session)
        pause_ns = 0 if last else int(row["tool_wait_after_ms"] * MILLISECOND_NS / pace)
        prompt = row["prefix_len"] + row["input_len"]
        turns.append(Turn(((pid, prompt),), max(row["output_len"], 1), OUTPUT_MOST, max(row["input_len"], 1), pause_ns))
    return turns
