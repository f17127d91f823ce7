"""The door lets in whom it knows, to what they may use, with bodies that can be read."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from ergos.buses.a2a.ports import Caller
from ergos.buses.a2a.server.crowd import Pace
from ergos.buses.a2a.server.door import CALLER, GONE, Door
from ergos.buses.a2a.server.screening import BODY_BYTES_MAX


class Gate:
    async def caller_of(self, token: str) -> Caller | None:
        return Caller("acme") if token == "good" else None

    def may_use(self, caller: Caller, agent: str) -> bool:
        return agent == "news"


class Inside:
    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(scope)
        if CALLER in scope.get("state", {}):
            self.bodies.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def _ask(door: Door, method: str, path: str, body: Any = b"", **headers: str) -> tuple[int, Any, dict[str, str]]:
    sent: list[Any] = []
    pieces = body if isinstance(body, list) else [body]

    async def receive() -> Any:
        if pieces:
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}
        await asyncio.sleep(30)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": lines}
    asyncio.run(door(scope, receive, send))
    answer = sent[1]["body"]
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], json.loads(answer) if answer else None, told


GOOD = {"authorization": "Bearer good", "content_type": "application/json"}


def test_who_is_let_in_is_named_and_the_body_is_handed_on():
    inside = Inside()
    status, _, _ = _ask(Door({"news": inside}, Gate()), "POST", "/a2a/news/", [b'{"a"', b": 1}"], **GOOD)
    assert status == 200
    assert inside.bodies == [b'{"a": 1}']
    assert inside.seen[0]["state"][CALLER] == Caller("acme")
    assert callable(inside.seen[0]["state"][GONE])
    assert inside.seen[0]["path"] == "/a2a/news"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/a2a/news", {}, 401), ("POST", "/a2a/news", {"authorization": "Bearer bad"}, 401), ("POST", "/a2a/none", {}, 401),
        ("POST", "/a2a/other", GOOD, 404), ("GET", "/a2a/none/tasks", GOOD, 404), ("GET", "/elsewhere", GOOD, 404), ("GET", "/.well-known/agent-card.json", {}, 404),
        ("POST", "/a2a/news", {**GOOD, "content_type": "text/plain"}, 415),
    ],
)  # fmt: skip
def test_who_and_what_is_refused(method: str, path: str, headers: dict[str, str], status: int):
    inside = Inside()
    found, answer, told = _ask(Door({"news": inside, "other": inside}, Gate()), method, path, b"{}", **headers)
    assert found == status
    assert "error" in answer
    assert ("www-authenticate" in told) == (status == 401)
    assert inside.seen == []


def test_cards_and_keys_are_for_everybody():
    inside = Inside()
    door = Door({"news": inside}, Gate(), "news")
    for path in (
        "/a2a/news/.well-known/agent-card.json",
        "/a2a/news/.well-known/jwks.json",
        "/.well-known/agent-card.json",
    ):
        assert _ask(door, "GET", path)[0] == 200
    assert [one["path"].partition("/.well")[0] for one in inside.seen] == ["/a2a/news"] * 3


def test_an_upload_that_is_too_large_is_not_read_to_its_end():
    inside = Inside()
    pieces = [b"a" * 1_000_000] * 1_000
    assert _ask(Door({"news": inside}, Gate()), "POST", "/a2a/news", pieces, **GOOD)[0] == 413
    assert len(pieces) > 1_000 - BODY_BYTES_MAX // 1_000_000 - 2
    assert inside.seen == []


def test_errors_are_in_the_form_of_the_binding():
    door = Door({"news": Inside()}, Gate())
    assert _ask(door, "POST", "/a2a/news", b"{", **GOOD)[:2] == (
        200,
        {"jsonrpc": "2.0", "id": None, "error": AnyOf(-32700)},
    )
    status, answer, _ = _ask(door, "POST", "/a2a/news/message:send", b"{", **GOOD)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_who_says_too_much_waits():
    door = Door({"news": Inside()}, Gate(), pace=Pace(requests=1))
    assert _ask(door, "POST", "/a2a/news", b"{}", **GOOD)[0] == 200
    status, _, told = _ask(door, "POST", "/a2a/news", b"{}", **GOOD)
    assert status == 429
    assert int(told["retry-after"]) > 0


class AnyOf:
    def __init__(self, code: int) -> None:
        self.code = code

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and other["code"] == self.code

    def __hash__(self) -> int:
        return 0


@pytest.mark.parametrize(
    ("path", "headers", "body", "who", "why"),
    [
        ("/a2a/news", {}, b"{}", "", "token"),
        ("/a2a/other", GOOD, b"{}", "acme", "agent"),
        ("/elsewhere", GOOD, b"{}", "", "path"),
        ("/a2a/news", GOOD, b"{", "acme", "json"),
        ("/a2a/news", {**GOOD, "content_type": "text/html"}, b"{}", "acme", "type"),
        ("/a2a/news", GOOD, [b"x" * BODY_BYTES_MAX, b"x"], "acme", "large"),
    ],
)
def test_every_refusal_is_told(path: str, headers: dict[str, str], body: Any, who: str, why: str):
    told: list[tuple[str, str, str]] = []
    door = Door({"news": Inside()}, Gate(), turned=lambda *one: told.append(one))
    _ask(door, "POST", path, body, **headers)
    assert [(one[0], one[1]) for one in told] == [(who, why)]
    assert told[0][2]


def test_who_says_too_much_is_told_of_and_who_is_let_in_is_not():
    told: list[tuple[str, str, str]] = []
    door = Door({"news": Inside()}, Gate(), pace=Pace(requests=1), turned=lambda *one: told.append(one))
    _ask(door, "POST", "/a2a/news", b"{}", **GOOD)
    assert told == []
    assert _ask(door, "POST", "/a2a/news", b"{}", **GOOD)[0] == 429
    assert [(one[0], one[1]) for one in told] == [("acme", "pace")]
