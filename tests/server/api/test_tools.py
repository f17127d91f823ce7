"""Tools over HTTP: listed, shown, decided about by the digest that was shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ergos.app.making import workshop_at
from ergos.lib.tool_making import Draft, Report, Tried
from tests.server.api.rig import BOB, OPERATOR, STALE, VIEWER, House, play

SOURCE = '''
from ergos.lib.tool import tool


@tool("pure", reach="read")
def double(n: int) -> int:
    """Doubles a number."""
    return 2 * n
'''
TESTS = "from double import double\n\n\ndef test_it():\n    assert double(2) == 4\n"


def proposed(house: House) -> None:
    """A tool that an agent made waits."""
    draft = Draft(owner="alice", agent="quick", source=SOURCE, tests=TESTS, why="to double")
    assert (
        workshop_at(house.home.folder).keep(draft, Report(sandbox="test", tests=(Tried(name="test_it", why=""),)))
        == "pending"
    )


def test_tools_are_listed_and_found_by_words(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        names = [one["name"] for one in (await house.good("GET", "/tools", who=VIEWER))["tools"]]
        assert "files.read" in names
        assert names == sorted(names)
        found = (await house.good("GET", "/tools", query="find=read a text file"))["tools"]
        assert found[0]["name"] == "files.read"
        shown = await house.good("GET", "/tools/files.read")
        assert shown["sentences"] == ["It changes nothing.", "It only reads."]
        assert await house.refused("GET", "/tools/nothing") == (404, "E101")
        assert await house.refused("GET", "/tools", who=BOB) == (403, "E300")
        assert await house.refused("GET", "/servers/none/log", who=OPERATOR) == (404, "E101")
        assert await house.refused("POST", "/tools/files.read/withdraw") == (409, "E100")

    play(tmp_path, scenario)


def test_a_made_tool_is_approved_by_the_digest_that_was_shown(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await asyncio.to_thread(proposed, house)
        (row,) = (await house.good("GET", "/tools", query="waiting=true"))["tools"]
        place = f"/tools/{row['name']}"
        shown = await house.good("GET", place)
        assert (shown["tool"]["state"], shown["tool"]["origin"]) == ("pending", "made")
        wrong = {"digest": "f" * 64}
        assert await house.refused("POST", f"{place}/approve", wrong) == (409, "E100")
        seen = {"digest": shown["tool"]["digest"][:12]}
        assert await house.refused("POST", f"{place}/approve", seen, who=STALE) == (403, "E313")
        assert (await house.good("POST", f"{place}/approve", seen))["asks"] == [
            "quick may use made.double with any arguments."
        ]
        assert (await house.good("GET", place))["tool"]["state"] == "ready"
        assert (await house.ask("POST", f"{place}/withdraw")).status == 204
        assert await house.refused("GET", place) == (404, "E101")

    play(tmp_path, scenario)


def test_what_was_rejected_is_gone(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await asyncio.to_thread(proposed, house)
        (row,) = (await house.good("GET", "/tools", query="waiting=true"))["tools"]
        body = {"digest": row["digest"]}
        assert (await house.ask("POST", f"/tools/{row['name']}/reject", body)).status == 204
        assert await house.refused("POST", f"/tools/{row['name']}/reject", body) == (404, "E101")

    play(tmp_path, scenario)
