"""A command sees what its settings name and nothing else; without a sandbox or a way out it is not started."""

from __future__ import annotations

import pytest

from ergos.base.world_errors import BusError, SecretError
from ergos.buses.mcp.host.bare import BareSandboxes
from ergos.buses.mcp.host.host import McpHost
from ergos.buses.mcp.host.opening import PROXY_PORT, revealed
from ergos.kernel.confinement import Bind, Ended, Job, Running
from ergos.kernel.mounts import ServerSettings
from tests.buses.mcp.host.stage import CLOCK, Secrets, host_of, hostile, stage


class Watching:
    """A sandbox that notes what it is asked for and runs it without one."""

    name = "watching"

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    async def run(self, job: Job, stdin: bytes = b"") -> Ended:
        raise AssertionError

    async def open(self, job: Job) -> Running:
        self.jobs.append(job)
        return await BareSandboxes().open(Job(command=job.command, env=job.env, folder=""))

    def kill(self, pid: object = None) -> int:
        return 0


class Gate:
    """Ways out, noted."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, tuple[str, ...]]] = []
        self.closed: list[str] = []

    async def open(self, server: str, hosts: tuple[str, ...]) -> str:
        self.opened.append((server, hosts))
        return f"/run/way{len(self.opened)}.sock"

    async def close(self, door: str) -> None:
        self.closed.append(door)


def test_a_job_says_everything_a_server_may_see() -> None:
    async def test() -> None:
        boxes = Watching()
        settings = hostile(
            "none", sandbox=True, env={"A": "b"}, reads=("/usr/lib",), writes=("/srv/x",), memory_mib=100
        )
        host = host_of(settings, sandboxes=boxes)
        await host.look("bad")
        await host.close()
        (job,) = boxes.jobs
        assert job.command == (settings.command, *settings.args)
        assert job.binds == (Bind("/usr/lib", "/usr/lib"), Bind("/srv/x", "/srv/x", write=True))
        assert job.env == {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": "/work",
            "TMPDIR": "/work",
            "A": "b",
        }
        assert (job.folder, job.door, job.door_port, job.bounds.wall_s, job.bounds.memory_bytes) == (
            "/work",
            None,
            0,
            0,
            100 * 2**20,
        )

    stage(test)


def test_a_way_out_is_opened_for_the_hosts_that_are_named_and_shut_again() -> None:
    async def test() -> None:
        boxes, gate = Watching(), Gate()
        settings = hostile("none", sandbox=True, hosts=("a.example",))
        host = McpHost({"bad": settings}, boxes, {}, clock=CLOCK, ways=gate)
        await host.look("bad")
        assert gate.opened == [("bad", ("a.example",))]
        assert gate.closed == []
        await host.close()
        assert gate.closed == ["/run/way1.sock"]
        (job,) = boxes.jobs
        assert (job.door, job.door_port) == ("/run/way1.sock", PROXY_PORT)
        assert job.env["https_proxy"] == f"http://127.0.0.1:{PROXY_PORT}"

    stage(test)


def test_without_a_way_out_a_server_that_needs_one_is_not_started() -> None:
    async def test() -> None:
        boxes = Watching()
        host = host_of(hostile("none", sandbox=True, hosts=("a.example",)), sandboxes=boxes)
        with pytest.raises(BusError, match="no way out"):
            await host.look("bad")
        assert boxes.jobs == []

    stage(test)


def test_a_secret_is_read_by_its_name_and_no_message_holds_it() -> None:
    settings = ServerSettings(name="srv", command="x")
    assert revealed(settings, {"A": "secret:one", "B": "plain"}, Secrets(one="1")) == {"A": "1", "B": "plain"}
    for vault in (None, Secrets()):
        with pytest.raises(SecretError):
            revealed(settings, {"A": "secret:one"}, vault)
