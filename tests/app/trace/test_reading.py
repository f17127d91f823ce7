"""A part of a turn is bounded and says where the next one begins; a call is found with what came before it."""

from __future__ import annotations

import asyncio

import pytest

from ergos.app.access.roles import person
from ergos.app.access.seat import Seat
from ergos.app.home import Home, reading
from ergos.app.trace import reading as parts
from ergos.base.errors import UnknownPathError, UnknownProcessError
from ergos.base.ids import Pid
from tests.app.trace.conftest import See
from tests.app.trace_house import seat_on


def test_a_turn_is_read_in_parts_that_leave_nothing_out(see: See[None], monkeypatch: pytest.MonkeyPatch):
    async def look(seat: Seat) -> None:
        whole = await parts.window(seat, Pid(1), 1)
        assert [span.call.kind for span in whole.spans] == ["think", "act", "think", "remember"]
        assert whole.more == 0
        monkeypatch.setattr(parts, "RECORDS_MAX", 3)
        first = await parts.window(seat, Pid(1), 1)
        second = await parts.window(seat, Pid(1), 1, first.more)
        assert first.more > 0
        assert first.spans[0].seq == whole.spans[0].seq
        assert second.spans[0].seq > first.spans[-1].seq

    see(look)


def test_a_call_is_found_by_its_first_record_with_those_before_it(see: See[None]):
    async def look(seat: Seat) -> None:
        whole = await parts.window(seat, Pid(1), 1)
        third = whole.spans[2]
        span, before = await parts.call(seat, Pid(1), 1, third.seq)
        assert (span.call.key, len(before)) == (third.call.key, 2)
        for turn, seq in ((1, third.seq + 1), (2, third.seq), (1, 2**63 - 1), (0, 0)):
            with pytest.raises(UnknownPathError):
                await parts.call(seat, Pid(1), turn, seq)

    see(look)


def test_records_are_read_from_a_turn_on(see: See[None]):
    async def look(seat: Seat) -> None:
        whole = [one async for one in seat.records(Pid(2))]
        late = [one async for one in seat.records(Pid(2), turn=2)]
        assert [one.seq for one in late] == [one.seq for one in whole if one.turn >= 2]
        part = [one async for one in seat.records(Pid(2), turn=2, after=late[1].seq, limit=2)]
        assert [one.seq for one in part] == [one.seq for one in late[2:4]]
        assert [one async for one in seat.records(Pid(2), turn=99)] == []

    see(look)


def test_another_owner_finds_nothing(told: Home):
    async def look() -> None:
        async with reading(told) as reads:
            seat = seat_on(told, reads, person("eve", "owner", "eve", keeper_of="ann"))
            with pytest.raises(UnknownProcessError):
                await parts.window(seat, Pid(1), 1)
            with pytest.raises(UnknownProcessError):
                await parts.call(seat, Pid(1), 1, 4)

    asyncio.run(look())
