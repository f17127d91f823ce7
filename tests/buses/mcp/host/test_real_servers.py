"""Servers as they are published, over real pipes, in this machine's sandbox: npm everything, filesystem, memory; git,
time, fetch and sqlite for Python. Skipped where they are not installed (scripts/mcp_servers.sh) or there is no sandbox.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ergos.base.errors import ToolFailedError
from ergos.buses.mcp.host.host import McpHost
from ergos.drivers.sandbox.sandboxes import HostSandboxes, open_sandboxes
from ergos.kernel.mounts import ServerSettings
from tests.buses.mcp.host.stage import SERVERS, act, host_of, real, stage


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[HostSandboxes]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = open_sandboxes(scratch)
    if not isinstance(found, HostSandboxes):
        found.close()
        pytest.skip("this machine has no sandbox")
    yield found
    found.close()


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder that the user inside may write."""
    folder = tmp_path / "shared"
    folder.mkdir()
    for parent in (folder, *folder.parents):
        if parent.owner() == Path(tmp_path).owner() and parent != Path("/tmp"):
            parent.chmod(parent.stat().st_mode | 0o755)
    folder.chmod(0o777)
    return folder


def node(script: str, *args: str, **more: object) -> dict[str, object]:
    program = shutil.which("node")
    if program is None:
        pytest.skip("there is no node")
    found = real(f"npm/node_modules/@modelcontextprotocol/{script}/dist/index.js")
    return {"command": os.path.realpath(program), "args": (found, *args), "reads": (str(SERVERS / "npm"),), **more}


def python(server: str, *args: str, reads: tuple[str, ...] = (), **more: object) -> dict[str, object]:
    command = real(f"{server}/bin/{server}")
    base = Path(os.path.realpath(SERVERS / server / "bin" / "python")).parents[1]
    folders = (str(SERVERS / server), *(() if str(base) == "/usr" else (str(base),)), *reads)
    return {"command": command, "args": args, "reads": folders, **more}


def run(
    name: str, how: dict[str, object], boxes: HostSandboxes | None, test: Callable[[McpHost], Awaitable[None]]
) -> None:
    """Approve everything a server offers, then use it."""

    async def whole() -> None:
        host = host_of(ServerSettings(name=name, **how), sandboxes=boxes)  # type: ignore[arg-type]
        offer = await host.look(name)
        assert offer.unusable == {}
        host.approve(name, offer.pin)
        assert (await host.look(name)).same
        await test(host)
        await host.close()

    stage(whole)


def text(value: object) -> str:
    assert isinstance(value, dict)
    return str(value["text"])


def test_everything(boxes: HostSandboxes) -> None:
    async def test(host: McpHost) -> None:
        assert len(host.names()) >= 13
        assert text((await act(host, "everything.echo", message="hi")).value) == "Echo: hi"
        assert "7" in text((await act(host, "everything.get-sum", a=3, b=4)).value)
        picture = (await act(host, "everything.get-tiny-image")).value
        assert isinstance(picture, dict)
        assert [one["type"] for one in picture["blocks"]] == ["image"]  # type: ignore[index, union-attr, call-overload]
        found = (await act(host, "everything.get-structured-content", location="Chicago")).value
        assert isinstance(found, dict)
        assert set(found["structured"]) == {"temperature", "conditions", "humidity"}  # type: ignore[arg-type]
        environment = json.loads(text((await act(host, "everything.get-env")).value))
        assert set(environment) <= {"PATH", "HOME", "LANG", "TMPDIR", "PWD"}
        with pytest.raises(ToolFailedError, match="was not called"):
            await act(host, "everything.get-sum", a="3", b=4)
        came = await asyncio.gather(*(act(host, "everything.echo", message=str(n)) for n in range(20)))
        assert [text(one.value) for one in came] == [f"Echo: {n}" for n in range(20)]

    run("everything", node("server-everything"), boxes, test)


