"""The kernel over HTTP: how it is, STOP, the namespace, queues, foreign programs."""

from __future__ import annotations

from pathlib import Path

from tests.server.api.rig import BOB, OPERATOR, VIEWER, House, play


def test_status_says_what_is_the_business_of_who_asks(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.start("asker")
        await house.item()
        found = await house.good("GET", "/status", who=VIEWER)
        assert (found["halted"], found["states"], found["fault"]) == (False, {"waiting": 1}, "")
        assert found["records"] > 0
        other = await house.good("GET", "/status", who=BOB)
        assert (other["states"], other["records"], other["door"]) == ({}, 0, "")
        assert [one["pid"] for one in (await house.good("GET", "/live"))["processes"]] == [1]
        assert (await house.good("GET", "/live", who=BOB))["processes"] == []

    play(tmp_path, scenario)


def test_stop_is_the_keepers_and_pauses_what_is_anothers_own(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        mine, theirs = await house.start("listener"), await house.start("listener", who=BOB)
        await house.rests(theirs, "waiting")
        assert await house.good("PUT", "/stop", {"on": True}, who=BOB) == {"on": True, "reached": 1}
        await house.rests(theirs, "paused")
        assert (await house.rests(mine, "waiting")).pid == mine
        assert (await house.good("GET", "/status"))["halted"] is False
        assert await house.good("PUT", "/stop", {"on": True}, who=OPERATOR) == {"on": True, "reached": 0}
        assert (await house.good("GET", "/status"))["halted"] is True
        await house.good("PUT", "/stop", {"on": False})
        await house.good("PUT", "/stop", {"on": False}, who=BOB)
        await house.rests(theirs, "waiting", "ready")
        assert await house.refused("PUT", "/stop", {"on": True}, who=VIEWER) == (403, "E300")

    play(tmp_path, scenario)


def test_the_namespace_is_read_by_path_in_both_spellings(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("quick")
        await house.rests(pid, "done")
        root = await house.good("GET", "/look")
        assert root["folder"] is True
        assert "proc" in [one["name"] for one in root["entries"]]
        deep = await house.good("GET", f"/look/proc/{pid}/calls")
        assert deep == await house.good("GET", "/look", query=f"path=/proc/{pid}/calls")
        assert deep == {"path": f"/proc/{pid}/calls", "folder": False, "value": []}
        assert (await house.good("GET", "/look", query="path=/sys/errors"))["value"]
        for path in ("/nope", "/proc/99", "/proc/x", "/proc/1/../2", "a" * 500):
            assert (await house.refused("GET", "/look", query=f"path={path}"))[0] == 404
        assert await house.refused("GET", "/look/ledger/alice", who=BOB) == (404, "E101")

    play(tmp_path, scenario)


def test_a_message_is_put_into_a_queue_once_under_a_key(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        body = {"message": {"a": 1}}
        answers = [await house.ask("POST", "/queues/news", body, idempotency_key="k") for _ in range(2)]
        assert [answer.status for answer in answers] == [202, 202]
        assert answers[0].json == answers[1].json
        assert len(list((house.home.folder / "queues" / "news").glob("*.json"))) == 1
        assert (await house.refused("POST", "/queues/-x", body))[0] == 400
        assert await house.refused("POST", "/queues/news", body, who=BOB) == (403, "E300")

    play(tmp_path, scenario)


def test_a_paused_program_is_not_waited_for(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("listener")
        await house.rests(pid, "waiting")
        await house.good("POST", f"/processes/{pid}/signal", {"signal": "pause"})
        await house.rests(pid, "paused")
        for path, body in (("enter", None), ("leave", {"life": 1, "status": 0})):
            assert await house.refused("POST", f"/processes/{pid}/{path}", body) == (409, "E103")
        assert await house.refused("POST", "/processes/99/leave", {"life": 1, "status": 0}) == (404, "E102")
        assert await house.refused("POST", "/enter", {"name": "prog"}) == (503, "E104"), "this kernel has no door"

    play(tmp_path, scenario)
