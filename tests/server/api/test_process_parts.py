"""What a process consists of: its records in pages and turns, mail, calls, memory, grants, definition."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.server.api.shapes import Room
from tests.server.api.rig import House, play


def test_records_come_in_order_and_in_pages(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("quick")
        await house.rests(pid, "done")
        every = (await house.good("GET", f"/processes/{pid}/records"))["records"]
        assert [one["k"] for one in every] == ["spawn", "wake", "exit"]
        first = await house.good("GET", f"/processes/{pid}/records", query="limit=2")
        assert first["next"] == every[1]["seq"]
        rest = await house.good("GET", f"/processes/{pid}/records", query=f"limit=2&after={first['next']}")
        assert first["records"] + rest["records"] == every
        assert rest["next"] is None
        assert (await house.good("GET", f"/processes/{pid}/turns/1"))["records"] == every
        assert (await house.good("GET", f"/processes/{pid}/turns/9"))["records"] == []

    play(tmp_path, scenario)


def test_what_it_waits_with_is_shown(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("payer")
        await house.item()
        (call,) = (await house.good("GET", f"/processes/{pid}/calls"))["value"]
        assert (call["call"], call["stands"]) == ("act pay", "waits for its owner")
        assert (call["waited_ns"], call["queued_ns"], call["ran_ns"]) == (0, None, None), "nobody knows them yet"
        sentences = (await house.good("GET", f"/processes/{pid}/grants"))["sentences"]
        assert sentences == ["payer may use pay with any arguments, asking you each time."]
        assert (await house.good("GET", f"/processes/{pid}/definition"))["value"]["agent"] == "payer"
        assert (await house.good("GET", f"/processes/{pid}/triggers"))["value"] == []
        await house.good("POST", f"/processes/{pid}/mail", {"body": {"a": 1}})
        (mail,) = (await house.good("GET", f"/processes/{pid}/mail"))["mail"]
        assert (mail["sender"], mail["body"]) == (0, {"a": 1})
        assert (await house.good("GET", f"/processes/{pid}"))["unread"] == 1
        quick = await house.start("quick", memory={"m": 1})
        await house.rests(quick, "done")
        assert (await house.good("GET", f"/processes/{quick}/memory"))["value"] == {"turn": {"m": 1}, "kept": {}}
        for path in ("records", "turns/1", "calls", "mail", "memory", "outcome", "grants", "definition", "triggers"):
            assert await house.refused("GET", f"/processes/99/{path}") == (404, "E102")

    play(tmp_path, scenario)


def test_large_letters_are_shown_as_far_as_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Room.__init__, "__defaults__", (1_000,))

    async def scenario(house: House) -> None:
        pid = await house.start("payer")
        await house.item()
        for size in (400, 400, 400):
            await house.good("POST", f"/processes/{pid}/mail", {"body": "x" * size})
        found = await house.good("GET", f"/processes/{pid}/mail")
        assert ([len(one["body"]) for one in found["mail"]], found["more"]) == ([400, 400], True)

    play(tmp_path, scenario)
