"""DBOS under the same load, to be killed: three steps of a workflow, SQLite in WAL with FULL.

    python -m bench.kill_dbos FOLDER

A job is a workflow; DBOS recovers what was pending when it is launched again.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dbos import DBOS, SetWorkflowID

from bench import outside, rival_dbos
from bench.joblist import JobList

FOLDER = Path(sys.argv[1])
POLL_S = 0.01


@DBOS.step()
def charge(job: str) -> str:
    """Takes money."""
    outside.perform(FOLDER, "charge", job)
    return job


@DBOS.step()
def put(job: str) -> str:
    """Stores under a key."""
    outside.perform(FOLDER, "put", job, f"{job}/put")
    return job


@DBOS.step()
def publish(job: str) -> str:
    """Publishes."""
    outside.perform(FOLDER, "publish", job)
    return job


@DBOS.workflow()
def work(job: str) -> str:
    """One job."""
    charge(job)
    put(job)
    return publish(job)


def main() -> None:
    rival_dbos.launch(FOLDER / "dbos.db", threads=outside.IN_FLIGHT)
    jobs = JobList(FOLDER)

    def slot() -> None:
        while (job := jobs.take()) is not None:
            with SetWorkflowID(f"job-{job}"):
                handle = DBOS.start_workflow(work, job)
            handle.get_result(polling_interval_sec=POLL_S)
            jobs.finished(job)

    with ThreadPoolExecutor(outside.IN_FLIGHT) as pool:
        slots = [pool.submit(slot) for _ in range(outside.IN_FLIGHT)]
        os.write(1, b"ready\n")
        for one in slots:
            one.result()
    DBOS.destroy()


if __name__ == "__main__":
    main()
