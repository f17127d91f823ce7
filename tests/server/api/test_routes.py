"""One request from who asks to the answer: order of the checks, methods, problems, keys, tags."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.access.roles import Principal
from ergos.base.ids import Pid
from ergos.server.api.problems import Refused
from ergos.server.api.routes import checked_key
from tests.server.api.rig import ALICE, BOB, OPERATOR, STALE, VIEWER, House, play

AGENT = Principal(name="agent", role="agent", owner="alice", pid=Pid(1))


def test_the_checks_come_in_order_so_that_nobody_learns_more_than_they_may(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        bad = {"raw": b"no json"}
        assert await house.refused("POST", "/processes", who=None, **bad) == (401, "")
        assert await house.refused("GET", "/nothing", who=None) == (401, "")
        assert await house.refused("POST", "/processes", who=VIEWER, **bad) == (403, "E300")
        assert await house.refused("POST", "/processes", **bad) == (400, "")
        assert await house.refused("GET", "/nothing") == (404, "")
        assert await house.refused("PUT", "/secrets/x", {"value": "v"}, who=STALE) == (403, "E313")
        assert await house.refused("PUT", "/secrets/x", {"value": "v"}, who=BOB) == (403, "E300")
        assert await house.refused("PUT", "/secrets/x", {"value": "v"}, who=OPERATOR) == (403, "E300")

    play(tmp_path, scenario)


def test_a_method_that_is_not_taken_is_told_which_are(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        answer = await house.ask("PATCH", "/processes")
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
        answer = await house.ask("OPTIONS", "/stop")
        assert (answer.status, answer.headers["allow"], answer.body) == (204, "OPTIONS, PUT", b"")
        got, head = await house.ask("GET", "/version"), await house.ask("HEAD", "/version")
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == str(len(got.body))
        head = await house.ask("HEAD", "/events", accept="text/event-stream")
        assert (head.status, head.body) == (200, b"")

    play(tmp_path, scenario)


def test_what_is_anothers_reads_exactly_like_what_does_not_exist(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("asker")
        number = (await house.item())["number"]
        pairs = [
            ("GET", f"/processes/{pid}", "/processes/99", None),
            ("GET", f"/processes/{pid}/wait", "/processes/99/wait", None),
            ("GET", f"/processes/{pid}/records", "/processes/99/records", None),
            ("GET", f"/look/proc/{pid}/state", "/look/proc/99/state", None),
            ("POST", f"/processes/{pid}/signal", "/processes/99/signal", {"signal": "kill"}),
            ("POST", f"/processes/{pid}/mail", "/processes/99/mail", {"body": 1}),
            ("GET", f"/inbox/{number}", "/inbox/99", None),
            ("POST", f"/inbox/{number}/answer", "/inbox/99/answer", {"value": 1}),
        ]
        for method, theirs, nobodys, body in pairs:
            first = await house.ask(method, theirs, body, who=BOB)
            second = await house.ask(method, nobodys, body, who=BOB)
            assert first.status == second.status == 404
            said = first.body.replace(str(pid).encode(), b"99").replace(str(number).encode(), b"99")
            assert said == second.body.replace(b"1", b"99"), method
        assert (await house.rests(pid, "waiting")).state == "waiting"

    play(tmp_path, scenario)


def test_a_process_sees_itself_and_nothing_else(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid, other = await house.start("asker"), await house.start("asker")
        assert pid == AGENT.pid
        await house.item()
        assert (await house.good("GET", f"/processes/{pid}", who=AGENT))["agent"] == "asker"
        assert (await house.good("GET", "/look/proc", who=AGENT))["entries"][0]["name"] == str(pid)
        assert (await house.good("GET", f"/processes/{pid}/wait", who=AGENT))["ended"] is False
        assert await house.refused("GET", f"/processes/{other}", who=AGENT) == (404, "E102")
        assert await house.refused("GET", "/look/inbox", who=AGENT) == (404, "E101")
        for method, path, body in (
            ("GET", "/processes", None), ("GET", "/inbox", None), ("GET", "/ledger", None), ("GET", "/agents", None),
            ("POST", f"/processes/{pid}/signal", {"signal": "kill"}), ("POST", "/processes", {"agent": "quick"}),
        ):  # fmt: skip
            assert await house.refused(method, path, body, who=AGENT) == (403, "E300")

    play(tmp_path, scenario)


def test_under_an_idempotency_key_a_process_is_started_once(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        body = {"agent": "quick"}
        first = await house.ask("POST", "/processes", body, idempotency_key="k1")
        again = await house.ask("POST", "/processes", body, idempotency_key='"k1"')
        assert first.status == again.status == 201
        assert first.body == again.body
        assert again.headers["idempotency-replayed"] == "true"
        assert again.headers["location"] == first.headers["location"]
        assert await house.refused("POST", "/processes", {"agent": "asker"}, idempotency_key="k1") == (409, "")
        other = await house.ask("POST", "/processes", body, who=BOB, idempotency_key="k1")
        assert other.json["pid"] != first.json["pid"], "keys are one's own"
        house.repeats.close()  # as after a restart
        assert (await house.ask("POST", "/processes", body, idempotency_key="k1")).body == first.body
        assert len((await house.good("GET", "/processes", query="standing=all"))["processes"]) == 1

    play(tmp_path, scenario)


def test_of_two_at_once_under_one_key_one_is_done(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        body = {"agent": "quick"}
        answers = await asyncio.gather(*(house.ask("POST", "/processes", body, idempotency_key="k") for _ in range(8)))
        assert sorted({answer.status for answer in answers}) == [201, 409]
        assert len((await house.good("GET", "/processes", query="standing=all"))["processes"]) == 1

    play(tmp_path, scenario)


def test_a_request_that_was_refused_may_be_sent_again_under_its_key(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        assert (await house.refused("POST", "/processes", {"agent": "late"}, idempotency_key="k"))[0] == 404
        place = house.home.folder / "agents" / "late"
        place.mkdir()
        (place / "AGENT.md").write_text("---\nname: late\nprogram: agent.py:quick\n---\n")
        (place / "agent.py").write_text((house.home.folder / "agents" / "quick" / "agent.py").read_text())
        assert (await house.ask("POST", "/processes", {"agent": "late"}, idempotency_key="k")).status == 201

    play(tmp_path, scenario)


def test_what_was_seen_already_is_not_sent_again(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("quick")
        answer = await house.ask("GET", f"/processes/{pid}/definition")
        tag = answer.headers["etag"]
        for said in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            again = await house.ask("GET", f"/processes/{pid}/definition", if_none_match=said)
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert (await house.ask("GET", f"/processes/{pid}/definition", if_none_match='"x"')).status == 200

    play(tmp_path, scenario)


def test_nothing_of_the_inside_is_shown(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        for path in ("/processes/0", "/processes/x", f"/processes/{2**70}", "/inbox/-1", "/look/..", "/grants/zz"):
            answer = await house.ask("GET", path)
            assert answer.status in {400, 404}
            assert b"Traceback" not in answer.body
            assert b".py" not in answer.body
            assert answer.headers["cache-control"] == "no-store"

    play(tmp_path, scenario)


@pytest.mark.parametrize("key", ["", "a" * 201, "é", "a\tb"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(Refused):
        checked_key(key)


def test_a_key_may_stand_in_quotes() -> None:
    assert checked_key('"abc"') == checked_key("abc") == "abc"
    assert ALICE.fresh
