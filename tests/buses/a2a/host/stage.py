"""Peers for tests: the official library's own server, with an agent that does what its message says, on a port of its
own; and hostile ones, which are hand-made answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from a2a.helpers import new_task_from_user_message, new_text_message, new_text_part
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes, create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types.a2a_pb2 import AgentCapabilities, AgentCard, AgentExtension, AgentInterface, AgentSkill
from starlette.applications import Starlette

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.buses.a2a.host.handles import Handles
from ergos.buses.a2a.host.host import PeerHost
from ergos.buses.a2a.host.peer import PeerParts
from ergos.buses.a2a.host.web import Wire
from ergos.drivers.host import HostClock
from ergos.drivers.http.asgi import serve_asgi
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import HttpServer
from ergos.kernel.egress import EgressRecord
from ergos.kernel.packages import Errand
from ergos.kernel.peers import PeerSettings

KEY: Final = b"k" * 32
App = Callable[[Any, Any, Any], Awaitable[None]]


class Obedient(AgentExecutor):
    """Does what the first word of a message says."""

    def __init__(self) -> None:
        self.began: Final[list[str]] = []
        """Ids of messages that began something."""
        self.cancelled: Final[list[str]] = []

    async def busy(self) -> None:
        """It has begun something."""
        while not self.began:  # noqa: ASYNC110 - what is waited for knows nothing of tests
            await asyncio.sleep(0.01)

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        message = context.message
        assert message is not None
        word, _, rest = context.get_user_input().partition(" ")
        if word == "reply":
            await event_queue.enqueue_event(new_text_message(rest, context_id=context.context_id))
            return
        if context.current_task is None:
            self.began.append(message.message_id)
            task = new_task_from_user_message(message)
            task.id, task.context_id = context.task_id or "", context.context_id or ""
            await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue, context.task_id or "", context.context_id or "")
        await updater.start_work()
        await self._act(word, rest, updater)

    async def _act(self, word: str, rest: str, updater: TaskUpdater) -> None:
        if word == "say":
            await updater.add_artifact([new_text_part(rest)], artifact_id="a", name="answer")
            await updater.complete()
        elif word == "spell":
            for number, letter in enumerate(rest):
                await updater.add_artifact([new_text_part(letter)], artifact_id="a", append=number > 0)
            await updater.complete()
        elif word == "ask":
            await updater.requires_input(updater.new_agent_message([new_text_part(rest)]))
        elif word == "fail":
            await updater.failed(updater.new_agent_message([new_text_part(rest)]))
        elif word == "reject":
            await updater.reject(updater.new_agent_message([new_text_part(rest)]))
        else:
            await asyncio.sleep(60)

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        self.cancelled.append(context.task_id or "")
        await TaskUpdater(event_queue, context.task_id or "", context.context_id or "").cancel()


def card(url: str, *, binding: str = "JSONRPC", streaming: bool = True, **more: Any) -> AgentCard:
    """A card that names one way in."""
    return AgentCard(
        name="obedient",
        description="Does what it is told.",
        version="1",
        capabilities=AgentCapabilities(
            streaming=streaming, extensions=[AgentExtension(uri=uri) for uri in more.pop("extensions", ())]
        ),
        supported_interfaces=[
            AgentInterface(url=url, protocol_binding=binding, protocol_version=more.pop("version", "1.0"))
        ],
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id="all", name="All", description="Everything.", tags=["x"])],
        **more,
    )


def official(made: AgentCard, executor: AgentExecutor) -> App:
    """The library's own server."""
    handler = DefaultRequestHandler(agent_executor=executor, task_store=InMemoryTaskStore(), agent_card=made)
    routes = [
        *create_agent_card_routes(made),
        *create_jsonrpc_routes(handler, "/rpc", enable_v0_3_compat=True),
        *create_rest_routes(handler, path_prefix="/rest"),
    ]
    return Starlette(routes=routes)


@asynccontextmanager
async def listening(app: Callable[[int], App], port: int = 0) -> AsyncGenerator[str]:
    """The address of an application that is told its port."""
    running: list[App] = []

    async def handle(request: Request, reply: Responder) -> None:
        await serve_asgi(running[0], request, reply)

    server = HttpServer(handle)
    port = await server.start("127.0.0.1", port)
    running.append(app(port))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.stop()


@asynccontextmanager
async def obedient(
    executor: AgentExecutor, *, binding: str = "JSONRPC", wrapped: Callable[[App], App] | None = None, **more: Any
) -> AsyncGenerator[str]:
    """The official server with this agent; `wrapped`: what stands in front of it."""
    path = "/rpc" if binding == "JSONRPC" else "/rest"

    def app(port: int) -> App:
        made = official(card(f"http://127.0.0.1:{port}{path}", binding=binding, **more), executor)
        return made if wrapped is None else wrapped(made)

    async with listening(app) as url:
        yield url


