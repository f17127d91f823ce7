"""LangGraph under the same load, to be killed: three nodes, SqliteSaver, durability="sync", WAL and FULL.

    python -m bench.kill_langgraph FOLDER

A job is a thread; after a restart every unfinished thread is resumed from its last checkpoint.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph

from bench import outside
from bench.joblist import JobList

FOLDER = Path(sys.argv[1])


class Job(TypedDict):
    """State of a thread."""

    job: str
    published: bool


def _charge(state: Job) -> Job:
    outside.perform(FOLDER, "charge", state["job"])
    return state


def _put(state: Job) -> Job:
    outside.perform(FOLDER, "put", state["job"], f"{state['job']}/put")
    return state


def _publish(state: Job) -> Job:
    outside.perform(FOLDER, "publish", state["job"])
    return {"job": state["job"], "published": True}


def main() -> None:
    connection = sqlite3.connect(FOLDER / "langgraph.db", check_same_thread=False)
    saver = SqliteSaver(connection)
    saver.setup()
    connection.execute("PRAGMA synchronous = FULL")
    builder = StateGraph(Job)
    for name, node in (("charge", _charge), ("put", _put), ("publish", _publish)):
        builder.add_node(name, node)
    for before, after in ((START, "charge"), ("charge", "put"), ("put", "publish"), ("publish", END)):
        builder.add_edge(before, after)
    graph = builder.compile(checkpointer=saver)
    jobs = JobList(FOLDER)

    def slot() -> None:
        while (job := jobs.take()) is not None:
            config = {"configurable": {"thread_id": job}}
            while not (known := graph.get_state(config)).values.get("published"):
                # A thread that has not got beyond its input has no node to resume: it is begun again.
                begun = "job" in known.values
                graph.invoke(None if begun else {"job": job, "published": False}, config, durability="sync")
            jobs.finished(job)

    with ThreadPoolExecutor(outside.IN_FLIGHT) as pool:
        slots = [pool.submit(slot) for _ in range(outside.IN_FLIGHT)]
        os.write(1, b"ready\n")
        for one in slots:
            one.result()


if __name__ == "__main__":
    main()
