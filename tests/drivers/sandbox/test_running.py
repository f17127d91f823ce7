from __future__ import annotations

import asyncio
import os
import socket

import pytest

from ergos.base.world_errors import SandboxError
from ergos.drivers.sandbox.orders import Result, encode
from ergos.drivers.sandbox.running import RunningJob
from ergos.kernel.confinement import Job


def ended_with(content: bytes) -> object:
    """What a caller is told when a keeper leaves this behind."""

    async def test() -> object:
        ours, theirs = socket.socketpair()
        result = os.memfd_create("result")
        os.write(result, content)
        running = RunningJob(Job(command=("x",)), ours, result)
        theirs.close()
        return await running.wait()

    return asyncio.run(test())


def test_a_keeper_that_says_nothing_or_nonsense_is_an_error() -> None:
    for content in (b"", b"\xc1garbage", encode(Result(stdout=b"x" * 50))[:-3]):
        with pytest.raises(SandboxError, match="without a word"):
            ended_with(content)


def test_a_refusal_is_an_error_with_its_reason() -> None:
    with pytest.raises(SandboxError, match="no room"):
        ended_with(encode(Result(refused="no room")))


def test_a_wake_up_for_nothing_does_not_end_a_job() -> None:
    async def test() -> None:
        ours, theirs = socket.socketpair()
        result = os.memfd_create("result")
        running = RunningJob(Job(command=("x",)), ours, result)
        running._finish()
        assert not running.ended.done()
        os.write(result, encode(Result(status=4)))
        theirs.close()
        assert (await running.wait()).status == 4

    asyncio.run(test())


def test_waiting_twice_says_the_same() -> None:
    async def test() -> None:
        ours, theirs = socket.socketpair()
        result = os.memfd_create("result")
        os.write(result, encode(Result(status=4)))
        running = RunningJob(Job(command=("x",)), ours, result)
        theirs.close()
        assert await running.wait() == await running.wait()
        running.kill()

    asyncio.run(test())
