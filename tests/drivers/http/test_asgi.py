"""ASGI applications on our server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ergos.base.errors import WorldError
from ergos.drivers.http.asgi import PIECE_BYTES, lifespan, serve_asgi
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from tests.drivers.http.wires import HOST, raw, run, serving, status, until


def hosted(app: Any, **more: Any) -> Any:
    async def handle(request: Request, reply: Responder) -> None:
        await serve_asgi(app, request, reply, more=more)

    return serving(handle)


def get(target: str = "/", more: str = "", body: bytes = b"") -> bytes:
    method = "POST" if body else "GET"
    return (
        f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode()
        + body
    )


async def answered(send: Any, body: bytes = b"ok", code: int = 200, headers: Any = ()) -> None:
    await send({"type": "http.response.start", "status": code, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


def test_an_application_sees_the_request_as_it_was_sent() -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)
        await answered(send)

    async def test() -> None:
        async with hosted(app, caller="me") as (_, port):
            await raw(port, get("/a%20b/%C3%A9?x=%20&y", "X-One: 1\r\nX-One: 2\r\n"))
        assert (seen["type"], seen["method"], seen["path"], seen["raw_path"]) == (
            "http",
            "GET",
            "/a b/é",
            b"/a%20b/%C3%A9",
        )
        assert seen["query_string"] == b"x=%20&y"
        assert (b"x-one", b"1, 2") in seen["headers"]
        assert seen["caller"] == "me"
        assert seen["client"][0] == HOST

    run(test)


def test_a_body_comes_whole_and_in_pieces() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        pieces: list[int] = []
        while True:
            message = await receive()
            pieces.append(len(message["body"]))
            if not message["more_body"]:
                break
        await answered(send, str(pieces).encode())

    async def test() -> None:
        async with hosted(app) as (_, port):
            answer = await raw(port, get(body=b"x" * (2 * PIECE_BYTES + 1)))
            assert answer.endswith(f"[{PIECE_BYTES}, {PIECE_BYTES}, 1]".encode())
            assert (await raw(port, get())).endswith(b"[0]")

    run(test)


def test_an_answer_is_passed_on_as_it_is_made() -> None:
    async def test() -> None:
        go_on = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
            )
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            await go_on.wait()
            await send({"type": "http.response.body", "body": b"second", "more_body": False})

        async with hosted(app) as (_, port):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(get())
            head = await reader.readuntil(b"first")
            assert b"transfer-encoding: chunked" in head
            go_on.set()
            assert (await reader.read()).endswith(b"6\r\nsecond\r\n0\r\n\r\n")
            writer.close()
            await writer.wait_closed()

    run(test)


def test_headers_that_frame_a_message_are_the_servers_own() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answered(
            send,
            b"12345",
            headers=[(b"Content-Length", b"99"), (b"Connection", b"keep-alive"), (b"X-A", b"1"), (b"x-a", b"2")],
        )

    async def test() -> None:
        async with hosted(app) as (_, port):
            answer = (await raw(port, get())).lower()
            assert answer.count(b"content-length") == 1
            assert b"content-length: 5\r\n" in answer
            assert b"x-a: 1, 2" in answer
            assert b"keep-alive" not in answer

    run(test)


def test_an_application_is_told_when_its_client_leaves() -> None:
    async def test() -> None:
        told = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            assert (await receive())["type"] == "http.disconnect"
            for _ in range(3):
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
            told.set()

        async with hosted(app) as (server, port):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.write(get())
            await asyncio.sleep(0.05)
            writer.transport.abort()
            await asyncio.wait_for(told.wait(), 5)
            await until(lambda: not server.connections)

    run(test)


def test_a_slow_client_holds_back_its_application_and_nobody_else() -> None:
    async def test() -> None:
        sent = 0

        async def app(scope: Any, receive: Any, send: Any) -> None:
            nonlocal sent
            if scope["path"] == "/quick":
                await answered(send)
                return
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(1_000):
                await send({"type": "http.response.body", "body": b"x" * PIECE_BYTES, "more_body": True})
                sent += PIECE_BYTES

        async with hosted(app) as (server, port):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.write(get("/slow"))
            await asyncio.sleep(0.2)
            assert status(await raw(port, get("/quick"))) == 200
            assert sent < 1_000 * PIECE_BYTES
            writer.transport.abort()
            await until(lambda: not server.connections)

    run(test)


@pytest.mark.parametrize("begun", [False, True])
def test_an_application_that_breaks_is_its_own_clients_failure(begun: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            await asyncio.sleep(0.01)

    async def test() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: None)
        async with hosted(app) as (_, port):
            answer = await raw(port, get())
            if begun:
                assert not answer.endswith(b"0\r\n\r\n"), "it does not look whole"
            else:
                assert status(answer) == 500

    run(test)


def test_a_message_that_is_none_is_refused() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(WorldError):
            await send({"type": "websocket.accept"})
        await answered(send, b"", 204)

    async def test() -> None:
        async with hosted(app) as (_, port):
            assert status(await raw(port, get())) == 204

    run(test)


@pytest.mark.parametrize("knows", [True, False])
def test_an_application_is_started_up_and_shut_down(knows: bool) -> None:
    told: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if not knows:
            raise NotImplementedError(scope["type"])
        for _ in range(2):
            kind = (await receive())["type"]
            told.append(kind)
            await send({"type": f"{kind}.complete"})

    async def test() -> None:
        told.clear()
        async with lifespan(app):
            assert told == (["lifespan.startup"] if knows else [])
        assert told == (["lifespan.startup", "lifespan.shutdown"] if knows else [])

    run(test)


def test_an_application_that_cannot_start_says_why() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    async def test() -> None:
        with pytest.raises(WorldError, match="no database"):
            async with lifespan(app):
                pass

    run(test)
