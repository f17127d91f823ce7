"""A process is shown as it stood after any of its records: memory, open calls, spending."""

from __future__ import annotations

import itertools

import pytest

from ergos.app.access.seat import Seat
from ergos.app.trace.past import standing
from ergos.base.canonical import Plain
from ergos.base.errors import UnknownPathError
from ergos.base.ids import Pid
from tests.app.trace.conftest import See


def test_spending_and_open_calls_grow_record_by_record(see: See[None]):
    async def look(seat: Seat) -> None:
        seen: list[tuple[int, int, int]] = []
        records = [one async for one in seat.records(Pid(1))]
        for record in records:
            found = await standing(seat, Pid(1), record.turn, record.seq)
            seen.append((found.answered, len(found.open), found.spent.microusd))
            assert found.spent_whole
        assert [one[0] for one in seen] == sorted(one[0] for one in seen)
        assert max(one[1] for one in seen) == 1
        assert seen[0] == (0, 0, 0)
        row = await seat.views.one(Pid(1))
        assert row is not None
        assert (seen[-1][1], seen[-1][2]) == (0, row.microusd)
        assert (await standing(seat, Pid(1), records[-1].turn, records[-1].seq)).state == "done"

    see(look)


def test_memory_is_that_of_the_turn_before_until_it_is_committed(see: See[None]):
    async def look(seat: Seat) -> None:
        memories: list[Plain] = []
        states: list[str] = []
        async for record in seat.records(Pid(2)):
            found = await standing(seat, Pid(2), record.turn, record.seq)
            memories.append(await seat.value(found.memory))
            states.append(found.state)
        heard = [one.get("heard") if isinstance(one, dict) else None for one in memories]
        assert list(dict.fromkeys(heard)) == [None, "Oslo", "Rome"]
        assert states[0] == "ready"
        assert "waiting" in states
        assert states[-1] == "done"

    see(look)


def test_neighbours_are_named_across_turns_and_other_numbers_are_unknown(see: See[None]):
    async def look(seat: Seat) -> None:
        records = [one async for one in seat.records(Pid(2))]
        for before, here in itertools.pairwise(records):
            assert (await standing(seat, Pid(2), here.turn, here.seq)).before == before.seq
            assert (await standing(seat, Pid(2), before.turn, before.seq)).after == here.seq
        with pytest.raises(UnknownPathError):
            await standing(seat, Pid(2), 1, records[-1].seq + 1)

    see(look)
