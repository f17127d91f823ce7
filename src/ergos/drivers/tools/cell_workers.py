"""Interpreters that stay for a while: one for each process that runs cells, in a sandbox of its own.

Starting one costs a hundred times what a step of a cell does, and a cell that calls ten tools has eleven steps.

Rules: an interpreter serves one process of one agent and nobody else; it ends when it was idle for a while, when it
did not answer in time or not with one line, after a number of requests, and when its process is killed. Steps are
pure, so one whose interpreter had gone is asked again of a fresh one, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ergos.base.errors import ErgosError, ToolFailedError, WorldError
from ergos.base.ids import Pid
from ergos.kernel.confinement import Job, Running, Sandboxes

IDLE_S: Final = 20.0  # seconds an interpreter waits for the next step; some 30 MB of memory meanwhile
WORKERS_MAX: Final = 16  # interpreters that wait; the one that waited longest makes room
REQUESTS_MAX: Final = 500  # steps of one interpreter; a fresh one now and then keeps what leaks small
STDERR_CHARS: Final = 300


class Worker:
    """One interpreter."""

    def __init__(self, running: Running, pid: Pid) -> None:
        self.running: Final = running
        self.pid: Final = pid
        self.asked = 0
        self.alarm: asyncio.TimerHandle | None = None

    async def ask(self, request: bytes, most: int) -> bytes:
        """Its answer, one line under the number of the request.

        Raises: WorldError when it has gone, ToolFailedError for anything but that line.
        """
        self.asked += 1
        number = b"%d " % self.asked
        await self.running.write(number + request + b"\n")
        answer = bytearray()
        while not answer.endswith(b"\n"):
            piece = await self.running.read()
            if not piece:
                raise WorldError("the interpreter of the cell has gone")
            answer += piece
            if len(answer) > most:
                raise ToolFailedError(
                    "the cell gave back too much", remedy="let it return less, or call tools with less"
                )
        if answer.count(b"\n") != 1 or not answer.startswith(number):
            raise ToolFailedError("the interpreter of the cell answered something else than was asked")
        return bytes(answer).removeprefix(number)


class CellWorkers:
    """All that wait for a next step."""

    def __init__(self) -> None:
        self._waiting: Final[dict[Pid, Worker]] = {}
        self._ending: Final[set[asyncio.Task[str]]] = set()

    async def ask(
        self, sandboxes: Sandboxes, pid: Pid, job: Callable[[], Job], request: bytes, *, most: int, within_s: float
    ) -> bytes:
        """The answer to a request. Raises: ToolFailedError, SandboxError, PortMissingError; cancelling ends it."""
        kept = self._take(pid)
        if kept is not None:
            try:
                return await self._asked(kept, request, most, within_s)
            except WorldError as error:
                if isinstance(error, ToolFailedError):
                    raise
        worker = Worker(await sandboxes.open(await asyncio.to_thread(job)), pid)
        try:
            return await self._asked(worker, request, most, within_s)
        except ToolFailedError:
            raise
        except WorldError as error:
            said = await self._ended(worker)
            raise ToolFailedError(f"the interpreter of the cell failed: {said or error.what}") from error

    async def _asked(self, worker: Worker, request: bytes, most: int, within_s: float) -> bytes:
        good = False
        try:
            async with asyncio.timeout(within_s):
                answer = await worker.ask(request, most)
            good = True
            return answer
        except TimeoutError as error:
            raise ToolFailedError("the cell did not come to an end in time", remedy="let it do less at once") from error
        finally:
            if good and worker.asked < REQUESTS_MAX:
                self._keep(worker)
            else:
                self._retire(worker)

    def _take(self, pid: Pid) -> Worker | None:
        worker = self._waiting.pop(pid, None)
        if worker is not None and worker.alarm is not None:
            worker.alarm.cancel()
        return worker

    def _keep(self, worker: Worker) -> None:
        older = self._take(worker.pid)
        if older is not None:
            self._retire(older)
        if len(self._waiting) >= WORKERS_MAX:
            longest = self._take(next(iter(self._waiting)))
            assert longest is not None
            self._retire(longest)
        worker.alarm = asyncio.get_running_loop().call_later(IDLE_S, self._bored, worker)
        self._waiting[worker.pid] = worker

    def _bored(self, worker: Worker) -> None:
        if self._waiting.get(worker.pid) is worker:
            del self._waiting[worker.pid]
        self._retire(worker)

    def _retire(self, worker: Worker) -> None:
        worker.running.kill()
        task = asyncio.get_running_loop().create_task(self._ended(worker))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    @staticmethod
    async def _ended(worker: Worker) -> str:
        """Wait for its end, which closes its pipes; the last thing it said of what went wrong."""
        try:
            ended = await worker.running.wait()
        except ErgosError as error:
            return error.what[:STDERR_CHARS]
        lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:STDERR_CHARS] if lines else ""
