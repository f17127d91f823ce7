"""Of each place the oldest notification comes first, and what is taken back is not told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ergos.base.ids import Pid
from ergos.buses.a2a.ports import PushConfig
from ergos.server.a2a_index import TaskIndex
from ergos.server.a2a_outbox import Outbox

ONE, TWO = PushConfig(id="one", url="https://a.example/"), PushConfig(id="two", url="https://b.example/", token="t")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    index = TaskIndex(tmp_path / "a2a.db")
    yield Outbox(index)
    index.close()


def test_places_are_kept_in_order_and_replaced_by_id(outbox: Outbox):
    outbox.put_push(Pid(1), ONE)
    outbox.put_push(Pid(1), TWO)
    outbox.put_push(Pid(2), ONE)
    assert outbox.pushes(Pid(1)) == [ONE, TWO]
    changed = PushConfig(id="one", url="https://c.example/")
    outbox.put_push(Pid(1), changed)
    assert sorted(one.url for one in outbox.pushes(Pid(1))) == [TWO.url, changed.url]


def test_the_oldest_of_each_place_comes_first_and_waits_for_its_time(outbox: Outbox):
    for config in (ONE, TWO):
        outbox.put_push(Pid(1), config)
        outbox.put_due(Pid(1), config.id, [b"1", b"2"], 5, 10)
    first = outbox.due(10)
    assert [(row.config.id, row.body) for row in first] == [("one", b"1"), ("two", b"1")]
    outbox.later(first[0].number, 1, 99)
    again = outbox.due(10)
    assert [(row.config.id, row.body, row.tries, row.at_ns) for row in again] == [
        ("two", b"1", 0, 5),
        ("one", b"1", 1, 99),
    ]
    outbox.delivered(first[0].number)
    assert {(row.config.id, row.body) for row in outbox.due(10)} == {("one", b"2"), ("two", b"1")}


def test_only_so_many_wait_for_one_place(outbox: Outbox):
    outbox.put_push(Pid(1), ONE)
    outbox.put_due(Pid(1), "one", [str(number).encode() for number in range(20)], 1, 3)
    bodies: list[bytes] = []
    while rows := outbox.due(10):
        bodies.append(rows[0].body)
        outbox.delivered(rows[0].number)
    assert bodies == [b"17", b"18", b"19"]


def test_what_is_taken_back_is_not_told(outbox: Outbox):
    outbox.put_push(Pid(1), ONE)
    outbox.put_due(Pid(1), "one", [b"1"], 1, 3)
    outbox.drop_push(Pid(1), "one")
    outbox.drop_push(Pid(1), "one")
    assert outbox.due(10) == []
    assert outbox.pushes(Pid(1)) == []
