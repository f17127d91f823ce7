"""Money, outcomes, goals and reports over HTTP, of one owner alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.api.rig import BOB, VIEWER, House, play
from tests.server.api.test_words import READER


def test_who_has_spent_nothing_has_an_empty_account(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        found = await house.good("GET", "/ledger", who=BOB)
        assert found["owner"] == "bob"
        assert found["total"] == {"spent_microusd": 0, "spent_tokens": 0, "held_microusd": 0, "held_tokens": 0}
        assert found["days"] == found["agents"] == {}

    play(tmp_path, scenario)


def test_outcomes_are_counted_by_agent_and_day(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.rests(await house.start("quick"), "done")
        await house.rests(await house.start("broken"), "failed")
        rows = (await house.good("GET", "/ledger/outcomes", query="by=agent", who=VIEWER))["rows"]
        assert {one["key"]: (one["delivered"], one["failed"]) for one in rows} == {"quick": (1, 0), "broken": (0, 1)}
        (today,) = (await house.good("GET", "/ledger/outcomes"))["rows"]
        assert (today["delivered"], today["failed"]) == (1, 1)
        assert (await house.good("GET", "/ledger/outcomes", query="since=2999-01-01"))["rows"] == []
        assert (await house.good("GET", "/ledger/outcomes", who=BOB))["rows"] == []
        for by in ("day", "agent", "model"):
            assert isinstance((await house.good("GET", "/ledger/spend", query=f"by={by}"))["rows"], list)

    play(tmp_path, scenario)


def test_a_hosted_agent_has_a_goal_and_another_has_none(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.good("POST", "/agents", {"prose": READER, "name": "reader"})
        pid, other = await house.start("reader"), await house.start("listener")
        await house.rests(pid, "waiting")
        (goal,) = (await house.good("GET", "/goals"))["goals"]
        assert (goal["pid"], goal["agent"], goal["stalled"], goal["next_by"]) == (pid, "reader", False, "schedule")
        assert await house.good("GET", f"/goals/{pid}") == goal
        assert await house.refused("GET", f"/goals/{other}") == (404, "E102")
        assert await house.refused("GET", f"/goals/{pid}", who=BOB) == (404, "E102")
        assert (await house.good("GET", "/goals", who=BOB))["goals"] == []

    play(tmp_path, scenario)


@pytest.mark.parametrize(
    "query", ["", "language=zh", "since=2020-01-01&until=2020-01-02", "since=9999-12-31", "until=0001-01-01"]
)
def test_a_report_is_made_of_any_time(tmp_path: Path, query: str) -> None:
    async def scenario(house: House) -> None:
        await house.rests(await house.start("quick"), "done")
        found = await house.good("GET", "/report", query=query)
        assert found["text"]
        assert ("quick" in found["text"]) == (query in {"", "language=zh"})

    play(tmp_path, scenario)
