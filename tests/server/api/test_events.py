"""The stream of records: durable, in order, each once; resumed without loss; ended when nobody listens."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ergos.app.access.roles import Principal
from ergos.app.access.seat import Seat
from ergos.base.errors import OverloadedError
from ergos.base.ids import Pid
from ergos.server.api import events as module
from ergos.server.api import streams
from ergos.server.api.streams import Streams
from tests.server.api.rig import ALICE, BASE, BOB, House, play

SSE = "text/event-stream"


class Listener:
    """A client of a stream, which leaves when it has heard enough."""

    def __init__(self, house: House, who: Principal = ALICE, query: str = "", **headers: str) -> None:
        self.heard: list[dict[str, Any]] = []
        self.comments = 0
        self._house, self._who, self._query = house, who, query
        self._headers = {"accept": SSE, **{name.replace("_", "-"): value for name, value in headers.items()}}
        self._left = asyncio.Event()
        self.status = 0
        self._task = asyncio.ensure_future(self._listen())

    async def _listen(self) -> None:
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": BASE + "/events", "raw_path": b"", "root_path": "", "client": None,
            "server": None, "query_string": self._query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in self._headers.items()],
            "state": {"seat": Seat(self._who, self._house.ground)},
        }  # fmt: skip
        first = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if first:
                return first.pop()
            await self._left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.status = message.get("status", self.status)
            for frame in message.get("body", b"").decode().split("\n\n"):
                self.comments += frame.startswith(":")
                lines = dict(line.split(": ", 1) for line in frame.splitlines() if line and line[0] != ":")
                if "data" in lines:
                    found = json.loads(lines["data"])
                    assert (lines["id"], lines["event"]) == (str(found["seq"]), "record")
                    self.heard.append(found)

        await self._house.app(scope, receive, send)

    async def until(self, kind: str, count: int = 1) -> None:
        for _ in range(1_000):
            if sum(one["kind"] == kind for one in self.heard) >= count:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(self.heard)

    async def leave(self) -> list[int]:
        self._left.set()
        await asyncio.wait_for(self._task, 30)
        return [one["seq"] for one in self.heard]


@pytest.fixture(autouse=True)
def _beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.2)


def test_records_come_as_they_are_written_in_order_and_each_once(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        listener = Listener(house)
        await asyncio.sleep(0.05)
        for _ in range(5):
            await house.start("quick")
        await listener.until("exit", 5)
        seqs = await listener.leave()
        assert seqs == sorted(set(seqs))
        kept = (await house.good("GET", "/journal", query="limit=200"))["records"]
        assert seqs == sorted(one["seq"] for one in kept if one["seq"] >= seqs[0])

    play(tmp_path, scenario)


def test_who_comes_back_misses_nothing_and_gets_nothing_twice(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        first = Listener(house, query="after=0")
        await house.start("quick")
        await first.until("exit")
        seen = await first.leave()
        await house.start("quick")
        await house.rests(2, "done")
        second = Listener(house, last_event_id=str(seen[-1]))
        await second.until("exit")
        more = await second.leave()
        every = [one["seq"] for one in (await house.good("GET", "/events", query="limit=200"))["records"]]
        assert seen + more == every[: len(seen + more)]

    play(tmp_path, scenario)


def test_catching_up_with_much_reads_a_window_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WINDOW_RECORDS", 7)
    monkeypatch.setattr(module, "ROWS_MAX", 3)

    async def scenario(house: House) -> None:
        for _ in range(6):
            await house.rests(await house.start("quick"), "done")
            await house.rests(await house.start("quick", who=BOB), "done")
        got: list[int] = []
        after = 0
        while rows := (await house.good("GET", "/events", query=f"after={after}&limit=4", who=BOB))["records"]:
            got += [one["seq"] for one in rows]
            after = rows[-1]["seq"]
        journal = (await house.good("GET", "/journal", query="limit=200", who=BOB))["records"]
        assert got == [one["seq"] for one in reversed(journal)]
        assert {one["agent"] or one["kind"] for one in journal} == {"quick", "boot"}
        assert len(got) == 6 * 3 + 1

    play(tmp_path, scenario)


def test_nobody_hears_of_another_owners_records(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        listener = Listener(house, BOB, "after=0")
        await house.rests(await house.start("quick"), "done")
        mine = await house.start("quick", who=BOB)
        await listener.until("exit")
        await listener.leave()
        assert {one["pid"] for one in listener.heard if one["kind"] != "boot"} == {mine}
        assert await house.refused("GET", "/events", query="pid=1", who=BOB) == (404, "E102")

    play(tmp_path, scenario)


def test_one_process_and_some_kinds_can_be_followed(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        pid, other = await house.start("quick"), await house.start("quick")
        await house.rests(other, "done")
        found = await house.good("GET", "/events", query=f"pid={pid}")
        assert [one["kind"] for one in found["records"]] == ["spawn", "wake", "exit"]
        found = await house.good("GET", "/events", query=f"pid={pid}&kind=exit&kind=wake")
        assert [one["kind"] for one in found["records"]] == ["wake", "exit"]
        agent = Principal(name="agent", role="agent", owner="alice", pid=Pid(pid))
        listener = Listener(house, agent, f"pid={pid}&after=0")
        await listener.until("exit")
        await listener.leave()
        assert await house.refused("GET", "/events", query=f"pid={other}", who=agent) == (404, "E102")
        assert await house.refused("GET", "/events", who=agent) == (403, "E300")

    play(tmp_path, scenario)


def test_a_quiet_stream_says_that_it_is_alive_and_ends_when_its_client_left(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        listener = Listener(house)
        for _ in range(500):
            if listener.comments >= 2:
                break
            await asyncio.sleep(0.01)
        assert listener.comments >= 2
        assert await listener.leave() == []

    play(tmp_path, scenario)


@pytest.mark.parametrize("said", ["", "x", "-1", "1.5", "9" * 40, "٣"])
def test_a_last_event_that_is_no_number_is_refused(tmp_path: Path, said: str) -> None:
    async def scenario(house: House) -> None:
        headers = {"last_event_id": said.encode().decode("latin-1")}
        assert (await house.refused("GET", "/events", accept=SSE, **headers))[0] == 400

    play(tmp_path, scenario)


def test_who_never_closes_streams_gets_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAMS_MAX", 2)

    async def scenario(house: House) -> None:
        open_ones = [Listener(house), Listener(house)]
        await asyncio.sleep(0.05)
        assert await house.refused("GET", "/events", accept=SSE) == (429, "E308")
        other = Listener(house, BOB)
        await asyncio.sleep(0.05)
        assert other.status == 200
        for one in (*open_ones, other):
            await one.leave()
        again = Listener(house)
        await asyncio.sleep(0.05)
        assert again.status == 200
        await again.leave()

    play(tmp_path, scenario)


def test_a_place_that_was_left_is_free() -> None:
    counted = Streams()
    for _ in range(streams.STREAMS_MAX):
        counted.enter("alice")
    with pytest.raises(OverloadedError):
        counted.enter("alice")
    counted.leave("alice")
    counted.enter("alice")
