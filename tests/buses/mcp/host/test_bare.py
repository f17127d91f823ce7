"""A program without a sandbox: its own group and environment, gone when it is ended, never blocked on its log."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from ergos.base.errors import WorldError
from ergos.base.world_errors import SandboxError
from ergos.buses.mcp.host.bare import BareSandboxes
from ergos.kernel.confinement import Bounds, Job
from tests.buses.mcp.host.stage import stage


def python(text: str, **more: object) -> Job:
    return Job(command=(sys.executable, "-c", text), folder="", **more)  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    """Whether a process runs (a dead one that nobody asked about does not)."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_a_program_talks_through_its_pipes_until_it_ends() -> None:
    async def test() -> None:
        running = await BareSandboxes().open(python("import sys; print(sys.stdin.read().upper()); sys.exit(3)"))
        await running.write(b"hello")
        await running.write(b"")
        assert await running.read() == b"HELLO\n"
        assert await running.read() == b""
        ended = await running.wait()
        assert (ended.status, ended.why) == (3, "exit")
        with pytest.raises(WorldError):
            await running.write(b"more")

    stage(test)


def test_a_killed_program_takes_its_children_with_it() -> None:
    async def test() -> None:
        text = "import subprocess, sys, time; c = subprocess.Popen(['sleep', '1000']); print(c.pid, flush=True); time.sleep(1000)"
        running = await BareSandboxes().open(python(text, env={"PATH": os.environ["PATH"]}))
        child = int(await running.read())
        running.kill()
        running.kill()
        ended = await running.wait()
        assert (ended.status, ended.why) == (137, "killed")
        while alive(child):  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)

    stage(test)


def test_it_gets_the_environment_it_is_given_and_its_log_is_bounded() -> None:
    async def test() -> None:
        text = "import os, sys; print(sorted(os.environ)); sys.stderr.write('e' * 3_000_000)"
        running = await BareSandboxes().open(python(text, env={"ONE": "1"}, bounds=Bounds(output_bytes=1_000)))
        seen = await running.read()
        assert b"'ONE'" in seen
        assert b"HOME" not in seen
        ended = await running.wait()
        assert (len(ended.stderr), ended.cut) == (1_000, True)

    stage(test)


@pytest.mark.parametrize("command", ["/no/such/program", "/etc/passwd", "a\0b"])
def test_what_cannot_be_started_is_said_to_be(command: str) -> None:
    async def test() -> None:
        with pytest.raises(SandboxError, match="could not be started"):
            await BareSandboxes().open(Job(command=(command,), folder=""))

    stage(test)
