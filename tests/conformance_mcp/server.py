"""The "everything" server of the conformance kit, served by our own stack.

    python -m tests.conformance_mcp.server [PORT]    prints its URL when it listens

Our HTTP server, our admission of Host and Origin, our ASGI bridge, our lobby, face, tasks and skills extensions; only
what the tools say is the kit's. No token is asked for, because the kit sends none.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from ergos.base.errors import UnknownPathError
from ergos.buses.mcp.server.asking import Context, spoken
from ergos.buses.mcp.server.face import face
from ergos.buses.mcp.server.lobby import Lobby
from ergos.buses.mcp.server.ports import (
    INVALID_PARAMS,
    Asking,
    Caller,
    Desk,
    RpcError,
    SkillEntry,
    SkillFile,
    TaskView,
    Wire,
)
from ergos.buses.mcp.server.wire import text
from ergos.drivers.http.message import Request
from ergos.drivers.http.reply import Responder
from ergos.drivers.http.server import HttpServer
from ergos.server.admission import Admission
from ergos.server.mcp import PATH, McpDoor, refuse
from ergos.server.refusals import Rejected
from tests.conformance_mcp.board import MemoryBoard
from tests.conformance_mcp.samples import PNG
from tests.conformance_mcp.tools import Tools, form, required

KIT: Final = Caller("the kit")
HOST: Final = "127.0.0.1"


class FixtureTools:
    """`ToolDesk` over the table of tools."""

    def __init__(self, tools: Tools) -> None:
        self._tools: Final = tools

    async def tools(self, caller: Caller) -> tuple[Wire, ...]:
        return tuple(
            {"name": name, "description": about, "inputSchema": schema}
            for name, (about, schema, _) in sorted(self._tools.table.items())
        )

    async def call(self, name: str, arguments: Wire, asking: Asking) -> Wire | TaskView:
        found = self._tools.table.get(name)
        if found is None:
            raise RpcError(INVALID_PARAMS, f"there is no tool {name!r}")
        return await found[2](asking, arguments)  # type: ignore[arg-type]


TEXT: Final = "This is the content of the static text resource."


class FixturePlaces:
    """`Places` with what the kit reads."""

    async def resources(self, caller: Caller) -> tuple[Wire, ...]:
        rows = (("static-text", "text/plain"), ("static-binary", "image/png"), ("watched-resource", "text/plain"))
        return tuple(
            {"uri": f"test://{name}", "name": name, "description": name, "mimeType": kind} for name, kind in rows
        )

    async def templates(self, caller: Caller) -> tuple[Wire, ...]:
        return ({"uriTemplate": "test://template/{id}/data", "name": "template", "mimeType": "application/json"},)

    async def read(self, caller: Caller, uri: str) -> tuple[Wire, ...] | None:
        match uri.removeprefix("test://").split("/"):
            case ["static-text"]:
                return ({"uri": uri, "mimeType": "text/plain", "text": TEXT},)
            case ["static-binary"]:
                return ({"uri": uri, "mimeType": "image/png", "blob": PNG},)
            case ["watched-resource"]:
                return ({"uri": uri, "mimeType": "text/plain", "text": "watched"},)
            case ["template", name, "data"]:
                said = json.dumps({"id": name, "templateTest": True, "data": f"Data for ID: {name}"})
                return ({"uri": uri, "mimeType": "application/json", "text": said},)
            case _:
                return None


SKILLS: Final[dict[str, dict[str, bytes]]] = {
    "greeting": {
        "SKILL.md": b"---\nname: greeting\ndescription: How to greet people in letters\nlicense: Apache-2.0\n---\n\nSee templates/.\n",
        "templates/formal.md": b"Dear NAME,\n",
        "templates/short/plain.txt": b"Hi NAME\n",
    },
    "office/billing": {
        "SKILL.md": b"---\nname: billing\ndescription: How to write a bill\n---\n\nUse scripts/total.py.\n",
        "scripts/total.py": b"print(sum([1, 2]))\n",
    },
}


class FixtureShelf:
    """`SkillShelf` in memory."""

    def skills(self) -> tuple[SkillEntry, ...]:
        return tuple(
            SkillEntry(
                path, _front(files["SKILL.md"]), tuple(_file(name, body) for name, body in sorted(files.items()))
            )
            for path, files in SKILLS.items()
        )

    def read(self, skill: str, file: str) -> bytes:
        try:
            return SKILLS[skill][file]
        except KeyError as error:
            raise UnknownPathError(f"no {file} in {skill}") from error


def _front(body: bytes) -> dict[str, Any]:
    lines = body.decode().split("---")[1].strip().splitlines()
    return dict(line.split(": ", 1) for line in lines)


def _file(name: str, body: bytes) -> SkillFile:
    return SkillFile(name, hashlib.sha256(body).hexdigest(), len(body))


# What our own servers have no use for: prompts, completion, log levels and subscriptions of the older era


PROMPTS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "test_simple_prompt": ("A simple prompt", ()),
    "test_prompt_with_arguments": ("A prompt with arguments", ("arg1", "arg2")),
    "test_prompt_with_embedded_resource": ("A prompt with a resource", ("resourceUri",)),
    "test_prompt_with_image": ("A prompt with an image", ()),
    "test_input_required_result_prompt": ("A prompt that asks first", ()),
}


async def list_prompts(ctx: Context, _: object) -> Wire:
    return {
        "prompts": [
            {"name": name, "description": about, "arguments": [{"name": one, "required": True} for one in arguments]}
            for name, (about, arguments) in PROMPTS.items()
        ]
    }


def _user(*content: Wire) -> Wire:
    return {"messages": [{"role": "user", "content": one} for one in content]}


async def get_prompt(ctx: Context, params: Any) -> Wire:
    said = params.arguments or {}
    match params.name:
        case "test_simple_prompt":
            return _user(text("This is a simple prompt for testing."))
        case "test_prompt_with_arguments":
            return _user(text(f"Prompt with arguments: arg1='{said.get('arg1')}', arg2='{said.get('arg2')}'"))
        case "test_prompt_with_embedded_resource":
            words = "Embedded resource content for testing."
            resource = {
                "uri": said.get("resourceUri", "test://example-resource"),
                "mimeType": "text/plain",
                "text": words,
            }
            return _user(
                {"type": "resource", "resource": resource}, text("Please process the embedded resource above.")
            )
        case "test_prompt_with_image":
            return _user(
                {"type": "image", "data": PNG, "mimeType": "image/png"}, text("Please analyze the image above.")
            )
        case "test_input_required_result_prompt":
            given = (ctx.params or {}).get("inputResponses") or {}
            if "user_context" not in given:
                return required(
                    {"user_context": form("What context should the prompt use?", {"context": {"type": "string"}})}
                )
            return _user(text(f"Context: {given['user_context']}"))
        case name:
            raise RpcError(INVALID_PARAMS, f"there is no prompt {name!r}")


async def complete(ctx: Context, _: object) -> Wire:
    return {"completion": {"values": ["paris", "park", "party"], "total": 3, "hasMore": False}}


async def nothing(ctx: Context, _: object) -> Wire:
    return {}


def everything() -> Any:
    """The server, with what only the kit asks for."""
    import mcp_types as types
    from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity

    board = MemoryBoard()
    desk = Desk(
        name="ergos-everything",
        version="1",
        tools=FixtureTools(Tools(board)),
        board=board,
        places=FixturePlaces(),
        shelf=FixtureShelf(),
    )
    server = face(desk)
    for method, params, handler in (
        ("prompts/list", types.PaginatedRequestParams, list_prompts),
        ("prompts/get", types.GetPromptRequestParams, get_prompt),
        ("completion/complete", types.CompleteRequestParams, complete),
        ("logging/setLevel", types.SetLevelRequestParams, nothing),
        ("resources/subscribe", types.SubscribeRequestParams, nothing),
        ("resources/unsubscribe", types.UnsubscribeRequestParams, nothing),
    ):
        server.add_request_handler(method, params, spoken(handler, ttl_ms=1_000 if method.endswith("/list") else None))
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=desk.name))
    return server


def kept() -> Any:
    """Keeps what streams said, for clients that come back."""
    from mcp.server.streamable_http import EventMessage, EventStore

    class Kept(EventStore):
        def __init__(self) -> None:
            self._events: list[tuple[str, Any]] = []

        async def store_event(self, stream_id: str, message: Any) -> str:
            self._events.append((stream_id, message))
            return str(len(self._events))

        async def replay_events_after(self, last_event_id: str, send_callback: Any) -> str | None:
            at = int(last_event_id)
            stream = self._events[at - 1][0] if 0 < at <= len(self._events) else None
            for number, (name, message) in enumerate(self._events[at:], at + 1):
                if name == stream and message is not None:
                    await send_callback(EventMessage(message, str(number)))
            return stream

    return Kept()


@asynccontextmanager
async def listening(port: int = 0) -> AsyncIterator[int]:
    """The server on a port of loopback."""
    lobby = Lobby(everything, kept, retry_ms=100)
    door = McpDoor(lobby, lobby)

    async def serve(request: Request, reply: Responder) -> None:
        try:
            admission.check_place(request)
            await door.serve(request, reply, KIT)
        except Rejected as rejected:
            refuse(reply, rejected.refused)

    server = HttpServer(serve)
    bound = await server.start(HOST, port)
    admission = Admission(frozenset(), frozenset({f"http://localhost:{bound}", f"http://{HOST}:{bound}"}))
    try:
        yield bound
    finally:
        await door.close()
        await server.stop()


async def main() -> None:
    async with listening(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as port:
        print(f"http://localhost:{port}{PATH}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
