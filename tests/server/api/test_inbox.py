"""Decisions over HTTP: of exactly what was seen, once, by who may."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.server.api.rig import BOB, OPERATOR, STALE, VIEWER, House, play


def test_an_approval_lets_exactly_what_was_shown_happen_once(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("payer")
        item = await house.item()
        assert (item["kind"], item["pid"], item["agent"]) == ("approval", pid, "payer")
        assert item["call"]["arguments"] == {"to": "bob", "amount": 5}
        place = f"/inbox/{item['number']}"
        assert await house.good("GET", place) == item
        assert await house.refused("POST", f"{place}/approve", {"digest": "f" * 64}) == (409, "E100")
        assert (await house.refused("POST", f"{place}/approve", {}))[0] == 400
        assert (await house.refused("POST", f"{place}/approve", {"digest": item["digest"][:11]}))[0] == 400
        yes = {"digest": item["digest"][:12]}
        assert await house.refused("POST", f"{place}/approve", yes, who=STALE) == (403, "E313")
        assert await house.refused("POST", f"{place}/approve", yes, who=VIEWER) == (403, "E300")
        assert (await house.refused("POST", f"{place}/approve", yes, who=OPERATOR))[0] in {403, 404}
        assert await house.refused("POST", f"{place}/approve", yes, who=BOB) == (404, "E101")
        await house.good("POST", f"{place}/approve", yes)
        await house.rests(pid, "done")
        assert (await house.good("GET", f"/processes/{pid}/outcome"))["value"] == "paid 5 to bob"
        assert await house.refused("POST", f"{place}/approve", yes) == (404, "E101")

    play(tmp_path, scenario)


def test_of_many_decisions_at_once_one_counts(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("payer")
        item = await house.item()
        body = {"digest": item["digest"]}
        verbs = ["approve", "deny"] * 4
        answers = await asyncio.gather(*(house.ask("POST", f"/inbox/{item['number']}/{verb}", body) for verb in verbs))
        assert (
            sorted(answer.status for answer in answers)[:2] == [200, 404]
            or [answer.status for answer in answers].count(200) == 1
        )
        assert {answer.status for answer in answers} <= {200, 404, 409}
        await house.rests(pid, "done", "failed")
        records = (await house.good("GET", f"/processes/{pid}/records"))["records"]
        assert [one["k"] for one in records].count("answer") == 1

    play(tmp_path, scenario)


def test_a_no_needs_no_fresh_sign_in_and_tells_why(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("payer")
        item = await house.item()
        await house.good("POST", f"/inbox/{item['number']}/deny", {"why": "too much"}, who=STALE)
        found = await house.rests(pid, "failed")
        assert "too much" in found.failure.what

    play(tmp_path, scenario)


def test_a_question_is_answered_by_value_or_in_words_and_by_nothing_else(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("asker")
        place = f"/inbox/{(await house.item())['number']}"
        for verb, body in (("approve", {"digest": "0" * 12}), ("deny", {}), ("decide", {"verdict": "done"})):
            assert await house.refused("POST", f"{place}/{verb}", body) == (409, "E100")
        assert await house.refused("POST", f"{place}/answer", {"text": "  "}) == (409, "E100")
        await house.good("POST", f"{place}/answer", {"text": "fine"})
        await house.good("GET", f"/processes/{pid}/wait")
        assert (await house.good("GET", f"/processes/{pid}/outcome"))["value"] == {"said": "fine", "memory": None}

    play(tmp_path, scenario)


def test_what_was_delivered_is_shown_until_it_was_seen(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("quick")
        await house.rests(pid, "done")
        found = await house.good("GET", "/inbox")
        assert [(one["pid"], one["state"], one["outcome"]) for one in found["delivered"]] == [
            (pid, "done", "you said None")
        ]
        assert (await house.good("GET", "/inbox", who=BOB))["delivered"] == []
        await house.good("POST", "/inbox/seen", {"until": found["until"]})
        assert (await house.good("GET", "/inbox"))["delivered"] == []
        await house.good("POST", "/inbox/seen", {"until": 2**53 - 1})
        await house.rests(await house.start("quick"), "done")
        assert len((await house.good("GET", "/inbox"))["delivered"]) == 1, "what is not written yet was not seen"

    play(tmp_path, scenario)