class Mounted:
    """A host with one peer, whose card is approved as it is."""

    def __init__(self, host: PeerHost, records: list[EgressRecord]) -> None:
        self.host: Final = host
        self.records: Final = records

    async def ask(self, message: str, *, key: str = "key-1", deadline_s: float = 50, **args: Plain) -> Any:
        """What `ask` brings."""
        return await self.run("ask", {"message": message, **args}, key=key, deadline_s=deadline_s)

    async def run(self, verb: str, args: dict[str, Plain], *, key: str = "key-1", deadline_s: float = 50) -> Any:
        tool = self.host.tool(f"peers.acme.{verb}")
        assert tool is not None
        return (await tool.run(args, errand(key, deadline_s))).value

    async def probe(self, args: dict[str, Plain], *, key: str = "key-1", deadline_s: float = 50) -> Any:
        tool = self.host.tool("peers.acme.ask")
        assert tool is not None
        return await tool.probe(args, errand(key, deadline_s))


def errand(key: str = "key-1", deadline_s: float = 50, pid: int = 7, owner: str = "maria") -> Errand:
    now_ns = HostClock().now_ns()
    return Errand(
        pid=Pid(pid),
        owner=owner,
        agent="news",
        idempotency_key=key,
        deadline_ns=now_ns + int(deadline_s * SECOND),
        now_ns=now_ns,
    )


class Secrets:
    """A vault of one secret."""

    def get(self, name: str) -> str:
        """The secret."""
        return f"token-of-{name}"


def hosted(settings: PeerSettings, **more: Any) -> Mounted:
    """A host of one peer; nothing is approved yet."""
    records: list[EgressRecord] = []
    parts = PeerParts(wire=Wire(HostClock(), records.append), handles=Handles(KEY), secrets=Secrets(), **more)
    return Mounted(PeerHost({"acme": settings}, parts), records)


async def mounted(url: str, *, parts: dict[str, Any] | None = None, **settings: Any) -> Mounted:
    """A host of a peer whose card was approved."""
    made = hosted(PeerSettings(name="acme", url=url, **settings), **(parts or {}))
    offer = await made.host.look("acme")
    assert not offer.unusable, offer.unusable
    made.host.approve("acme", offer.pin)
    return made


def plain_card(url: str, **more: Any) -> dict[str, Any]:
    """A card as plain JSON."""
    return {
        "name": "hostile",
        "description": "Means harm.",
        "version": "1",
        "capabilities": {"streaming": True},
        "supportedInterfaces": [{"url": url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
        "defaultInputModes": ["text/plain"],
        "defaultOutputModes": ["text/plain"],
        "skills": [],
        **more,
    }


class Scripted:
    """A peer by hand: a card, and what it answers to each method."""

    def __init__(self, url: str, **more: Any) -> None:
        self.card: Any = plain_card(url + "/rpc", **more)
        self.calls: Final[list[tuple[str, dict[str, Any]]]] = []
        self.headers: dict[str, str] = {}
        self.answer: Callable[[str, dict[str, Any], Any], Awaitable[None]] = _nothing
        self.card_status = 200
        self.card_headers: list[tuple[bytes, bytes]] = [(b"content-type", b"application/json")]
        self.keys: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if scope["path"] == "/keys.json":
            await sent(send, json.dumps(self.keys).encode())
        elif scope["path"] != "/rpc":
            shown = self.card if isinstance(self.card, bytes) else json.dumps(self.card).encode()
            await sent(send, shown, self.card_status, self.card_headers)
        else:
            asked = json.loads(body)
            self.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            self.calls.append((asked["method"], asked))
            await self.answer(asked["method"], asked, send)


async def _nothing(method: str, asked: dict[str, Any], send: Any) -> None:
    await sent(
        send, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32601, "message": method}}).encode()
    )


async def sent(
    send: Any, body: bytes, status: int = 200, headers: Any = ((b"content-type", b"application/json"),)
) -> None:
    """A whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def streamed(send: Any, pieces: AsyncIterator[bytes]) -> None:
    """A stream of events."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def event(asked: dict[str, Any], result: dict[str, Any]) -> bytes:
    """One event of a stream."""
    return b"data: " + json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode() + b"\n\n"


def answer(asked: dict[str, Any], result: dict[str, Any]) -> bytes:
    """One answer."""
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode()


def task(state: str = "WORKING", task_id: str = "t1", **more: Any) -> dict[str, Any]:
    """A task as plain JSON."""
    return {"id": task_id, "contextId": "c1", "status": {"state": f"TASK_STATE_{state}"}, **more}


@asynccontextmanager
async def scripted(**more: Any) -> AsyncGenerator[tuple[Scripted, str]]:
    """A peer by hand and its address."""
    made: list[Scripted] = []

    def app(port: int) -> App:
        made.append(Scripted(f"http://127.0.0.1:{port}", **more))
        return made[0]

    async with listening(app) as url:
        yield made[0], url


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test, within a minute."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(bounded())
