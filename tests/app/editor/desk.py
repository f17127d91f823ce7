"""An editor by the protocol's own client, agents for it, and a kernel behind both."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from acp import helpers
from acp.agent.connection import AgentSideConnection
from acp.client.connection import ClientSideConnection
from acp.schema import AllowedOutcome, DeniedOutcome, RequestPermissionResponse

from ergos.app.daemon import serving
from ergos.app.editor.house import EditorHouse
from ergos.app.home import Home, home_at
from ergos.app.tap import Tap
from ergos.buses.acp.editor_agent import EditorAgent
from ergos.drivers.host import HostClock, HostEntropy

ECHO = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure", trusted=True)
def shout(text: str) -> str:
    print("printed by a tool")
    return text.upper()


@agent(grants=[may("act", "shout")])
async def echo(ctx: Context):
    print("printed by a program")
    while True:
        text = str((await ctx.receive()).body)
        if text == "bye":
            return "goodbye"
        if text == "crash":
            raise ValueError("it broke")
        await ctx.send(0, await ctx.act("shout", text=text))
"""
PAYER = """
from pathlib import Path

from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def pay(to: str, amount: int) -> str:
    with Path(__file__).with_name("paid").open("a") as file:
        file.write(f"{to} {amount}\\n")
    return "paid"


@agent(grants=[may("act", "pay", ask=True)])
async def payer(ctx: Context):
    while True:
        word = str((await ctx.receive()).body)
        who = await ctx.ask("Who is paid?", ["alice", "bob"]) if word == "choose" else await ctx.ask("Who is paid?")
        try:
            await ctx.act("pay", to=who, amount=5)
        except Exception as error:
            await ctx.send(0, f"not paid: {error}")
"""
SLOW = """
import asyncio

from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="pure")
async def doze(n: int) -> int:
    await asyncio.sleep(0.1)
    return n


@agent(grants=[may("act", "doze")])
async def slow(ctx: Context):
    while True:
        await ctx.receive()
        for n in range(100):
            await ctx.act("doze", n=n)
"""
READER = """
from ergos.lib.agent import Context, agent


@agent()
async def reader(ctx: Context):
    return f"you said {ctx.beginning.memory}"
"""
CHAT = """
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.lib.agent import Context, agent, may


@agent(grants=[may("think", "model.*")], caps=Caps(process=Amount(9_000_000, -1)))
async def chatty(ctx: Context):
    while True:
        await ctx.chat(str((await ctx.receive()).body))
"""


class Editor:
    """The editor's side: keeps what it is told, and answers permissions as it was told to."""

    def __init__(self) -> None:
        self.updates: list[Any] = []
        self.asked: list[Any] = []
        self.thinks: asyncio.Event | None = None
        """While it is not set, a permission that is asked is not answered."""
        self.says: Callable[[Any, list[Any]], str | None] = lambda _, options: options[0].option_id

    async def session_update(self, session_id: str, update: Any, **_: Any) -> None:
        self.updates.append(update)

    async def request_permission(self, session_id: str, tool_call: Any, options: list[Any], **_: Any) -> Any:
        self.asked.append((tool_call, options))
        if self.thinks is not None:
            await self.thinks.wait()
        said = self.says(tool_call, options)
        if said is None:
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=said))

    def on_connect(self, _: Any) -> None:
        pass

    @property
    def words(self) -> list[str]:
        return [one.content.text for one in self.updates if one.session_update == "agent_message_chunk"]

    @property
    def mine(self) -> list[str]:
        return [one.content.text for one in self.updates if one.session_update == "user_message_chunk"]

    @property
    def steps(self) -> list[tuple[str, str]]:
        return [(one.session_update, one.status) for one in self.updates if one.session_update.startswith("tool_call")]


@asynccontextmanager
async def editing(
    home: Home, agent: Path, tap: Tap | None = None
) -> AsyncIterator[tuple[Editor, ClientSideConnection]]:
    """An editor connected to an agent of a kernel that runs already."""
    house = EditorHouse(home, agent, HostClock(), HostEntropy(), tap)
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    far_reader, far_writer = await asyncio.open_connection(sock=theirs)
    editor = Editor()
    face = AgentSideConnection(EditorAgent(house, "test", "1"), writer, reader, use_unstable_protocol=True)  # type: ignore[arg-type]
    conn = ClientSideConnection(editor, far_writer, far_reader, use_unstable_protocol=True)  # type: ignore[arg-type]
    try:
        await conn.initialize(protocol_version=1)
        yield editor, conn
    finally:
        await conn.close()
        await face.close()
        far_writer.close()
        writer.close()
        await asyncio.sleep(0)


def play(folder: Path, source: str, scene: Callable[[Editor, ClientSideConnection, str], Awaitable[None]]) -> None:
    """Let an editor drive an agent of this source in a session of its own."""

    async def played() -> None:
        path = folder / "agent_under_test.py"
        await asyncio.to_thread(path.write_text, source)
        home = home_at(folder / "home", {"HOME": str(folder), "ERGOS_OWNER": "me"})
        async with serving(home), editing(home, path) as (editor, conn):
            session = await conn.new_session(cwd=str(folder), mcp_servers=[])
            await scene(editor, conn, session.session_id)

    asyncio.run(played())


async def say(conn: ClientSideConnection, session: str, text: str) -> str:
    """A prompt; why it stopped."""
    async with asyncio.timeout(20):
        return (await conn.prompt(session_id=session, prompt=[helpers.text_block(text)])).stop_reason
