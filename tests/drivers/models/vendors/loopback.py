"""A server on 127.0.0.1 whose every answer a test writes itself, and a driver pointed at it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Self

from ergos.base.clock import SECOND
from ergos.drivers.host import HostClock
from ergos.drivers.models.vendors.model import VendorModel
from ergos.kernel.models import Delta, EndpointSpec, Message, ModelRequest, Reply, Text, ToolDefinition

ASKED = ModelRequest(messages=(Message("user", (Text("hello"),)),))
TOOL = ToolDefinition("look", "Look.", {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]})
Answering = Callable[["Exchange"], Awaitable[None]]


class Exchange:
    """One request that came in, and the way to answer it."""

    def __init__(
        self, path: str, headers: dict[str, str], body: dict, writer: asyncio.StreamWriter, reader: asyncio.StreamReader
    ) -> None:
        self.path, self.headers, self.body, self.writer, self.reader = path, headers, body, writer, reader

    async def send(
        self, body: str | bytes, *, status: int = 200, kind: str = "application/json", headers: str = ""
    ) -> None:
        data = body.encode() if isinstance(body, str) else body
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(data)}\r\n{headers}\r\n"
        self.writer.write(head.encode() + data)
        await self.writer.drain()

    async def begin(self, kind: str = "text/event-stream") -> None:
        self.writer.write(f"HTTP/1.1 200 X\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n".encode())

    async def piece(self, data: str | bytes) -> None:
        data = data.encode() if isinstance(data, str) else data
        self.writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await self.writer.drain()

    async def end(self) -> None:
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def gone(self) -> None:
        """Return when the client has closed its end."""
        while await self.reader.read(65536):
            pass


class Loopback:
    """Answers by the given coroutine; keeps what came in."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self.exchanges: list[Exchange] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                first, *lines = head.split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
                }
                body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))))
                exchange = Exchange(first.split()[1], headers, body, writer, reader)
                self.exchanges.append(exchange)
                await self._answer(exchange)
                if headers.get("connection") == "close":
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


def driver(url: str, dialect: str = "openai.chat", **spec: object) -> VendorModel:
    limit = {"reply_bytes_max": spec.pop("reply_bytes_max")} if "reply_bytes_max" in spec else {}
    fields = {"name": "test/model", "model": "model-1", **spec}
    return VendorModel(
        EndpointSpec(dialect=dialect, **fields), base_url=url, api_key="sk-test", clock=HostClock(), **limit
    )


async def ask(
    model: VendorModel,
    request: ModelRequest = ASKED,
    *,
    seconds: float = 60,
    deltas: list[Delta] | None = None,
    **more: object,
) -> Reply:
    deadline_ns = HostClock().now_ns() + int(seconds * SECOND)
    return await model.request(
        request, deadline_ns=deadline_ns, on_delta=None if deltas is None else deltas.append, **more
    )


def asked_of(
    answer: Answering,
    request: ModelRequest = ASKED,
    *,
    dialect: str = "openai.chat",
    stream: bool = False,
    **more: object,
):
    """One request against one answer: (reply or the error raised, deltas, what came in)."""

    async def run():
        deltas: list[Delta] = []
        hints = more.pop("hints", None)
        seconds = more.pop("seconds", 60)
        async with Loopback(answer) as server:
            model = driver(server.url, dialect, **more)
            try:
                got: object = await ask(model, request, seconds=seconds, deltas=deltas if stream else None, hints=hints)
            except Exception as error:
                got = error
            finally:
                await model.close()
            return got, deltas, server.exchanges

    return asyncio.run(run())


def says(body: object, **how: object) -> Answering:
    """An answerer that always says the same."""
    text = body if isinstance(body, str | bytes) else json.dumps(body)

    async def answer(exchange: Exchange) -> None:
        await exchange.send(text, **how)

    return answer


def streams(*events: object, kind: str = "text/event-stream", done: bool = True) -> Answering:
    """An answerer that streams chunks of a chat, or events that name their type."""

    async def answer(exchange: Exchange) -> None:
        await exchange.begin(kind)
        for event in events:
            await exchange.piece(event if isinstance(event, str | bytes) else f"data: {json.dumps(event)}\n\n")
        if done:
            await exchange.piece("data: [DONE]\n\n")
        await exchange.end()

    return answer


def completion(message: dict, finish: str | None = "stop", **more: object) -> dict:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": "model-1", "choices": [choice], **more}


def chunk(delta: dict, finish: str | None = None, **more: object) -> dict:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "model-1",
        "choices": [choice],
        **more,
    }
