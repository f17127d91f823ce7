"""Messages over the pipes of a job: lines in, lines out, however they are cut, and nothing without an end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCNotification

from ergos.base.errors import WorldError
from ergos.buses.mcp.host.meter import LINE_BYTES_MAX, Log, Meter
from ergos.buses.mcp.host.pipe import over_pipes
from ergos.kernel.confinement import Ended
from tests.buses.mcp.host.stage import stage

NOTE = b'{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'


class Told:
    """A job that says what it was told to say, piece by piece."""

    def __init__(self, *pieces: bytes, hangs: bool = False) -> None:
        self.pieces = list(pieces)
        self.hangs = hangs
        self.got: list[bytes] = []
        self.killed = False

    async def write(self, piece: bytes) -> None:
        if self.killed:
            raise WorldError("gone")
        self.got.append(piece)

    async def read(self, limit: int = 65_536) -> bytes:
        await asyncio.sleep(0)
        if self.pieces:
            return self.pieces.pop(0)
        while self.hangs and not self.killed:  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
        return b""

    async def wait(self) -> Ended:
        return Ended(status=0, why="exit", stderr=b"its log")

    def kill(self) -> None:
        self.killed = True


async def heard(job: Told, meter: Meter) -> int:
    """How many messages come in before the end."""
    count = 0
    async with over_pipes(job, meter) as (messages, _):
        async for message in messages:
            assert isinstance(message, SessionMessage)
            count += 1
    return count


@pytest.mark.parametrize(
    ("pieces", "count"),
    [
        ([], 0),
        ([NOTE + b"\n"], 1),
        ([NOTE], 0),
        ([NOTE + b"\n" + NOTE + b"\r\n\n\n"], 2),
        ([bytes([letter]) for letter in NOTE + b"\n" + NOTE + b"\n"], 2),
        ([b"hello\n", NOTE + b"\n", b"[1, 2]\n{}\nnull\n\xff\n"], 1),
    ],
)
def test_a_message_is_a_line_however_it_is_cut(pieces: list[bytes], count: int) -> None:
    async def test() -> None:
        job, meter = Told(*pieces), Meter("srv", Log())
        assert await heard(job, meter) == count
        assert job.killed
        assert meter.closed
        assert meter.fault is None
        assert "its log" in meter.log.lines

    stage(test)


def test_what_is_sent_is_a_line_each() -> None:
    async def test() -> None:
        job, meter = Told(hangs=True), Meter("srv", Log())
        async with over_pipes(job, meter) as (_, out):
            await out.send(SessionMessage(JSONRPCNotification(jsonrpc="2.0", method="a/b", params={"x": "line\nend"})))
            while not job.got:  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0)
        assert job.got == [b'{"jsonrpc":"2.0","method":"a/b","params":{"x":"line\\nend"}}\n', b""]
        assert job.killed, "a server that does not end by itself is ended"

    stage(test)


def test_a_line_without_an_end_is_cut_off() -> None:
    async def test() -> None:
        job = Told(*[b"x" * 1_000_000] * 40)
        meter = Meter("srv", Log())
        assert await heard(job, meter) == 0
        assert meter.fault is not None
        assert f"{LINE_BYTES_MAX:,}" in meter.fault.what

    stage(test)


def test_a_job_that_has_gone_ends_the_session() -> None:
    async def test() -> None:
        job, meter = Told(hangs=True), Meter("srv", Log())

        @contextlib.asynccontextmanager
        async def gone() -> AsyncIterator[None]:
            yield

        async with over_pipes(job, meter) as (messages, out), gone():
            job.killed = True
            await out.send(SessionMessage(JSONRPCNotification(jsonrpc="2.0", method="a/b")))
            assert [one async for one in messages] == []
        assert meter.closed

    stage(test)
