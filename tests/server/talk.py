"""A client of MCP that says exactly what a test wants it to say."""

from __future__ import annotations

import json
from typing import Any, Final

from ergos.buses.mcp.server.ports import TASKS
from ergos.drivers.http.client import HttpClient

MODERN: Final = "2026-07-28"
LEGACY: Final = "2025-11-25"
NAMED: Final = {
    "tools/call": "name",
    "resources/read": "uri",
    "tasks/get": "taskId",
    "tasks/update": "taskId",
    "tasks/cancel": "taskId",
}
META: Final = "io.modelcontextprotocol/"


class Talk:
    """One client at one address, with one token."""

    def __init__(self, url: str, token: str = "", *, tasks: bool = False, elicits: bool = False) -> None:
        self.url = url
        self.token = token
        self.capabilities: dict[str, Any] = {"elicitation": {}} if elicits else {}
        if tasks:
            self.capabilities["extensions"] = {TASKS: {}}
        self._client = HttpClient()
        self._id = 0

    async def send(
        self, body: bytes, headers: dict[str, str] | None = None, method: str = "POST", deadline_s: float = 30
    ) -> tuple[int, dict[str, str], bytes]:
        said = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        if self.token:
            said["authorization"] = f"Bearer {self.token}"
        said |= headers or {}
        reply = await self._client.request(
            method, f"{self.url}/mcp", {k: v for k, v in said.items() if v}, body, deadline_s=deadline_s, resend=False
        )
        return reply.status, reply.headers, reply.body

    async def ask(
        self, method: str, params: dict[str, Any] | None = None, headers: dict[str, str] | None = None, **more: Any
    ) -> tuple[int, dict[str, Any]]:
        """One request of the newer era: status, and the JSON-RPC message that answers it."""
        self._id += 1
        meta = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": self.capabilities}
        said = {"mcp-protocol-version": MODERN, "mcp-method": method}
        params = dict(params or {})
        if method in NAMED and NAMED[method] in params:
            said["mcp-name"] = str(params[NAMED[method]])
        body = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": {**params, "_meta": meta}}
        status, came, answer = await self.send(json.dumps(body).encode(), {**said, **(headers or {})}, **more)
        return status, message(came, answer)

    async def result(self, method: str, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        status, said = await self.ask(method, params, **more)
        assert status == 200, said
        assert "result" in said, said
        return said["result"]

    async def code(self, method: str, params: dict[str, Any] | None = None, **more: Any) -> int:
        _, said = await self.ask(method, params, **more)
        assert "error" in said, said
        return said["error"]["code"]

    async def tool(self, name: str, arguments: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        return await self.result("tools/call", {"name": name, "arguments": arguments or {}}, **more)

    async def close(self) -> None:
        await self._client.close()


def message(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """The answer: as JSON, or as the last event of a stream."""
    if headers.get("content-type", "").startswith("text/event-stream"):
        lines = [line[6:] for line in body.decode().splitlines() if line.startswith("data: {")]
        return json.loads(lines[-1])
    return json.loads(body) if body else {}


def words(result: dict[str, Any]) -> str:
    return result["content"][0]["text"]
