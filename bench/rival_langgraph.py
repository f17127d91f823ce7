"""LangGraph with its SQLite checkpointer, at its best durable setting. Run as a process of its own.

    python -m bench.rival_langgraph async 100 3        one JSON line on stdout

A durable call is a super-step: one node that returns a number, and the checkpoint after it. The saver opens
the file in WAL mode itself and leaves `synchronous` at SQLite's default; here it is set to FULL and asked back.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import TypedDict

import msgspec
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph

from bench.calls import CallsRun
from bench.kernels import cpu_s


class Count(TypedDict):
    """The state of one thread."""

    done: int
    wanted: int


async def _step(state: Count) -> dict[str, int]:
    return {"done": state["done"] + 1}


def _more(state: Count) -> str:
    return "step" if state["done"] < state["wanted"] else END


async def run(folder: Path, durability: str, threads: int, steps: int) -> CallsRun:
    """All threads at once, each `steps` super-steps."""
    path = folder / "langgraph.db"
    builder = StateGraph(Count)
    builder.add_node("step", _step)
    builder.add_edge(START, "step")
    builder.add_conditional_edges("step", _more)
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        await saver.setup()
        await saver.conn.execute("PRAGMA synchronous = FULL")
        graph = builder.compile(checkpointer=saver)

        async def one(number: int, wanted: int) -> None:
            config = {"configurable": {"thread_id": str(number)}, "recursion_limit": wanted + 5}
            await graph.ainvoke({"done": 0, "wanted": wanted}, config, durability=durability)

        await one(-1, 1)
        wall, cpu = time.perf_counter(), cpu_s()
        await asyncio.gather(*[one(number, steps) for number in range(threads)])
        wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
        level = (await (await saver.conn.execute("PRAGMA synchronous")).fetchone() or (-1,))[0]
        journal = (await (await saver.conn.execute("PRAGMA journal_mode")).fetchone() or ("?",))[0]
    return CallsRun(threads * steps, wall, cpu, int(level), str(journal))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ergos-bench-") as folder:
        found = asyncio.run(run(Path(folder), sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")


if __name__ == "__main__":
    main()
