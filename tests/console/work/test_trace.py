"""Turns are listed one by one where they are few, and summed up where they are many; links stay in the whole."""

from __future__ import annotations

import asyncio

import pytest

from ergos.app.home import Home, reading
from ergos.app.trace.picture import rows
from ergos.base.errors import UnknownPathError
from ergos.base.ids import Pid
from ergos.console.work import trace
from tests.app.trace_house import home_in, ran, seat_on


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Process 1 was told three things, in a turn each."""
    home = home_in(tmp_path_factory.mktemp("turns") / "house")
    asyncio.run(ran(home, "asker", ("Oslo", "Rome", "stop")))
    return home


def test_few_turns_are_listed_and_many_summed_up(told: Home, monkeypatch: pytest.MonkeyPatch):
    async def look() -> None:
        async with reading(told) as reads:
            seat = seat_on(told, reads)
            found = await trace.turns_of(seat, Pid(1), 1, 3)
            assert next((one.first, one.last, one.calls, one.cause) for one in found) == (1, 1, 4, "start")
            assert [one.url for one in found] == [f"/processes/1/turns/{at}" for at in (1, 2, 3)]
            assert found[0].slept_ns is None
            assert all(one.slept_ns is not None for one in found[1:])
            monkeypatch.setattr(trace, "TURNS_SHOWN", 2)
            monkeypatch.setattr(trace, "STRETCHES", 2)
            far = await trace.turns_of(seat, Pid(1), 1, 3)
            assert [(one.first, one.last) for one in far] == [(1, 2), (3, 3)]
            assert far[0].url == "/processes/1?first=1&last=2"
            assert sum(one.calls for one in far) == sum(one.calls for one in found)

    asyncio.run(look())


def test_a_part_of_a_turn_shows_what_lies_in_it(told: Home):
    async def look() -> None:
        async with reading(told) as reads:
            seat = seat_on(told, reads)
            whole = await trace.turn_of(seat, Pid(1), 1, 0, 0, 0)
            assert [row.span.call.kind for row in whole.rows if row.span] == ["receive", "act", "act", "act"]
            assert whole.links["whole"] == whole.links["next"] == whole.links["earlier"] == ""
            length = whole.whole.length_ns
            late = await trace.turn_of(seat, Pid(1), 1, 0, length - 1, 10**30)
            assert late.line.to_ns == whole.whole.to_ns
            assert late.links["whole"] == "/processes/1/turns/1"
            assert len(late.rows) <= len(whole.rows)
            assert rows(whole.window.spans, whole.whole, seat.now_ns)[0].first_seq == whole.rows[0].first_seq
            with pytest.raises(UnknownPathError):
                await trace.turn_of(seat, Pid(1), 99, 0, 0, 0)

    asyncio.run(look())
