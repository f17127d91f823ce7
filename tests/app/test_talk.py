"""A process reads as a conversation: who said what, in order, and the steps in between."""

from __future__ import annotations

import asyncio

import pytest

from ergos.app.access.roles import person
from ergos.app.home import Home, reading
from ergos.app.talk import Talk, talk
from ergos.base.errors import UnknownProcessError
from ergos.base.ids import Pid
from tests.app.trace_house import home_in, ran, seat_on


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Process 1 asked a model; process 2 was told three things; process 3 asks its owner."""
    home = home_in(tmp_path_factory.mktemp("talk") / "house")
    (home.folder.parent / "curious.py").write_text(CURIOUS)

    async def play() -> None:
        await ran(home, "forecaster")
        await ran(home, "asker", ("Oslo", "Rome", "stop"))
        await ran(home, "curious")

    asyncio.run(play())
    return home


CURIOUS = """
from ergos.lib.agent import Context, agent


@agent()
async def curious(ctx: Context):
    return await ctx.ask("Which colour?", choices=["red", "blue"])
"""


def talked(home: Home, pid: int, turns: int, before: int = 0) -> Talk:
    async def look() -> Talk:
        async with reading(home) as reads:
            return await talk(seat_on(home, reads), Pid(pid), turns, before)

    return asyncio.run(look())


def test_what_a_model_says_is_said_by_the_agent_with_its_label(told: Home):
    found = talked(told, 1, 1)
    assert [one.kind for one in found.said] == ["steps", "said", "steps", "outcome"]
    said = found.said[1]
    assert (said.text, said.label.integrity, said.label.modelled) == ("It rains: take an umbrella.", "untrusted", True)
    assert [span.call.name for span in found.said[0].steps] == ["model.auto", "weather", "model.auto"]
    assert found.said[3].text == {"take": True}
    assert found.said[3].label.integrity == "untrusted"


def test_messages_are_mine_in_order_and_earlier_turns_are_on_a_page_before(told: Home):
    found = talked(told, 2, 3)
    assert [one.text for one in found.said if one.kind == "mine"] == ["Oslo", "Rome", "stop"]
    assert [one.turn for one in found.said] == sorted(one.turn for one in found.said)
    assert not found.idle
    before = talked(told, 2, 3, before=2)
    assert [one.text for one in before.said if one.kind == "mine"] == ["Oslo"]
    assert before.idle


def test_a_question_waits_with_its_item(told: Home):
    found = talked(told, 3, 1)
    (asked,) = found.said
    assert (asked.kind, asked.text, asked.answered, asked.item) == ("asked", "Which colour?", False, 1)
    assert len(found.running) == 1


def test_another_owner_hears_nothing(told: Home):
    async def look() -> None:
        async with reading(told) as reads:
            seat = seat_on(told, reads, person("eve", "owner", "eve", keeper_of="ann"))
            with pytest.raises(UnknownProcessError):
                await talk(seat, Pid(1), 1)

    asyncio.run(look())
