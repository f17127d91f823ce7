"""The stdio transport of the SDK, over the pipes of a job in a sandbox.

One message is one line of JSON (MCP, "Transports"). Lines that are no messages are the server's log; a server that
writes little else is ended.

Rules: at most one line is in memory, and the next is read when the SDK took this one; nothing here starts a program.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from ergos.base.errors import WorldError
from ergos.base.world_errors import BusError
from ergos.buses.mcp.host.meter import Meter
from ergos.kernel.confinement import Running

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.client._transport import TransportStreams
    from mcp.shared.message import SessionMessage

GRACE_S: Final = 1.0  # seconds a server gets to end by itself once its stdin is closed
END_S: Final = 5.0  # seconds in which a killed one is gone
MARK_BYTES: Final = 200  # bytes of a line in which a message says that it is one
READ_BYTES: Final = 65_536  # bytes read at once; the size of a pipe


@asynccontextmanager
async def over_pipes(running: Running, meter: Meter) -> AsyncGenerator[TransportStreams]:
    """Streams of messages for the SDK, while the job runs; the job is killed at the end."""
    import anyio
    from mcp.shared.message import SessionMessage

    meter.kill = running.kill
    into_session, from_server = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    into_server, from_session = anyio.create_memory_object_stream[SessionMessage](0)
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_inward, running, meter, into_session)
            group.start_soon(_outward, running, meter, from_session, into_session)
            try:
                yield from_server, into_server
            finally:
                group.cancel_scope.cancel()
    finally:
        for stream in (into_session, from_server, into_server, from_session):
            stream.close()
        await _ended(running, meter)


async def _ended(running: Running, meter: Meter) -> None:
    """Close its stdin, give it a moment, then end it, and keep what it wrote to stderr."""
    import anyio

    with anyio.CancelScope(shield=True):
        with anyio.move_on_after(GRACE_S), suppress(WorldError, OSError):
            await running.write(b"")
            while await running.read(READ_BYTES):
                pass
        running.kill()
        with anyio.move_on_after(END_S):
            meter.log.write((await running.wait()).stderr)


async def _inward(running: Running, meter: Meter, into: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    """Lines of the server's stdout as messages, until its end or its first excess."""
    import anyio

    kept: list[bytes] = []
    size = 0
    async with into:
        try:
            while piece := await running.read(READ_BYTES):
                meter.took(len(piece))
                *lines, rest = piece.split(b"\n")
                for line in lines:
                    kept.append(line)
                    await _message(b"".join(kept), meter, into)
                    kept, size = [], 0
                if rest:
                    kept.append(rest)
                    size += len(rest)
                    meter.line(size)
        except BusError:
            pass  # kept by the meter; the end of the stream is what the session sees
        except (WorldError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # one of the two ends has gone
        finally:
            meter.closed = True


async def _message(line: bytes, meter: Meter, into: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    if not line.strip():
        return
    try:
        message = jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        meter.noise(line, meant=b'"jsonrpc"' in line[:MARK_BYTES])
        return
    meter.message()
    await into.send(SessionMessage(message))


async def _outward(
    running: Running,
    meter: Meter,
    messages: MemoryObjectReceiveStream[SessionMessage],
    session: MemoryObjectSendStream[SessionMessage | Exception],
) -> None:
    """The session's messages as lines of the server's stdin; if it reads no more, the session learns of its end."""
    async with messages:
        try:
            async for outgoing in messages:
                text = outgoing.message.model_dump_json(by_alias=True, exclude_unset=True)
                await running.write(text.encode() + b"\n")
        except (WorldError, OSError):
            meter.closed = True
            await session.aclose()
