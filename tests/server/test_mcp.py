"""What reaches /mcp is one message of one known caller, and nothing sent there harms anybody else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.buses.mcp.server.lobby import BODY_BYTES_MAX, SESSIONS_PER_ROOM_MAX
from ergos.drivers.http.message import Request
from ergos.server.mcp import DEPTH_MAX, McpDoor
from tests.drivers.http.wires import raw, status
from tests.server.processes import Standing, names, stand
from tests.server.talk import LEGACY, META, MODERN, Talk, message

HELLO = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


def legacy(method: str, params: dict[str, Any] | None = None, number: int | None = 1) -> bytes:
    said: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params or {}}
    return json.dumps({**said, "id": number} if number is not None else said).encode()


async def session(talk: Talk) -> dict[str, str]:
    """A session of the older era, as the headers that name it."""
    code, headers, _ = await talk.send(legacy("initialize", HELLO))
    assert code == 200
    named = {"mcp-session-id": headers["mcp-session-id"], "mcp-protocol-version": LEGACY}
    code, _, _ = await talk.send(legacy("notifications/initialized", number=None), named)
    assert code == 202
    return named


def test_both_eras_are_served_side_by_side(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("adder", "sum.add")
        named = await session(talk)
        for _ in range(2):
            assert names(await talk.result("tools/list")) == ["sum.add"]
            code, headers, body = await talk.send(legacy("tools/list", number=7), named)
            said = message(headers, body)
            assert (code, said["id"], names(said["result"])) == (200, 7, ["sum.add"])
        call = legacy("tools/call", {"name": "sum.add", "arguments": {"a": 1, "b": 2}})
        _, headers, body = await talk.send(call, named)
        assert message(headers, body)["result"]["content"][0]["text"] == "3"
        assert (await talk.send(b"", named, "DELETE"))[0] == 200
        assert (await talk.send(legacy("tools/list"), named))[0] == 404

    stand(tmp_path, scenario)


def test_a_session_is_of_one_token_and_cannot_be_chosen(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        pid, talk = await standing.process("a", "sum.add")
        _, other = await standing.process("b", "sum.add")
        named = await session(talk)
        assert (await other.send(legacy("tools/list"), named))[0] == 404
        assert (await other.send(b"", named, "DELETE"))[0] == 404
        assert (await talk.send(legacy("tools/list"), named))[0] == 200, "it is still there"
        for chosen in ("chosen", "0" * 32, "x" * 3000):
            code, headers, _ = await talk.send(legacy("initialize", HELLO), {"mcp-session-id": chosen})
            assert code != 200 or headers["mcp-session-id"] != chosen
        entered = await standing.kernel.desk.enter(pid, ())
        again = standing.talk(standing.kernel.reactor.guests.tokens.token(entered.visitor))
        assert (await again.send(legacy("tools/list"), named))[0] == 404, "a session ends with the start it is of"

    stand(tmp_path, scenario)


def test_one_caller_cannot_take_the_sessions_of_the_others(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, greedy = await standing.process("greedy", "sum.add")
        _, other = await standing.process("other", "sum.add")
        codes = [(await greedy.send(legacy("initialize", HELLO)))[0] for _ in range(SESSIONS_PER_ROOM_MAX + 3)]
        assert codes == [200] * SESSIONS_PER_ROOM_MAX + [503] * 3
        assert await session(other)
        assert names(await greedy.result("tools/list")) == ["sum.add"]

    stand(tmp_path, scenario)


def test_a_flood_of_notifications_does_nothing(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("a", "sum.add")
        named = await session(talk)
        cancelled = legacy("notifications/cancelled", {"requestId": 1}, None)
        flood = [
            talk.send(cancelled, headers) for headers in (named, {"mcp-protocol-version": MODERN}) for _ in range(100)
        ]
        codes = {code for code, _, _ in await asyncio.gather(*flood)}
        assert codes == {202}
        assert names(await talk.result("tools/list")) == ["sum.add"]

    stand(tmp_path, scenario)


DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
JUST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
BODIES: dict[str, tuple[bytes, int]] = {
    "too large": (b'{"a":"' + b"x" * BODY_BYTES_MAX + b'"}', 413),
    "deep": (DEEP, 400),
    "too deep": (b'{"a":' + b"[" * DEPTH_MAX + b"]" * DEPTH_MAX + b"}", 400),
    "a batch": (json.dumps([JUST, JUST]).encode(), 400),
    "an empty batch": (b"[]", 400),
    "nothing": (b"", 400),
    "a number": (b"5", 400),
    "no JSON": (b"{", 400),
    "a key twice": (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}', 400),
    "not a number": (b'{"jsonrpc":"2.0","id":NaN,"method":"tools/list"}', 400),
    "a lone surrogate": (b'{"jsonrpc":"2.0","id":"\\ud800","method":"tools/list"}', 400),
    "no text": (b"\xff\xfe{}", 400),
    "an answer": (b'{"jsonrpc":"2.0","id":1,"result":{}}', 400),
    "no version": (b'{"id":1,"method":"tools/list"}', 400),
}


@pytest.mark.parametrize("era", [MODERN, LEGACY, ""])
def test_what_is_no_message_is_refused_before_it_is_read(tmp_path: Path, era: str) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("a", "sum.add")
        headers = {"mcp-protocol-version": era, "mcp-method": "tools/list"}
        for what, (body, expected) in BODIES.items():
            code, _, came = await talk.send(body, headers)
            assert code in {expected, 400}, what
            assert json.loads(came)["error"]["message"], what
        code, _, _ = await talk.send(json.dumps(JUST).encode(), {**headers, "content-type": "text/plain"})
        assert code == 415
        assert names(await talk.result("tools/list")) == ["sum.add"]

    stand(tmp_path, scenario)


@pytest.mark.parametrize(
    "version", ["9999-99-99", "2026-07-27", "v1", "0", "latest", "2026-07-28, 2025-11-25", "x" * 2_000, "2026-07-28x"]
)
def test_a_protocol_nobody_speaks_is_refused_with_those_that_are_spoken(tmp_path: Path, version: str) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("a", "sum.add")
        meta = {f"{META}protocolVersion": version, f"{META}clientCapabilities": {}}
        body = json.dumps({**JUST, "params": {"_meta": meta}}).encode()
        code, _, came = await talk.send(body, {"mcp-protocol-version": version, "mcp-method": "tools/list"})
        said = json.loads(came)["error"]
        assert code == 400
        assert said["code"] == -32022
        assert MODERN in said["data"]["supported"]

    stand(tmp_path, scenario)


def test_what_an_intermediary_was_told_is_what_is_done(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("a", "sum.add", tasks=True)
        call = {"name": "sum.add", "arguments": {"a": 1, "b": 1}}
        for headers in (
            {"mcp-method": "tools/list"},
            {"mcp-method": ""},
            {"mcp-name": "other"},
            {"mcp-name": ""},
            {"mcp-protocol-version": "2099-01-01"},
        ):
            assert await talk.code("tools/call", call, headers=headers) == -32020, headers
        for name in ("", "other"):
            assert await talk.code("tasks/get", {"taskId": "x"}, headers={"mcp-name": name}) == -32020
        for method in ("tasks/list", "tasks/result", "initialize", "no/such", "x" * 3_000):
            assert await talk.code(method) == -32601

    stand(tmp_path, scenario)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("Host: evil.example.com", 403), ("Host: localhost.evil.com", 403), ("Host: 127.0.0.1.evil.com:80", 403),
        ("Host: localhost\r\nOrigin: http://evil.example.com", 403), ("Host: localhost\r\nOrigin: null", 403),
        ("Host: localhost\r\nOrigin: http://localhost", 403), ("Host: localhost", 401), ("Host: 127.0.0.1:5", 401),
    ],
)  # fmt: skip
def test_a_web_page_reaches_nothing_under_any_name(tmp_path: Path, more: str, code: int) -> None:
    async def scenario(standing: Standing) -> None:
        port = int(standing.url.rpartition(":")[2])
        head = f"POST /mcp HTTP/1.1\r\n{more}\r\nContent-Type: application/json\r\nConnection: close\r\n"
        answer = await raw(port, f"{head}Content-Length: 2\r\n\r\n{{}}".encode())
        assert status(answer) == code
        assert b"access-control" not in answer.lower()
        for method in ("OPTIONS", "PUT", "HEAD", "TRACE"):
            other = await raw(port, f"{method} /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            assert status(other) in {401, 405}

    stand(tmp_path, scenario)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
METHODS = st.sampled_from(
    ["tools/list", "tools/call", "tasks/get", "tasks/update", "tasks/cancel", "server/discover", "subscriptions/x", "ping", "resources/read", ""]
)  # fmt: skip


def test_no_message_whatever_makes_the_server_fail(tmp_path: Path) -> None:
    async def scenario(standing: Standing) -> None:
        _, talk = await standing.process("a", "sum.add", tasks=True)
        named = await session(talk)
        bodies: list[tuple[str, bytes]] = []

        @given(method=METHODS, params=JSON, number=JSON, version=st.sampled_from(["2.0", "1.0", None]))
        @settings(max_examples=150)
        def drawn(method: str, params: Any, number: Any, version: Any) -> None:
            meta = {f"{META}protocolVersion": MODERN, f"{META}clientCapabilities": talk.capabilities}
            said = {**params, "_meta": meta} if isinstance(params, dict) else params
            body = {"jsonrpc": version, "id": number, "method": method, "params": said}
            bodies.append((method, json.dumps(body).encode()))

        drawn()
        for method, body in bodies:
            for headers in ({"mcp-protocol-version": MODERN, "mcp-method": method}, named):
                code, _, _ = await talk.send(body, headers)
                assert code < 500, body
        assert names(await talk.result("tools/list")) == ["sum.add"]

    stand(tmp_path, scenario)


def test_a_server_without_owners_serves_none() -> None:
    from ergos.buses.mcp.server.ports import Caller
    from ergos.server.refusals import Rejected

    request = Request(method="GET", path="/mcp", query="", headers={}, body=b"", peer="")

    async def asked() -> None:
        with pytest.raises(Rejected) as refused:
            await McpDoor(None).serve(request, None, Caller("owner me"))  # type: ignore[arg-type]
        assert refused.value.refused.row.status == 403

    asyncio.run(asked())
