"""A simulated continuation goes on from a call as its program would have, and changes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.access.seat import Seat
from ergos.app.home import Home, reading
from ergos.app.trace.reading import window
from ergos.app.trace.spans import Span
from ergos.app.whatif import Supposed, WhatIf, what_if
from ergos.app.whatif_seed import Point
from ergos.base.errors import NoModelError, UnknownPathError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from tests.app.trace_house import home_in, ran, seat_on


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Process 1 asked a model; process 2 was told two things and stopped."""
    home = home_in(tmp_path_factory.mktemp("whatif") / "house")

    async def play() -> None:
        await ran(home, "forecaster")
        await ran(home, "asker", ("Oslo", "Rome", "stop"))

    asyncio.run(play())
    return home


def spans(home: Home, pid: int, turn: int = 1) -> tuple[Span, ...]:
    async def look() -> tuple[Span, ...]:
        async with reading(home) as reads:
            seat: Seat = seat_on(home, reads)
            return (await window(seat, Pid(pid), turn)).spans

    return asyncio.run(look())


def supposed(home: Home, pid: int, seq: int, what: Supposed, turn: int = 1) -> WhatIf:
    async def run() -> WhatIf:
        async with reading(home) as reads:
            return await what_if(home, reads, Point(pid=Pid(pid), turn=turn, seq=seq), what)

    return asyncio.run(run())


def test_the_same_model_says_the_same_again(told: Home):
    found = supposed(told, 1, spans(told, 1)[0].seq, Supposed(model="toy"))
    assert [one.same for one in found.would] == [True] * 4
    assert (found.was_state, found.would_state, found.was_end, found.would_end) == (
        "done",
        "done",
        {"take": True},
        {"take": True},
    )
    assert sum(one.microusd for one in found.would) == sum(one.microusd for one in found.was) > 0


def test_another_answer_leads_elsewhere_and_what_came_before_stays(told: Home):
    found = supposed(told, 1, spans(told, 1)[2].seq, Supposed(answer="No, the sun shines."))
    assert found.before == 2
    assert found.would_end == {"take": False}
    assert [one.same for one in found.would] == [False, False]
    assert found.would[1].args == {"value": "No, the sun shines."}


def test_another_answer_of_a_tool_is_what_the_model_reads_next(told: Home):
    found = supposed(told, 1, spans(told, 1)[1].seq, Supposed(model="toy", answer='"Sun."'))
    assert found.would[0].value == "Sun."
    request = found.would[1].args["body"]
    assert request["messages"][-1]["parts"][0]["text"] == "Sun."


def test_another_model_is_simulated_at_its_own_price(told: Home):
    found = supposed(told, 1, spans(told, 1)[0].seq, Supposed(model="openai/gpt-5-mini"))
    thinks = [one for one in found.would if one.kind == "think"]
    assert thinks
    assert all("simulated" in one.value["model"] for one in thinks)
    assert sum(one.microusd for one in thinks) != sum(one.microusd for one in found.was)


def test_another_message_is_read_and_tools_do_nothing(told: Home):
    found = supposed(told, 2, spans(told, 2)[0].seq, Supposed(answer="Bergen"))
    assert found.would_state == "idle"
    assert found.would_end == {"heard": "Bergen", "answers": 3}
    asked = [one for one in found.would if one.name == "weather"]
    assert [one.args["city"] for one in asked] == ["Bergen 0", "Bergen 1", "Bergen 2"]
    assert all(one.value == {"simulated": True, "city": one.args["city"]} for one in asked)


def test_a_later_turn_begins_with_the_memory_it_had(told: Home):
    second = spans(told, 2, 2)
    found = supposed(told, 2, second[1].seq, Supposed(), turn=2)
    assert found.would_end == {"heard": "Rome", "answers": 3}
    assert all(one.same for one in found.would), "the same calls of the same turn are answered as they were"


def test_nothing_is_written(told: Home):
    before = {path.name: path.read_bytes() for path in sorted(told.folder.iterdir()) if path.suffix == ".db"}
    supposed(told, 1, spans(told, 1)[2].seq, Supposed(answer="x"))
    assert {path.name: path.read_bytes() for path in sorted(told.folder.iterdir()) if path.suffix == ".db"} == before


def test_what_cannot_be_supposed_is_refused(told: Home):
    first = spans(told, 1)
    with pytest.raises(NoModelError):
        supposed(told, 1, first[0].seq, Supposed(model="nobody/nothing"))
    with pytest.raises(UsageError):
        supposed(told, 1, first[3].seq, Supposed(answer="1"))
    with pytest.raises(UnknownPathError):
        supposed(told, 1, 999_999, Supposed())
    with pytest.raises(UnknownProcessError):
        supposed(told, 77, 1, Supposed())


def test_files_that_changed_since_are_told(told: Home, tmp_path: Path):
    path = told.folder.parent / "forecaster.py"
    text = path.read_text()
    path.write_text(text + "\n# changed\n")
    try:
        found = supposed(told, 1, spans(told, 1)[0].seq, Supposed(model="toy"))
    finally:
        path.write_text(text)
    assert any("changed" in note for note in found.notes)
