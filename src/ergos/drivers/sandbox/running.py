"""A job as the kernel sees it: its pipes, its end, and a connection to its keeper.

Rules: nothing blocks the loop; what ended is closed. The connection is also the leash: if this process goes, the
keeper notices and ends the job.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable

import msgspec

from ergos.base.errors import WorldError
from ergos.base.ids import Pid
from ergos.base.world_errors import SandboxError
from ergos.drivers.sandbox.captured import Captured
from ergos.drivers.sandbox.keeper import DRAIN, KILL
from ergos.drivers.sandbox.orders import Result, decode_result
from ergos.kernel.confinement import Ended, Job


class RunningJob:
    """One job that goes on."""

    def __init__(self, job: Job, control: socket.socket, result: int, stdin: int = -1, stdout: int = -1) -> None:
        """`stdin`, `stdout`: our ends of the pipes, if it was opened to talk with. Needs a running loop."""
        self.pid: Pid | None = job.pid
        self._job = job
        self._control = control
        self._result = result
        self._stdin = stdin
        self._stdout = stdout
        self._draining = False
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Result | None] = self._loop.create_future()
        for descriptor in (control.fileno(), stdin, stdout):
            if descriptor >= 0:
                os.set_blocking(descriptor, False)
        self._loop.add_reader(control.fileno(), self._finish)

    @property
    def ended(self) -> asyncio.Future[Result | None]:
        """Done when nothing of the job runs any more; None if its keeper did not say how it ended."""
        return self._ended

    async def write(self, piece: bytes) -> None:
        """Into its stdin; b'' closes it. Raises: WorldError if it has gone."""
        if not piece:
            self._close_stdin()
            return
        while piece:
            if self._stdin < 0:
                raise WorldError("the job's input is closed", remedy="start it again")
            try:
                piece = piece[os.write(self._stdin, piece) :]
            except BlockingIOError:
                await self._until(self._stdin, self._loop.add_writer, self._loop.remove_writer)
            except OSError as error:
                self._close_stdin()
                raise WorldError(f"the job has gone: {error.strerror}", remedy="start it again") from error

    async def read(self, limit: int = 65_536) -> bytes:
        """The next piece of its stdout; b'' at its end."""
        while self._stdout >= 0 and not self._draining:
            try:
                piece = os.read(self._stdout, limit)
            except BlockingIOError:
                await self._until(self._stdout, self._loop.add_reader, self._loop.remove_reader)
                continue
            except OSError:
                piece = b""
            if not piece:
                self._close_stdout()
            return piece
        return b""

    async def wait(self) -> Ended:
        """How it ended; stdout is what was not read. Raises: SandboxError where it could not be started."""
        if self._stdout >= 0 and not self._draining:
            self._draining = True
            # The keeper reads the rest, so that the job is not held up; what it does not get to is read here.
            with contextlib.suppress(OSError):
                socket.send_fds(self._control, [DRAIN], [self._stdout])
        result = await asyncio.shield(self._ended)
        rest = Captured(self._job.bounds.output_bytes)
        if self._stdout >= 0:
            rest.read_from(os.dup(self._stdout))
            rest.read_rest()
            self._close_stdout()
        if result is None:
            raise SandboxError("the keeper of a job ended without a word")
        if result.refused:
            raise SandboxError(f"the sandbox did not start the job: {result.refused}")
        return Ended(
            status=result.status,
            why=result.why,
            stdout=result.stdout + rest.content,
            stderr=result.stderr,
            cut=result.cut or rest.cut,
            files=result.files,
            left_out=result.left_out,
        )

    def kill(self) -> None:
        """End it and everything it started, now."""
        with contextlib.suppress(OSError):
            self._control.send(KILL)

    def _finish(self) -> None:
        """The keeper closed its end: it is over."""
        try:
            if self._control.recv(16):
                return
        except BlockingIOError:  # woken for nothing
            return
        except ConnectionError:
            pass  # it went with words of ours unread
        self._loop.remove_reader(self._control.fileno())
        self._control.close()
        self._close_stdin()
        result: Result | None = None
        with contextlib.suppress(msgspec.DecodeError):
            result = decode_result(os.pread(self._result, os.fstat(self._result).st_size, 0))
        os.close(self._result)
        self._ended.set_result(result)

    async def _until(self, descriptor: int, watch: Callable[..., None], forget: Callable[[int], object]) -> None:
        """Wait until a descriptor is ready."""
        ready: asyncio.Future[None] = self._loop.create_future()

        def say() -> None:
            if not ready.done():
                ready.set_result(None)

        watch(descriptor, say)
        try:
            # A reader of its stdout sees the end as an end of the pipe; a writer is woken by it as well.
            await ready
        finally:
            forget(descriptor)

    def _close_stdin(self) -> None:
        if self._stdin >= 0:
            self._loop.remove_writer(self._stdin)
            os.close(self._stdin)
            self._stdin = -1

    def _close_stdout(self) -> None:
        if self._stdout >= 0:
            self._loop.remove_reader(self._stdout)
            os.close(self._stdout)
            self._stdout = -1
