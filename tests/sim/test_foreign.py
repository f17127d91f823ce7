"""The simulated foreign program does what programs do, and sees what it should not be told."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from ergos.base.entropy import SeededEntropy
from ergos.kernel.events import Attached, Replayed, decode_body
from ergos.runtime import guest_turn
from ergos.sim.billing import BrokenError
from ergos.sim.explore import History, random_plan, run_seed
from ergos.sim.foreign import ForeignProgram
from ergos.sim.world import World


def test_its_script_is_the_same_for_the_same_seed() -> None:
    def script(seed: int) -> object:
        return ForeignProgram(World(1), seed, 0)._script

    assert script(1) == script(1)
    assert len({script(seed) for seed in range(20)}) > 15


def test_it_dies_comes_back_and_is_told_again_what_it_was_told() -> None:
    lives = replays = over = 0
    for seed in range(1, 60):
        history = History(seed, random_plan(SeededEntropy(f"plan/{seed}")))
        history.run()
        bodies = [decode_body(record.body) for record in history.disk.journal]
        lives = max([lives, *[body.life for body in bodies if isinstance(body, Attached)]])
        replays += sum(isinstance(body, Replayed) for body in bodies)
        over += sum(program.over for program in history._foreign)
        assert all(program.over for program in history._foreign)
    assert lives >= 3
    assert replays >= 10
    assert over >= 20


def test_it_notices_that_it_is_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    real = guest_turn.GuestTurn.begin

    def begin(self: guest_turn.GuestTurn, life: int) -> None:
        real(self, life)
        self._answered.clear()

    monkeypatch.setattr(guest_turn.GuestTurn, "begin", begin)
    with pytest.raises(BrokenError, match="sent again"):
        list(map(run_seed, range(1, 60)))


@pytest.mark.parametrize("seed", [7012, 7367])
def test_it_notices_that_it_is_told_something_else_than_before(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real = guest_turn.GuestTurn._ordered

    def ordered(self: guest_turn.GuestTurn, keys: Collection[str]) -> list[str]:
        self._order.clear()  # as the calls were made, whatever was told meanwhile
        return real(self, keys)

    monkeypatch.setattr(guest_turn.GuestTurn, "_ordered", ordered)
    with pytest.raises(BrokenError, match="before, "):
        run_seed(seed)
