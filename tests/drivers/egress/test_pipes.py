"""What comes from one side leaves by the other, whole, in order, and no faster than it is taken."""

from __future__ import annotations

import asyncio
import socket

from ergos.drivers.egress.pipes import Pipe, flowing
from tests.drivers.http.wires import WAIT_S, run


async def end(pipe: Pipe) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The far end of a connection whose near end is this pipe."""
    near, far = socket.socketpair()
    await asyncio.get_running_loop().create_connection(lambda: pipe, sock=near)
    return await asyncio.open_connection(sock=far)


async def joined(bytes_max: int | None = None, deadline_s: float | None = None):
    one, other = Pipe(bytes_max), Pipe(bytes_max)
    left, right = await end(one), await end(other)
    return one, other, left, right, asyncio.ensure_future(flowing(one, other, deadline_s))


def test_each_side_may_end_before_the_other_and_nothing_is_lost() -> None:
    async def test() -> None:
        one, other, (left_in, left_out), (right_in, right_out), done = await joined()
        left_out.write(b"question")
        left_out.write_eof()
        async with asyncio.timeout(WAIT_S):
            assert await right_in.read() == b"question"
            right_out.write(b"a" * 3_000_000)
            right_out.write_eof()
            assert await left_in.read() == b"a" * 3_000_000
            assert await done
        assert (one.count, other.count) == (8, 3_000_000)
        left_out.close()
        right_out.close()

    run(test)


def test_what_came_before_they_were_joined_comes_first() -> None:
    async def test() -> None:
        one, other = Pipe(), Pipe()
        (_, left_out), (right_in, right_out) = await end(one), await end(other)
        left_out.write(b"early ")
        left_out.write_eof()
        await asyncio.sleep(0.01)
        done = asyncio.ensure_future(flowing(one, other, None))
        async with asyncio.timeout(WAIT_S):
            assert await right_in.read() == b"early "
            right_out.close()
            await done
        left_out.close()

    run(test)


def test_a_side_that_does_not_read_holds_the_other_back() -> None:
    async def test() -> None:
        _, other, (_, left_out), (_, right_out), done = await joined()
        try:
            async with asyncio.timeout(0.2):
                while True:
                    left_out.write(b"x" * 100_000)
                    await left_out.drain()
        except TimeoutError:
            pass
        assert other.transport.get_write_buffer_size() < 2_000_000
        done.cancel()
        left_out.transport.abort()
        right_out.transport.abort()
        await asyncio.sleep(0.01)

    run(test)


def test_a_bound_on_bytes_cuts_both() -> None:
    async def test() -> None:
        one, _, (left_in, left_out), (right_in, right_out), done = await joined(bytes_max=1_000)
        left_out.write(b"x" * 2_000)
        async with asyncio.timeout(WAIT_S):
            await done
            assert len(await right_in.read()) <= 1_000
        assert one.full
        left_out.close()
        right_out.close()
        del left_in

    run(test)


def test_a_bound_on_time_cuts_both() -> None:
    async def test() -> None:
        _, _, (left_in, left_out), (_, right_out), done = await joined(deadline_s=0.02)
        async with asyncio.timeout(WAIT_S):
            assert not await done
            assert await left_in.read() == b""
        left_out.close()
        right_out.close()

    run(test)
