"""While an agent is served on a pipe, standard output carries the protocol and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SERVED = """
import asyncio, os
from ergos.buses.acp.editor_agent import EditorAgent
from ergos.buses.acp.ports import Session
from ergos.buses.acp.stdio import serve_stdio

class House:
    async def begin(self, cwd):
        print("printed")
        os.write(1, b"written\\n")
        os.system("echo from a child")
        return Session(id="one", cwd=cwd)

asyncio.run(serve_stdio(EditorAgent(House(), "n", "1")))
"""


def test_whatever_is_printed_the_protocol_is_clean_and_ends_with_its_input():
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": 1}},
        {"jsonrpc": "2.0", "id": 2, "method": "session/new", "params": {"cwd": "/x", "mcpServers": []}},
        {"jsonrpc": "2.0", "id": 3, "method": "session/unheard_of", "params": {}},
    ]
    done = subprocess.run(
        [sys.executable, "-c", SERVED],
        input="not json\n" + "".join(json.dumps(one) + "\n" for one in asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
    )
    found = {one.get("id"): one for one in map(json.loads, done.stdout.splitlines())}
    assert found[1]["result"]["protocolVersion"] == 1
    assert found[2]["result"]["sessionId"] == "one"
    assert found[3]["error"]["code"] == -32601
    assert "printed" in done.stderr
    assert "from a child" in done.stderr
