"""An editor's own client starts `ergos acp` and drives an agent over a real pipe against a real kernel."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from acp import RequestError, spawn_agent_process
from acp.client.connection import ClientSideConnection

from ergos.app.home import Home
from ergos.base.errors import UsageError
from ergos.cli.acp import agent_at
from ergos.runtime.settings import Settings
from tests.app.editor.desk import PAYER, Editor, say

ROOT = Path(__file__).resolve().parents[2]
MAIN = "import typer; from ergos.cli.acp import acp; app = typer.Typer(); app.command()(acp); app()"
LOUD = PAYER.replace("    while True:\n", '    print("printed by a program")\n    while True:\n').replace(
    '    return "paid"', '    print("printed by a tool")\n    return "paid"'
)


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[tuple[Editor, ClientSideConnection]]:
    """`ergos acp`, started by an editor; at its end our input is closed, and it ends well."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "ERGOS_HOME": str(folder / "home"), "ERGOS_OWNER": "me"}
    editor = Editor()
    command = [sys.executable, "-c", MAIN, str(folder / "payer.py")]
    async with spawn_agent_process(editor, *command, env=env, transport_kwargs={"stderr": None}) as (conn, process):  # type: ignore[arg-type]
        found = await conn.initialize(protocol_version=1)
        assert found.protocol_version == 1
        assert found.agent_capabilities is not None
        assert found.agent_capabilities.load_session
        yield editor, conn
    assert process.returncode == 0


def test_an_editor_drives_an_agent_over_a_pipe_and_goes_on_in_another(tmp_path: Path):
    async def played() -> None:
        (tmp_path / "payer.py").write_text(LOUD)
        async with started(tmp_path) as (editor, conn):
            session = (await conn.new_session(cwd=str(tmp_path), mcp_servers=[])).session_id
            assert await say(conn, session, "choose") == "end_turn"
            (_, choices), (call, options) = editor.asked
            assert [one.name for one in choices] == ["alice", "bob"]
            assert call.raw_input["call"]["arguments"] == {"to": "alice", "amount": 5}
            assert [one.option_id for one in options] == ["approve", "deny"]
            assert (tmp_path / "paid").read_text() == "alice 5\n"
            assert editor.steps == [
                ("tool_call", "pending"), ("tool_call_update", "in_progress"), ("tool_call_update", "completed")
            ]  # fmt: skip
        async with started(tmp_path) as (editor, conn):
            listed = await conn.list_sessions()
            assert [(one.session_id, one.title) for one in listed.sessions] == [(session, "choose")]
            assert (await conn.list_sessions(cwd="/elsewhere")).sessions == []
            await conn.load_session(cwd=str(tmp_path), session_id=session, mcp_servers=[])
            assert editor.mine == ["choose"]
            assert editor.steps[-1] == ("tool_call_update", "completed")
            assert await say(conn, session, "choose") == "end_turn"
            assert (tmp_path / "paid").read_text() == "alice 5\nalice 5\n"
            with pytest.raises(RequestError, match="no session"):
                await conn.load_session(cwd=str(tmp_path), session_id="ergos-unknown", mcp_servers=[])

    asyncio.run(played())


def test_an_agent_is_found_by_its_path_or_its_name(tmp_path: Path):
    here = Home(Settings(home=tmp_path, owner="me"))
    (tmp_path / "agents" / "shop").mkdir(parents=True)
    assert agent_at(here, "shop") == tmp_path / "agents" / "shop"
    assert agent_at(here, str(tmp_path / "agents" / "shop")) == tmp_path / "agents" / "shop"
    for name in ("nowhere", "../agents/none", ".hidden"):
        with pytest.raises(UsageError):
            agent_at(here, name)
