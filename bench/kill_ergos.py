"""A kernel under load, to be killed: keeps jobs in flight until told to stop. Run as a process of its own.

    python -m bench.kill_ergos FOLDER

Its owner answers what is in doubt the way an owner does: by looking whether it happened.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from bench import outside
from bench.kernels import Opened, open_kernel
from ergos.base.ids import Pid
from ergos.kernel.packages import Definition
from ergos.runtime.kernel import Kernel

LOOK_S = 0.02  # seconds between two looks into the inbox


async def _owner(opened: Opened, folder: Path) -> None:
    """Answer every call in doubt by the truth."""
    while True:
        for item in await opened.store.items(None, 1000):
            job = str(int(item.pid))
            done = outside.happened(folder, "charge", job)
            await opened.kernel.desk.answer(item.id, "done" if done else "redo", "owner", job if done else None)
        await asyncio.sleep(LOOK_S)


async def _slot(kernel: Kernel, definition: Definition, folder: Path, pid: Pid | None) -> None:
    """One job after another, beginning with one that is under way."""
    while pid is not None or not outside.stopping(folder):
        pid = pid if pid is not None else await kernel.desk.spawn(definition, "owner")
        await kernel.desk.end_of(pid)
        pid = None


async def main(folder: Path) -> None:
    """Run until stopped and finished."""
    opened = open_kernel(folder)
    definition = opened.agent("worker", Path(__file__).with_name("kill_agents.py"))
    async with opened.kernel as kernel:
        live: list[Pid | None] = [process.pid for process in await opened.store.processes(live_only=True)]
        live += [None] * (outside.IN_FLIGHT - len(live))
        owner = asyncio.create_task(_owner(opened, folder))
        slots = [asyncio.create_task(_slot(kernel, definition, folder, pid)) for pid in live]
        fault = asyncio.create_task(kernel.fault())
        os.write(1, b"ready\n")
        await asyncio.wait([asyncio.gather(*slots), fault, owner], return_when=asyncio.FIRST_COMPLETED)
        for task in (owner, fault):
            if task.done():
                sys.stderr.write(f"kernel stopped: {task.exception() or task.result()}\n")
                sys.exit(1)
            task.cancel()
        for slot in slots:
            slot.result()


if __name__ == "__main__":
    os.environ["ERGOS_KILL_FOLDER"] = sys.argv[1]
    asyncio.run(main(Path(sys.argv[1])))