def test_filesystem(boxes: HostSandboxes, shared: Path) -> None:
    async def test(host: McpHost) -> None:
        path = str(shared / "note.txt")
        await act(host, "files.write_file", path=path, content="wörld")
        assert (shared / "note.txt").read_text("utf-8") == "wörld"
        assert text((await act(host, "files.read_text_file", path=path)).value) == "wörld"
        for outside in ("/etc/passwd", str(shared / ".." / "x"), path + "\0"):
            with pytest.raises(ToolFailedError):
                await act(host, "files.read_text_file", path=outside)
        (shared / "link").symlink_to("/etc/passwd")
        with pytest.raises(ToolFailedError):
            await act(host, "files.read_text_file", path=str(shared / "link"))
        reading, writing = host.tool("files.read_text_file"), host.tool("files.write_file")
        assert reading is not None
        assert writing is not None
        assert (reading.spec.effect, reading.spec.reach) == ("pure", "read")
        assert (writing.spec.reach, writing.spec.roles) == ("own", {"path": "target", "content": "text"})

    run("files", node("server-filesystem", str(shared), writes=(str(shared),)), boxes, test)


def test_memory(boxes: HostSandboxes, shared: Path) -> None:
    async def test(host: McpHost) -> None:
        entity = {"name": "alice", "entityType": "person", "observations": ["likes tea"]}
        await act(host, "memory.create_entities", entities=[entity])
        assert "likes tea" in str((await act(host, "memory.read_graph")).value)
        assert "alice" in (shared / "memory.jsonl").read_text("utf-8")
        with pytest.raises(ToolFailedError, match="was not called"):
            await act(host, "memory.create_entities", entities=[{"name": 3}])

    env = {"MEMORY_FILE_PATH": str(shared / "memory.jsonl")}
    run("memory", node("server-memory", writes=(str(shared),), env=env), boxes, test)


def test_time(boxes: HostSandboxes) -> None:
    async def test(host: McpHost) -> None:
        found = (
            await act(host, "time.convert_time", source_timezone="UTC", time="12:00", target_timezone="Asia/Shanghai")
        ).value
        assert "20:00" in str(found)
        with pytest.raises(ToolFailedError, match=r"time\.get_current_time failed"):
            await act(host, "time.get_current_time", timezone="Nowhere/At_All")

    run("time", python("mcp-server-time", "--local-timezone", "UTC"), boxes, test)


def test_git(boxes: HostSandboxes, shared: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git")

    async def test(host: McpHost) -> None:
        assert "first words" in str((await act(host, "git.git_log", repo_path=str(shared))).value)
        with pytest.raises(ToolFailedError):
            await act(host, "git.git_log", repo_path="/etc")

    for command in (
        ["init", "-q"],
        ["-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "--allow-empty", "-m", "first words"],
    ):
        subprocess.run(["git", "-C", str(shared), *command], check=True)
    env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": str(shared)}
    run("git", python("mcp-server-git", "--repository", str(shared), reads=(str(shared),), env=env), boxes, test)


def test_sqlite(boxes: HostSandboxes, shared: Path) -> None:
    async def test(host: McpHost) -> None:
        await act(host, "sqlite.create_table", query="CREATE TABLE t (a TEXT)")
        await act(host, "sqlite.write_query", query="INSERT INTO t VALUES ('x')")
        assert "'x'" in text((await act(host, "sqlite.read_query", query="SELECT a FROM t")).value)
        tool = host.tool("sqlite.write_query")
        assert tool is not None
        assert (tool.spec.effect, tool.spec.reach) == ("irreversible", "own"), "it claims nothing"

    run("sqlite", python("mcp-server-sqlite", "--db-path", str(shared / "a.db"), writes=(str(shared),)), boxes, test)


class Page(BaseHTTPRequestHandler):
    """One page."""

    def do_GET(self) -> None:
        body = b"<html><body><h1>Hello from a page</h1></body></html>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        pass


def test_fetch_without_a_sandbox_as_its_owner_said() -> None:
    web = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=web.serve_forever)
    thread.start()

    async def test(host: McpHost) -> None:
        assert "Hello from a page" in str(
            (await act(host, "fetch.fetch", url=f"http://127.0.0.1:{web.server_port}/")).value
        )

    try:
        run(
            "fetch", python("mcp-server-fetch", "--allow-private-ips", "--ignore-robots-txt", sandbox=False), None, test
        )
    finally:
        web.shutdown()
        thread.join()
        web.server_close()


def test_fetch_reaches_nothing_from_inside(boxes: HostSandboxes) -> None:
    async def test(host: McpHost) -> None:
        with pytest.raises(ToolFailedError):
            await act(host, "fetch.fetch", url="http://127.0.0.1:9/")

    run("fetch", python("mcp-server-fetch", "--allow-private-ips", "--ignore-robots-txt"), boxes, test)
