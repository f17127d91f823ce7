"""A server that runs without a sandbox, because its owner said so in so many words (`sandbox = false`).

It has all its owner's rights but not their environment: it gets what its settings name, and nothing else.

Rules: its own process group, which ends with it; what it writes to stderr is kept up to a bound and read to the end, so
that it never blocks on it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import Final

from ergos.base.errors import WorldError
from ergos.base.world_errors import SandboxError
from ergos.kernel.confinement import Ended, Job

END_S: Final = 5.0  # seconds in which a killed program is gone; a kernel that needs longer is in trouble


class BareRunning:
    """A program with pipes, in its own process group."""

    def __init__(self, process: asyncio.subprocess.Process, output_bytes: int) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process: Final = process
        self._in: Final = process.stdin
        self._out: Final = process.stdout
        self._errors: Final = bytearray()
        self._bytes_max: Final = output_bytes
        self._killed = False
        self._draining: Final = asyncio.get_running_loop().create_task(self._drain(process.stderr))

    async def write(self, piece: bytes) -> None:
        """Into its stdin; b'' closes it. Raises: WorldError if it has gone."""
        try:
            if piece:
                self._in.write(piece)
                await self._in.drain()
            else:
                self._in.close()
        except (OSError, RuntimeError) as error:
            raise WorldError("the program has gone") from error

    async def read(self, limit: int = 65_536) -> bytes:
        """The next piece of its stdout; b'' at its end."""
        return await self._out.read(limit)

    async def wait(self) -> Ended:
        """How it ended."""
        rest = asyncio.get_running_loop().create_task(self._rest())
        try:
            status = await self._process.wait()  # which waits for the ends of its pipes, too
            await asyncio.wait({rest, self._draining}, timeout=END_S)
        finally:
            for reading in (rest, self._draining):
                reading.cancel()
            # What escaped the process group may hold the pipes open; nobody reads them any more.
            self._process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001
        return Ended(
            status=status if status >= 0 else 128 - status,
            why="killed" if self._killed else ("exit" if status >= 0 else "signal"),
            stdout=rest.result() if rest.done() and not rest.cancelled() else b"",
            stderr=bytes(self._errors),
            cut=len(self._errors) >= self._bytes_max,
        )

    def kill(self) -> None:
        """End it and everything in its process group, now."""
        self._killed = True
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._in.close()

    async def _rest(self) -> bytes:
        """What of its stdout nobody read, up to the bound; all of it is taken, so that its end is seen."""
        kept = bytearray()
        while piece := await self._out.read(65_536):
            kept.extend(piece[: self._bytes_max - len(kept)])
        return bytes(kept)

    async def _drain(self, stream: asyncio.StreamReader) -> None:
        while piece := await stream.read(65_536):
            self._errors.extend(piece)
            del self._errors[: max(0, len(self._errors) - self._bytes_max)]


class BareSandboxes:
    """No sandbox at all, behind the port of one."""

    name: Final = "none"

    async def open(self, job: Job) -> BareRunning:
        """Start a program that talks through its pipes. Raises: SandboxError."""
        try:
            process = await asyncio.create_subprocess_exec(
                *job.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=dict(job.env),
                cwd=job.folder or None,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise SandboxError(
                f"{job.command[0]!r} could not be started: {error}", remedy="see that the command is there"
            ) from error
        return BareRunning(process, job.bounds.output_bytes)
