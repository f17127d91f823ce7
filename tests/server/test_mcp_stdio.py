"""ErgOS on a pipe, spoken to by the protocol's own client."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from ergos.app.home import Home
from ergos.buses.mcp.server.ports import TASKS
from tests.server.owners import QUICK, Standing, home_in, stand, until
from tests.server.talk import MODERN


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_in(tmp_path)


SERVE = "import asyncio, sys; from pathlib import Path; from ergos.app.home import home_at; from ergos.server.mcp_stdio import serve; asyncio.run(serve(home_at(Path(sys.argv[1])), tuple(map(Path, sys.argv[2:]))))"


def test_a_client_on_a_pipe_runs_agents_as_tools_in_both_eras(home: Home, tmp_path: Path):
    folder = tmp_path / "greeter"
    folder.mkdir()
    (folder / "AGENT.md").write_text(
        "---\nname: greeter\ngoal: Greets whoever asks\nprogram: greeter.py:greeter\n---\nGreet.\n"
    )
    (folder / "greeter.py").write_text(QUICK.replace("quick", "greeter"))

    async def scenario(standing: Standing) -> None:

        from mcp.client.client import Client
        from mcp.client.stdio import StdioServerParameters, stdio_client

        environment = {
            "ERGOS_OWNER": "alice",
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
        }
        started = StdioServerParameters(
            command=sys.executable, args=["-c", SERVE, str(standing.home.folder), str(folder)], env=environment
        )
        for mode in ("legacy", "2026-07-28"):
            async with Client(stdio_client(started), mode=mode) as client:
                names = [one.name for one in (await client.list_tools()).tools]
                assert names[-1] == "agent.greeter"
                result = await client.call_tool("agent.greeter", {"input": {"mode": mode}})
                assert result.structured_content == {"given": {"mode": mode}}
                read = await client.read_resource("ergos:///sys/limits")
                assert "CALLS_PER_TURN_MAX" in read.contents[0].text  # type: ignore[union-attr]

    stand(home, scenario)


def test_a_task_begun_at_the_gate_is_known_on_a_pipe_that_is_killed_and_opened_again(home: Home, tmp_path: Path):
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {"extensions": {TASKS: {}}, "elicitation": {}},
    }

    async def told(standing: Standing, method: str, params: dict[str, Any]) -> dict[str, Any]:
        source = str(Path(__file__).parents[2] / "src")
        pipe = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SERVE, str(standing.home.folder), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={"ERGOS_OWNER": "alice", "HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": source},
        )  # fmt: skip
        assert pipe.stdin is not None
        assert pipe.stdout is not None
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
        pipe.stdin.write(json.dumps(body).encode() + b"\n")
        answer = json.loads(await pipe.stdout.readline())
        pipe.kill()
        await pipe.wait()
        return answer["result"]

    async def scenario(standing: Standing) -> None:
        task = (await standing.talk.tool("run", {"path": standing.agent("asker")}))["taskId"]
        (key,) = (await until(standing.talk, task, "input_required"))["inputRequests"]
        assert (await told(standing, "tasks/get", {"taskId": task}))["status"] == "input_required"
        well = {key: {"action": "accept", "content": {"answer": "well"}}}
        await told(standing, "tasks/update", {"taskId": task, "inputResponses": well})
        assert (await until(standing.talk, task, "completed"))["result"]["structuredContent"]["said"] == "well"

    stand(home, scenario)
