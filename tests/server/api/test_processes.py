"""Processes over HTTP: listed in pages, started, waited for, signalled, written to."""

from __future__ import annotations

from pathlib import Path

from tests.server.api.rig import BOB, OPERATOR, VIEWER, House, play


def test_a_process_is_started_waited_for_and_shown(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        answer = await house.ask("POST", "/processes", {"agent": "quick", "memory": "x"}, who=OPERATOR)
        pid = answer.json["pid"]
        assert (answer.status, answer.headers["location"]) == (201, f"/api/v1/processes/{pid}")
        ends = await house.good("GET", f"/processes/{pid}/wait", who=VIEWER)
        assert (ends["ended"], ends["state"]) == (True, "done")
        shown = await house.good("GET", f"/processes/{pid}")
        assert (shown["agent"], shown["outcome"], shown["failure"]) == ("quick", "you said x", None)
        failed = await house.start("broken")
        ends = await house.good("GET", f"/processes/{failed}/wait")
        assert ends["failure"]["code"] == "E403"

    play(tmp_path, scenario)


def test_a_wait_ends_with_its_time(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("listener")
        ends = await house.good("GET", f"/processes/{pid}/wait", query="within_s=0")
        assert ends["ended"] is False
        assert (await house.refused("GET", f"/processes/{pid}/wait", query="within_s=26"))[0] == 400

    play(tmp_path, scenario)


def test_pages_cover_all_processes_once(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        started = [await house.start("quick") for _ in range(7)]
        await house.start("quick", who=BOB)
        got: list[int] = []
        query = "standing=all&limit=3"
        while True:
            page = await house.good("GET", "/processes", query=query)
            got += [one["pid"] for one in page["processes"]]
            if page["next"] is None:
                break
            query = f"standing=all&limit=3&before={page['next']}"
        assert got == sorted(started, reverse=True)
        await house.rests(started[-1], "done")
        assert (await house.good("GET", "/processes"))["processes"] == []
        assert len((await house.good("GET", "/processes", query="standing=ended&text=qui"))["processes"]) == 7
        assert (await house.good("GET", "/processes", query="standing=ended&agent=asker"))["processes"] == []
        for wrong in ("limit=0", "limit=201", "standing=none", "before=-1"):
            assert (await house.refused("GET", "/processes", query=wrong))[0] == 400

    play(tmp_path, scenario)


def test_signals_take_effect_and_what_cannot_be_is_a_conflict(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("listener")
        await house.rests(pid, "waiting")
        assert (await house.good("POST", f"/processes/{pid}/signal", {"signal": "pause"}))["state"] == "paused"
        await house.good("POST", f"/processes/{pid}/signal", {"signal": "resume"})
        await house.good("POST", f"/processes/{pid}/signal", {"signal": "kill"})
        await house.rests(pid, "killed")
        assert await house.refused("POST", f"/processes/{pid}/signal", {"signal": "resume"}) == (409, "E103")
        assert (await house.refused("POST", f"/processes/{pid}/mail", {"body": 1}))[0] == 409
        assert (await house.refused("POST", f"/processes/{pid}/signal", {"signal": "nuke"}))[0] == 400
        assert await house.refused("POST", f"/processes/{pid}/signal", {"signal": "kill"}, who=VIEWER) == (403, "E300")

    play(tmp_path, scenario)


def test_a_letter_arrives(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("listener")
        for body in ({"any": ["json", 1, None]}, "enough"):
            assert (await house.ask("POST", f"/processes/{pid}/mail", {"body": body})).status == 202
        await house.good("GET", f"/processes/{pid}/wait")
        assert (await house.good("GET", f"/processes/{pid}/outcome"))["value"] == [{"any": ["json", 1, None]}]

    play(tmp_path, scenario)


def test_only_what_is_an_agent_is_started(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        for agent, status in (("nobody", 404), ("../agents/quick", 400), (".", 400), ("a/b", 400), ("", 400)):
            assert (await house.refused("POST", "/processes", {"agent": agent}))[0] == status
        (house.home.folder / "agents" / "empty").mkdir()
        assert (await house.refused("POST", "/processes", {"agent": "empty"}))[0] == 409
        for path, status in (("/", 409), ("/" + "0" * 4_000, 409), ("/etc/passwd", 409), ("relative", 400)):
            assert (await house.refused("POST", "/processes/at", {"path": path}))[0] == status
        place = house.home.folder / "agents" / "quick"
        assert (await house.ask("POST", "/processes/at", {"path": str(place)})).status == 201
        assert await house.refused("POST", "/processes/at", {"path": str(place)}, who=BOB) == (403, "E300")

    play(tmp_path, scenario)


def test_children_are_those_it_started(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("quick")
        assert (await house.good("GET", f"/processes/{pid}/children"))["children"] == []

    play(tmp_path, scenario)
