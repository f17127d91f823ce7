"""A session is a process of one agent: what is said reaches it once, what it does is told, and only what was shown is approved."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from acp import RequestError, helpers
from acp.client.connection import ClientSideConnection

from ergos.app.client import ask
from ergos.app.daemon import serving
from ergos.app.home import home_at
from ergos.app.tap import Tap
from ergos.drivers.host import HostClock
from ergos.runtime.control import Halt
from ergos.sim.loopback.server import LoopbackOptions, LoopbackServer
from tests.app.editor.desk import CHAT, ECHO, PAYER, READER, SLOW, Editor, editing, play, say


def test_an_agent_answers_prompt_after_prompt_and_its_tools_are_told(tmp_path: Path):
    async def scene(editor: Editor, conn: ClientSideConnection, session: str) -> None:
        assert await say(conn, session, "hello") == "end_turn"
        assert editor.words == ["HELLO"]
        assert editor.steps == [("tool_call", "in_progress"), ("tool_call_update", "completed")]
        assert await say(conn, session, "again") == "end_turn"
        assert editor.words == ["HELLO", "AGAIN"]
        first = next(one for one in editor.updates if one.session_update == "tool_call")
        assert (first.title, first.raw_input) == ("shout", {"text": "hello"})
        assert await say(conn, session, "bye") == "end_turn"
        assert editor.words[-1] == "goodbye"
        assert await say(conn, session, "fresh start") == "end_turn"  # its process has ended; another begins
        assert editor.words[-1] == "FRESH START"
        assert await say(conn, session, "crash") == "end_turn"
        assert "it broke" in editor.words[-1]

    play(tmp_path, ECHO, scene)


def test_an_approval_shows_the_exact_call_and_only_that_is_approved(tmp_path: Path):
    paid = tmp_path / "paid"

    async def scene(editor: Editor, conn: ClientSideConnection, session: str) -> None:
        editor.says = lambda _, options: next(
            (one.option_id for one in options if one.option_id in ("approve", "1")), None
        )
        assert await say(conn, session, "choose") == "end_turn"
        (_, choices), (call, options) = editor.asked
        assert [one.name for one in choices] == ["alice", "bob"]
        assert call.raw_input["call"]["arguments"] == {"to": "bob", "amount": 5}
        assert call.raw_input["call"]["tool"] == "pay"
        assert len(call.raw_input["digest"]) == 64
        assert call.raw_input["digest"] in call.content[0].content.text
        assert [(one.option_id, one.kind) for one in options] == [("approve", "allow_once"), ("deny", "reject_once")]
        assert paid.read_text() == "bob 5\n"
        editor.says = lambda _, options: "deny" if options[0].option_id == "approve" else "0"
        assert await say(conn, session, "choose") == "end_turn"
        assert paid.read_text() == "bob 5\n"
        assert "not paid" in editor.words[-1]

    play(tmp_path, PAYER, scene)


def test_a_question_without_choices_is_answered_by_the_next_prompt(tmp_path: Path):
    async def scene(editor: Editor, conn: ClientSideConnection, session: str) -> None:
        assert await say(conn, session, "free") == "end_turn"
        assert editor.words == ["Who is paid?"]
        assert await say(conn, session, "carol") == "end_turn"
        assert (tmp_path / "paid").read_text() == "carol 5\n"

    play(tmp_path, PAYER, scene)


def test_an_answer_that_was_not_offered_approves_nothing(tmp_path: Path):
    async def scene(editor: Editor, conn: ClientSideConnection, session: str) -> None:
        editor.says = lambda _, options: "0" if options[0].option_id == "0" else "allow_always"
        with pytest.raises(RequestError, match="not among the answers"):
            await say(conn, session, "choose")
        assert not (tmp_path / "paid").exists()

    play(tmp_path, PAYER, scene)


def test_cancelling_stops_what_comes_next_and_the_next_prompt_goes_on(tmp_path: Path):
    async def scene(editor: Editor, conn: ClientSideConnection, session: str) -> None:
        prompting = asyncio.ensure_future(say(conn, session, "go"))
        while len(editor.steps) < 3:  # noqa: ASYNC110 - told by the editor
            await asyncio.sleep(0.02)
        with pytest.raises(RequestError, match="under way"):
            await say(conn, session, "meanwhile")
        await conn.cancel(session_id=session)
        assert await prompting == "cancelled"
        count = len(editor.steps)
        await asyncio.sleep(0.5)
        assert len(editor.steps) == count

    play(tmp_path, SLOW, scene)


def test_an_agent_that_begins_with_words_gets_them_once(tmp_path: Path):
    async def scene(editor: Editor, conn: ClientSideConnection, session: str) -> None:
        assert await say(conn, session, "hi") == "end_turn"
        assert editor.words == ["you said hi"]

    play(tmp_path, READER, scene)


def test_content_that_is_no_text_and_unknown_sessions_are_refused(tmp_path: Path):
    async def scene(editor: Editor, conn: ClientSideConnection, session: str) -> None:
        with pytest.raises(RequestError, match="image"):
            await conn.prompt(session_id=session, prompt=[helpers.image_block("aGk=", "image/png")])
        with pytest.raises(RequestError, match="nothing in this prompt"):
            await conn.prompt(session_id=session, prompt=[helpers.text_block("  ")])
        with pytest.raises(RequestError, match="no session"):
            await say(conn, "ergos-other", "hi")
        linked = helpers.resource_link_block("notes.md", "file:///notes.md")
        assert (await conn.prompt(session_id=session, prompt=[linked])).stop_reason == "end_turn"
        assert editor.words == ["[NOTES.MD](FILE:///NOTES.MD)"]

    play(tmp_path, ECHO, scene)


@pytest.mark.parametrize("hears", [False, True])
def test_a_model_answers_in_the_editor_whole_or_word_by_word(tmp_path: Path, hears: bool):
    async def played() -> None:
        loopback = LoopbackServer(LoopbackOptions(mode="engine" if hears else "instant"), clock=HostClock())
        await loopback.start(0)
        (tmp_path / "home").mkdir()
        (tmp_path / "chatty.py").write_text(CHAT)
        (tmp_path / "home" / "settings.toml").write_text(
            '[models]\ndiscover = false\nauto = ["mine"]\n[models.endpoints.mine]\nmodel = "loopback-1"\n'
            f'base_url = "http://127.0.0.1:{loopback.port}/v1"\ndialect = "openai.chat"\n'
            "price = { input = 1, output = 2 }\n"
        )
        home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})
        try:
            async with serving(home) as served:
                tap = Tap(served.kernel.machine) if hears else None
                async with editing(home, tmp_path / "chatty.py", tap) as (editor, conn):
                    session = (await conn.new_session(cwd="/", mcp_servers=[])).session_id
                    async with asyncio.timeout(20):
                        reply = await conn.prompt(session_id=session, prompt=[helpers.text_block("Tell me of Lisbon.")])
                    assert reply.stop_reason == "end_turn"
                    assert reply.usage is not None
                    assert reply.usage.input_tokens > 0
                    assert reply.usage.output_tokens > 0
                    told, pieces = "".join(editor.words), len(editor.words)
                    editor.updates.clear()
                    await conn.load_session(cwd="/", session_id=session, mcp_servers=[])
                    assert editor.words == [told]  # word by word it was the same
                    assert (pieces > 1) == hears
        finally:
            await loopback.stop()

    asyncio.run(played())


def test_stop_ends_a_prompt_and_says_so(tmp_path: Path):
    async def scene(editor: Editor, conn: ClientSideConnection, session: str) -> None:
        home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})
        await ask(home, Halt(on=True, by="me"))
        assert await say(conn, session, "hello") == "cancelled"
        assert "STOP is in force" in editor.words[-1]

    play(tmp_path, ECHO, scene)
