"""A server on a pipe says nothing but the protocol, and ends with its input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
PROGRAM = """
import asyncio
from ergos.buses.mcp.server.face import face
from ergos.buses.mcp.server.ports import Caller, Desk
from ergos.buses.mcp.server.stdio import serve_stdio
from tests.buses.mcp.server.test_face import Tools

class Loud(Tools):
    async def tools(self, caller):
        print("a stray word")
        return await super().tools(caller)

asyncio.run(serve_stdio(face(Desk(name="t", version="1", tools=Loud()), Caller("owner me"))))
"""
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def test_garbage_is_passed_over_and_stray_words_stay_off_the_wire() -> None:
    asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}})
    lines = ["not json", "[]", '{"jsonrpc":"2.0"}', "[" * 5_000, asked, '{"a":' * 2_000]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=60, cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": "/usr/bin:/bin"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    said = [json.loads(line) for line in done.stdout.splitlines()]
    answers = [one for one in said if one.get("id") == 1]
    assert answers[0]["result"]["tools"][0]["name"] == "who"
    assert "a stray word" not in done.stdout
