"""Agents over HTTP: those that were started, their versions and differences, their memory."""

from __future__ import annotations

from pathlib import Path

from tests.server.api.rig import BOB, House, play


def test_two_versions_of_an_agent_can_be_told_apart(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.rests(await house.start("payer"), "waiting")
        file = house.home.folder / "agents" / "payer" / "AGENT.md"
        file.write_text(file.read_text().replace("    ask: true\n", ""))
        await house.rests(await house.start("payer"), "done")
        (agent,) = (await house.good("GET", "/agents"))["agents"]
        assert (agent["agent"], agent["live"]) == ("payer", 1)
        assert await house.good("GET", "/agents/payer") == agent
        new, old = [one["definition"] for one in (await house.good("GET", "/agents/payer/versions"))["versions"]]
        found = await house.good("GET", f"/agents/payer/versions/{old}")
        assert found["grants"] == ["payer may use pay with any arguments, asking you each time."]
        found = await house.good("GET", "/agents/payer/difference", query=f"old={old}&new={new}")
        assert found["more"] == ["payer may use pay with any arguments."]
        assert any(line.startswith("-") for line in found["lines"])

    play(tmp_path, scenario)


def test_a_version_that_is_not_ones_own_is_not_there(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.rests(await house.start("quick"), "done")
        digest = (await house.good("GET", "/agents/quick"))["definition"]
        await house.rests(await house.start("broken", who=BOB), "failed")
        theirs = (await house.good("GET", "/agents/broken", who=BOB))["definition"]
        for agent, one in (("quick", theirs), ("broken", theirs), ("quick", "0" * 64), ("nobody", digest)):
            assert await house.refused("GET", f"/agents/{agent}/versions/{one}") == (404, "E101")
        assert await house.refused("GET", "/agents/quick", who=BOB) == (404, "E101")
        assert await house.refused("GET", "/agents/quick/versions", who=BOB) == (404, "E101")
        assert (await house.refused("GET", "/agents/quick/versions/short"))[0] == 400

    play(tmp_path, scenario)


def test_an_agents_memory_is_read_by_key(tmp_path: Path) -> None:
    place = tmp_path / "home" / "agents"

    async def scenario(house: House) -> None:
        (place / "quick" / "agent.py").write_text(
            "from ergos.lib.agent import Context, agent\n\n\n@agent()\nasync def quick(ctx: Context):\n"
            "    await ctx.remember('a/1', {'x': 1})\n    await ctx.remember('b', 'two')\n"
        )
        await house.rests(await house.start("quick"), "done")
        found = (await house.good("GET", "/memory", query="agent=quick"))["notes"]
        assert [(one["key"], one["value"]) for one in found] == [("a/1", {"x": 1}), ("b", "two")]
        found = (await house.good("GET", "/memory", query="agent=quick&prefix=a/"))["notes"]
        assert [one["key"] for one in found] == ["a/1"]
        assert (await house.good("GET", "/memory/entry", query="agent=quick&key=b"))["value"] == "two"
        assert await house.refused("GET", "/memory/entry", query="agent=quick&key=c") == (404, "E101")
        assert (await house.good("GET", "/memory", query="agent=quick", who=BOB))["notes"] == []
        assert (await house.refused("GET", "/memory"))[0] == 400

    play(tmp_path, scenario)
