"""The journal over HTTP: listed, signed, kept as a receipt, proven."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from tests.server.api.rig import BOB, OPERATOR, VIEWER, House, play


def test_records_are_listed_the_newest_first_by_kind_agent_and_process(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid = await house.start("quick")
        await house.rests(pid, "done")
        await house.rests(await house.start("broken"), "failed")
        page = await house.good("GET", "/journal", query="limit=3", who=VIEWER)
        seqs = [one["seq"] for one in page["records"]]
        assert seqs == sorted(seqs, reverse=True)
        more = await house.good("GET", "/journal", query=f"limit=200&before={page['next']}")
        assert more["records"][0]["seq"] < seqs[-1]
        exits = (await house.good("GET", "/journal", query="kind=exit&agent=quick"))["records"]
        assert [(one["pid"], one["kind"], one["summary"]) for one in exits] == [(pid, "exit", "done")]
        mine = (await house.good("GET", "/journal", query=f"pid={pid}"))["records"]
        assert {one["pid"] for one in mine} == {pid}
        assert (await house.good("GET", "/faults"))["records"]
        assert all(one["pid"] == 0 for one in (await house.good("GET", "/journal", who=BOB))["records"])

    play(tmp_path, scenario)


def test_a_receipt_proves_the_journal_and_another_one_does_not(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        assert await house.refused("GET", "/receipt") == (404, "E101")
        await house.rests(await house.start("quick"), "done")
        assert (await house.good("POST", "/checkpoint", who=OPERATOR))["seq"] > 0
        kept = (await house.good("GET", "/receipt"))["checkpoint"]
        proof = await house.good("POST", "/verify", {"checkpoint": kept, "public_key": kept["public_key"]})
        assert (proof["sound"], proof["problem"]) == (True, "")
        assert proof["signed_seq"] == kept["seq"]
        other = await house.good("POST", "/verify", {"checkpoint": {**kept, "hash": "0" * 64}})
        assert other["sound"] is False
        assert other["problem"]
        assert (await house.good("POST", "/verify", {"public_key": "1" * 64}))["sound"] is False
        for method, path, body in (("POST", "/verify", {}), ("GET", "/receipt", None), ("POST", "/checkpoint", None)):
            assert await house.refused(method, path, body, who=BOB) == (403, "E300")

    play(tmp_path, scenario)


def test_a_changed_record_is_found(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.rests(await house.start("quick"), "done")
        with sqlite3.connect(house.home.store) as store:
            store.execute("UPDATE journal SET at_ns = at_ns + 1 WHERE seq = 3")
        store.close()
        proof = await house.good("POST", "/verify", {})
        assert (proof["sound"], proof["problem"].startswith("record 3")) == (False, True)

    play(tmp_path, scenario)


def test_one_proof_is_made_at_a_time(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        answers = await asyncio.gather(*(house.ask("POST", "/verify", {}) for _ in range(4)))
        assert sorted(answer.status for answer in answers) == [200, 429, 429, 429]
        assert (await house.good("POST", "/verify", {}))["sound"] is True

    play(tmp_path, scenario)
