"""The judge of triggers sees what is wrong, or it proves nothing."""

from __future__ import annotations

import pytest

from ergos.base.entropy import SeededEntropy
from ergos.kernel.events import Fired, decode_body
from ergos.sim.billing import BrokenError
from ergos.sim.explore import History, random_plan
from ergos.sim.wakings import TICK_NS, Wakings

GOOD = (
    Fired("tick", "60", 1, "met", TICK_NS),
    Fired("tick", "240", 2, "late", 4 * TICK_NS, 2, 2 * TICK_NS),
    Fired("tick", "300", 0, "skipped", 5 * TICK_NS, 0, None, 99 * TICK_NS + 7),
    Fired("tick", "6000", 3, "met", 100 * TICK_NS),
    Fired("inbox", "4", 4),
    Fired("inbox", "5", 5),
)


def test_a_history_in_which_all_is_well_is_accepted() -> None:
    judge = Wakings()
    for body in GOOD:
        judge.take(1, body)
    assert judge.accounted == {1: 100}
    assert judge.told == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    "bad",
    [
        Fired("tick", "6000", 9, "met", 101 * TICK_NS),
        Fired("tick", "6120", 9, "met", 102 * TICK_NS),
        Fired("tick", "6060", 9, "met", 101 * TICK_NS + 1),
        Fired("tick", "6060", 3, "met", 101 * TICK_NS),
        Fired("tick", "6060", 0, "met", 101 * TICK_NS),
        Fired("tick", "6120", 9, "late", 102 * TICK_NS, 0, 101 * TICK_NS),
        Fired("inbox", "5", 9),
        Fired("inbox", "7", 9),
    ],
    ids=["told twice", "one lost", "between times", "message twice", "met without", "not counted", "again", "lost"],
)
def test_what_is_wrong_is_seen(bad: Fired) -> None:
    judge = Wakings()
    for body in GOOD:
        judge.take(1, body)
    with pytest.raises(BrokenError):
        judge.take(1, bad)


def test_the_simulated_agents_are_woken_by_every_kind_and_policy() -> None:
    how: set[str] = set()
    names: set[str] = set()
    for seed in range(1, 260):
        history = History(seed, random_plan(SeededEntropy(f"plan/{seed}")))
        history.run()
        for record in history.disk.journal:
            if record.body.startswith(b'{"k":"fire"'):
                body = decode_body(record.body)
                assert isinstance(body, Fired)
                how.add(body.how)
                names.add(body.name)
    assert names == {"tick", "inbox", "end"}
    assert how == {"met", "late", "made_up", "skipped"}
