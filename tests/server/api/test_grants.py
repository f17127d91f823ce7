"""Grants over HTTP: said before they are given, given with a fresh sign-in, taken back at once."""

from __future__ import annotations

from pathlib import Path

from tests.server.api.rig import BOB, OPERATOR, STALE, VIEWER, House, play

FILES = {"agent": "quick", "verb": "act", "name": "files.*", "until": "2099-01-31", "times": 3, "words": "go on"}


def test_a_grant_is_said_then_given_then_taken_back(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        said = await house.good("POST", "/grants/preview", FILES, who=VIEWER)
        assert said["sentence"] == (
            "quick may use any tool of files with any arguments, at most 3 times in all, until 2099-01-31."
        )
        assert (await house.good("GET", "/grants"))["grants"] == []
        assert await house.refused("POST", "/grants", FILES, who=STALE) == (403, "E313")
        assert await house.refused("POST", "/grants", FILES, who=OPERATOR) == (403, "E300")
        answer = await house.ask("POST", "/grants", FILES)
        assert (answer.status, answer.headers["location"]) == (201, f"/api/v1/grants/{said['id']}")
        assert answer.json == said
        (found,) = (await house.good("GET", "/grants", who=VIEWER))["grants"]
        assert (found["id"], found["words"], found["left"], found["definition_of"]) == (said["id"], "go on", 3, "")
        assert (await house.good("GET", "/grants", who=BOB))["grants"] == []
        assert await house.refused("DELETE", f"/grants/{said['id']}", who=BOB) == (404, "E101")
        assert (await house.ask("DELETE", f"/grants/{said['id']}", who=STALE)).status == 204
        assert (await house.good("GET", "/grants"))["grants"] == []
        assert (await house.good("GET", f"/grants/{said['id']}"))["standing"] == "revoked"
        assert len((await house.good("GET", "/grants", query="all=true"))["grants"]) == 1

    play(tmp_path, scenario)


def test_what_a_definition_brings_along_is_listed_by_agent(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.start("payer")
        (found,) = (await house.good("GET", "/grants", query="agent=payer"))["grants"]
        assert (found["name"], found["ask"], found["definition_of"]) == ("pay", True, "payer")
        assert (await house.good("GET", "/grants", query="agent=quick"))["grants"] == []

    play(tmp_path, scenario)


def test_arguments_are_bounded_by_matchers(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        args = {"amount": {"kind": "range", "values": [0, 400]}, "to": {"kind": "one_of", "values": ["bob"]}}
        body = {"agent": "payer", "verb": "act", "name": "pay", "args": args}
        said = await house.good("POST", "/grants/preview", body)
        assert "400" in said["sentence"]
        for wrong in (
            {"verb": "own"}, {"name": "*"}, {"agent": "a b"}, {"times": 0}, {"until": "soon"}, {"more": 1},
            {"args": {"x": {"kind": "regex", "values": [".*"]}}},
        ):  # fmt: skip
            assert (await house.refused("POST", "/grants/preview", {**body, **wrong}))[0] == 400

    play(tmp_path, scenario)
