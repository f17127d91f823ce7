"""The face for editors keeps to the protocol whatever the house does, and asks what it shows."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from acp import RequestError, helpers
from acp.agent.connection import AgentSideConnection
from acp.client.connection import ClientSideConnection

from ergos.base.errors import StoreError, UnknownPathError
from ergos.buses.acp.editor_agent import EditorAgent
from ergos.buses.acp.ports import Choice, Happening, Rest, Session, Step, Wish, Words
from tests.app.editor.desk import Editor

ONE = Session(id="one", cwd="/here", title="first")
WISH = Wish(
    number=4, kind="approval", text="May I?", call={"tool": "pay"}, digest="d",
    choices=(Choice(id="approve", text="Approve", yes=True), Choice(id="deny", text="Deny", yes=False)),
)  # fmt: skip


class Scripted:
    """A house in which happens what it was told."""

    def __init__(self, *happenings: Happening) -> None:
        self.happenings = happenings
        self.said: list[str] = []
        self.answered: list[tuple[int, str]] = []
        self.cancelled = asyncio.Event()
        self.fault: Exception | None = None

    async def begin(self, cwd: str) -> Session:
        assert cwd
        return ONE

    async def find(self, name: str) -> Session:
        if name != "one":
            raise UnknownPathError("no such session")
        return ONE

    async def sessions(self) -> tuple[Session, ...]:
        return (ONE,)

    async def past(self, _: Session) -> AsyncIterator[Happening]:
        yield Words(who="owner", text="before")
        yield Words(who="agent", text="after")

    async def say(self, _: Session, text: str) -> AsyncIterator[Happening]:
        self.said.append(text)
        for happening in self.happenings:
            if isinstance(happening, Rest) and happening.why == "cancelled":
                await self.cancelled.wait()
            yield happening
        if self.fault is not None:
            raise self.fault

    async def answer(self, _: Session, wish: Wish, choice: Choice) -> None:
        self.answered.append((wish.number, choice.id))

    async def cancel(self, _: Session) -> None:
        self.cancelled.set()


@asynccontextmanager
async def connected(house: Scripted) -> AsyncIterator[tuple[Editor, ClientSideConnection]]:
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    far_reader, far_writer = await asyncio.open_connection(sock=theirs)
    editor = Editor()
    face = AgentSideConnection(EditorAgent(house, "test", "1"), writer, reader, use_unstable_protocol=True)  # type: ignore[arg-type]
    conn = ClientSideConnection(editor, far_writer, far_reader, use_unstable_protocol=True)  # type: ignore[arg-type]
    try:
        yield editor, conn
    finally:
        await conn.close()
        await face.close()
        far_writer.close()
        writer.close()
        await asyncio.sleep(0)


def played(
    house: Callable[[], Scripted], play: Callable[[Scripted, Editor, ClientSideConnection], Awaitable[None]]
) -> None:
    async def run() -> None:
        made = house()
        async with connected(made) as (editor, conn):
            await play(made, editor, conn)

    asyncio.run(run())


async def say(conn: ClientSideConnection, text: str = "hi") -> str:
    async with asyncio.timeout(5):
        return (await conn.prompt(session_id="one", prompt=[helpers.text_block(text)])).stop_reason


def test_it_says_what_it_can():
    async def play(_: Scripted, __: Editor, conn: ClientSideConnection) -> None:
        found = await conn.initialize(protocol_version=99)
        assert found.protocol_version == 1  # the newest we speak, whatever was asked for
        assert found.agent_info is not None
        assert found.agent_info.name == "ergos"
        capabilities = found.agent_capabilities
        assert capabilities is not None
        assert capabilities.load_session
        assert capabilities.prompt_capabilities is not None
        assert not capabilities.prompt_capabilities.image
        assert (await conn.new_session(cwd="/x", mcp_servers=[])).session_id == "one"

    played(Scripted, play)


def test_what_happens_is_told_in_order_and_the_end_is_its_reason():
    async def play(house: Scripted, editor: Editor, conn: ClientSideConnection) -> None:
        assert await say(conn) == "end_turn"
        assert house.said == ["hi"]
        assert [one.session_update for one in editor.updates] == [
            "tool_call", "tool_call_update", "agent_message_chunk"
        ]  # fmt: skip

    step = Step(id="1", title="t", work="read", status="in_progress", first=True)
    done = Step(id="1", title="t", work="read", status="completed", first=False)
    played(lambda: Scripted(step, done, Words(who="agent", text="ok"), Rest(why="idle")), play)


@pytest.mark.parametrize(("says", "answered"), [("approve", [(4, "approve")]), ("deny", [(4, "deny")]), (None, [])])
def test_the_owner_decides_what_was_asked(says: str | None, answered: list[tuple[int, str]]):
    async def play(house: Scripted, editor: Editor, conn: ClientSideConnection) -> None:
        editor.says = lambda *_: says
        assert await say(conn) == "end_turn"
        assert house.answered == answered

    played(lambda: Scripted(WISH, Rest(why="idle")), play)


def test_an_answer_that_was_not_offered_decides_nothing():
    async def play(house: Scripted, editor: Editor, conn: ClientSideConnection) -> None:
        editor.says = lambda *_: "allow_always"
        with pytest.raises(RequestError, match="not among the answers"):
            await say(conn)
        assert house.answered == []
        editor.says = lambda *_: "deny"
        assert await say(conn) == "end_turn"  # and the session goes on

    played(lambda: Scripted(WISH, Rest(why="idle")), play)


def test_a_call_too_large_to_be_shown_whole_is_not_asked():
    async def play(house: Scripted, editor: Editor, conn: ClientSideConnection) -> None:
        assert await say(conn) == "end_turn"
        assert editor.asked == []
        assert "ergos inbox" in editor.words[0]

    large = Wish(number=1, kind="approval", text="?", call={"x": "y" * 99_999}, choices=WISH.choices)
    played(lambda: Scripted(large, Rest(why="asks")), play)


def test_a_cancelled_prompt_says_so_and_asks_nothing_more():
    async def play(house: Scripted, editor: Editor, conn: ClientSideConnection) -> None:
        prompting = asyncio.ensure_future(say(conn))
        await asyncio.sleep(0.05)
        with pytest.raises(RequestError, match="under way"):
            await say(conn)
        await conn.cancel(session_id="one")
        assert await prompting == "cancelled"
        await conn.cancel(session_id="one")  # nothing is under way: nothing happens

    played(lambda: Scripted(Words(who="agent", text="…"), Rest(why="cancelled")), play)


def test_a_permission_that_is_cancelled_is_no_answer():
    async def play(house: Scripted, editor: Editor, conn: ClientSideConnection) -> None:
        editor.thinks = asyncio.Event()
        prompting = asyncio.ensure_future(say(conn))
        await asyncio.sleep(0.05)
        await conn.cancel(session_id="one")
        assert await prompting == "cancelled"
        assert house.answered == []
        editor.thinks.set()

    played(lambda: Scripted(WISH, Rest(why="idle")), play)


def test_what_the_house_refuses_is_an_error_of_the_protocol():
    async def play(house: Scripted, _: Editor, conn: ClientSideConnection) -> None:
        house.fault = StoreError("the store is broken")
        with pytest.raises(RequestError, match="the store is broken") as refused:
            await say(conn)
        assert refused.value.data["code"] == "E600"
        with pytest.raises(RequestError, match="no such session") as refused:
            await conn.load_session(cwd="/", session_id="other", mcp_servers=[])
        assert refused.value.code == -32002

    played(Scripted, play)


def test_a_session_is_loaded_with_its_past():
    async def play(_: Scripted, editor: Editor, conn: ClientSideConnection) -> None:
        await conn.load_session(cwd="/", session_id="one", mcp_servers=[])
        assert (editor.mine, editor.words) == (["before"], ["after"])
        await conn.resume_session(cwd="/", session_id="one", mcp_servers=[])
        assert len(editor.updates) == 2

    played(Scripted, play)
