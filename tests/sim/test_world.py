"""The simulated outside: it keeps what landed, over every crash, and is the same for the same seed."""

from __future__ import annotations

from ergos.sim.explore import run_seed
from ergos.sim.world import World


def test_the_same_seed_gives_the_same_moods() -> None:
    def moods(seed: int) -> list[str]:
        world = World(seed)
        return [str(world.mood(effect)) for effect in ("pure", "idempotent", "reconcilable", "irreversible") * 20]

    assert moods(3) == moods(3)
    assert moods(3) != moods(4)


def test_tools_do_not_always_behave() -> None:
    world = World(1)
    assert len({str(world.mood("irreversible")) for _ in range(200)}) >= 3
    assert {world.stumbles() for _ in range(200)} == {True, False}


def test_a_whole_history_is_reproducible() -> None:
    assert [run_seed(seed) for seed in (5, 6)] == [run_seed(seed) for seed in (5, 6)]
