"""Words over HTTP: compiled without a trace, made into an agent of this home, looked at, run dry."""

from __future__ import annotations

from pathlib import Path

from tests.server.api.rig import BOB, OPERATOR, STALE, VIEWER, House, play

READER = "Every morning at 8 read https://example.org/feed and write a summary of at most one page"


def folders(house: House) -> set[str]:
    return {one.name for one in (house.home.folder / "agents").iterdir()}


def test_compiling_shows_all_of_it_and_writes_nothing(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        before = folders(house)
        found = await house.good("POST", "/words/compile", {"prose": READER, "name": "reader"}, who=VIEWER)
        assert (found["ready"], found["name"], found["language"]) == (True, "reader", "en")
        assert found["text"].startswith("---\nname: reader\n")
        assert found["permissions"]
        assert found["cost"]["firings_month"] in {28, 29, 30, 31}
        assert {"Goal", "When"} <= {one["heading"] for one in found["preview"]}
        assert await house.good("POST", "/words/compile", {"prose": READER, "name": "reader"}, who=VIEWER) == found
        assert folders(house) == before

    play(tmp_path, scenario)


def test_what_is_missing_is_asked_for_and_nothing_is_written(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        before = folders(house)
        for prose in ("", "asdf", "每天早上8点到9点之间，但从不在早上"):
            answer = await house.ask("POST", "/agents", {"prose": prose})
            assert answer.status == 200
            assert answer.json["ready"] is False
            assert answer.json["diagnostics"]
            assert answer.json["text"] == ""
        assert folders(house) == before
        assert await house.refused("POST", "/agents", {"prose": READER, "timezone": "Mars/Base"}) == (409, "E100")

    play(tmp_path, scenario)


def test_an_agent_of_words_stands_in_the_home_and_can_be_started(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        answer = await house.ask("POST", "/agents", {"prose": READER, "name": "reader"})
        assert (answer.status, answer.headers["location"]) == (201, "/api/v1/agents/reader/source")
        assert (await house.good("GET", "/agents/reader/source"))["text"] == answer.json["text"]
        assert await house.refused("POST", "/agents", {"prose": READER, "name": "reader"}) == (409, "E100")
        again = {"prose": READER.replace("8", "9"), "name": "reader", "replace": True}
        assert "BYHOUR=9" in (await house.good("POST", "/agents", again))["text"]
        checked = await house.good("GET", "/agents/reader/check")
        assert (checked["agent"], checked["good"]) == ("reader", True)
        assert (await house.good("GET", "/agents/reader/preview"))["preview"]
        pid = await house.start("reader")
        assert (await house.rests(pid, "waiting")).agent == "reader"

    play(tmp_path, scenario)


def test_a_dry_run_shows_its_calls_and_leaves_no_process(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        found = await house.good("POST", "/agents/payer/dry", {}, who=OPERATOR)
        (call,) = found["calls"]
        assert (call["name"], call["decision"], call["args"]) == ("pay", "asked", {"to": "bob", "amount": 5})
        assert found["state"] == "done"
        found = await house.good("POST", "/agents/asker/dry", {"answers": ["well"]})
        assert found["outcome"]["said"] == "well"
        assert (await house.good("GET", "/processes", query="standing=all"))["processes"] == []
        assert await house.refused("POST", "/agents/payer/dry", {"trigger": "none"}) == (409, "E100")

    play(tmp_path, scenario)


def test_the_agents_folder_is_the_keepers(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        (house.home.folder / "agents" / "link").symlink_to(tmp_path)
        for method, path, body in (
            ("POST", "/agents", {"prose": READER}), ("GET", "/agents/payer/source", None),
            ("GET", "/agents/payer/check", None), ("POST", "/agents/payer/dry", {}),
        ):  # fmt: skip
            assert await house.refused(method, path, body, who=BOB) == (403, "E300")
        for agent in ("nobody", "link", "..", "a..b"):
            assert (await house.refused("GET", f"/agents/{agent}/source"))[0] in {400, 404}
        (house.home.folder / "agents" / "payer" / "AGENT.md").write_text("no front matter")
        assert (await house.refused("GET", "/agents/payer/check"))[0] == 409

    play(tmp_path, scenario)


def test_another_owner_learns_nothing_of_the_home_by_compiling(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.good("PUT", "/secrets/hidden", {"value": "x"})
        body = {"prose": "Every day at 8 send the file /srv/x to webhook hidden"}
        mine = await house.ask("POST", "/words/compile", body, who=VIEWER)
        theirs = await house.ask("POST", "/words/compile", body, who=BOB)
        assert theirs.status == mine.status == 200
        assert "hidden" not in str([one["choices"] for one in theirs.json["diagnostics"]])

    play(tmp_path, scenario)


def test_an_agent_is_made_after_a_fresh_sign_in_only(tmp_path: Path) -> None:
    """Its words give it grants, and a grant wants one."""

    async def scenario(house: House) -> None:
        body = {
            "prose": "every day at 9 am UTC read https://example.org/feed.xml and tell me what is new",
            "name": "reader",
        }
        assert await house.refused("POST", "/agents", body, who=STALE) == (403, "E313")
        assert not (house.home.folder / "agents" / "reader").exists()
        assert (await house.ask("POST", "/agents", body)).status == 201

    play(tmp_path, scenario)
