"""What an owner decided, read from a real journal: approvals, denials, answers, starts; nothing of other owners."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ergos.app.home import Home, home_at, kernel_on, load_with, reading
from ergos.app.mining.costs import costs_of, tools_of
from ergos.app.mining.decisions import Decided, decided
from ergos.app.mining.habits import Habits, mine
from ergos.lib.folder import FolderPrograms

POSTER = """
from ergos.lib.agent import Context, agent, may
from ergos.lib.tool import tool


@tool(effect="irreversible")
def post(to: str, text: str) -> str:
    return "posted"


@agent(grants=[may("act", "post", ask=True)])
async def poster(ctx: Context):
    account = await ctx.ask("Which account?")
    for number in range(15):
        await ctx.settled(ctx.act("post", to="bob", text=f"hello {account}"))
    return "done"
"""


def lived(home: Home, path: Path, verdict: str) -> Decided:
    async def play() -> Decided:
        programs = FolderPrograms()
        definition = load_with(programs)(path, {})
        async with kernel_on(home, programs) as kernel:
            pid = await kernel.desk.spawn(definition, "me")
            other = await kernel.desk.spawn(definition, "somebody")
            answered: set[int] = set()
            while len(answered) < 16:
                async with reading(home) as reads:
                    waiting = [one for one in await reads.items("me", 10) if one.id not in answered]
                for one in waiting:
                    answered.add(one.id)
                    if one.kind == "question":
                        await kernel.desk.answer(one.id, "answer", "me", "main")
                    else:
                        await kernel.desk.answer(one.id, verdict, "me")  # type: ignore[arg-type]
                await asyncio.sleep(0.005)
            await asyncio.wait_for(kernel.desk.end_of(pid), 10)
            del other
        async with reading(home) as reads:
            found = await decided(home, reads)
            assert await costs_of(reads, found.started) == {"poster": 0}
            assert await decided(home, reads, since_ns=2**62) == Decided()
            return found

    return asyncio.run(play())


def test_decisions_answers_and_starts_of_the_homes_owner_are_read_with_what_was_shown(tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})
    path = tmp_path / "poster.py"
    path.write_text(POSTER)
    found = lived(home, path, "approve")
    assert [one.agent for one in found.started] == ["poster"]
    assert [(one.question, one.answer) for one in found.replies] == [("Which account?", "main")]
    assert [(one.tool, one.args, one.approved) for one in found.decisions] == [
        ("post", {"to": "bob", "text": "hello main"}, True)
    ] * 15
    proposals = mine(Habits(decided=found, tools=tools_of(home)), "en").proposals
    assert [one.kind for one in proposals] == ["grant"]
    assert proposals[0].command[:6] == ("grant", "poster", "act", "post", "text=equals:hello main", "to=equals:bob")


def test_what_is_always_denied_suggests_to_take_the_grant_back(tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})
    path = tmp_path / "poster.py"
    path.write_text(POSTER)
    found = lived(home, path, "deny")
    assert not any(one.approved for one in found.decisions)
    assert [one.kind for one in mine(Habits(decided=found), "zh").proposals] == ["denial"]
