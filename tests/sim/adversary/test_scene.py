"""A made-up situation is the same for the same seed, and the truth about its values is the truth."""

from __future__ import annotations

import msgspec

from ergos.kernel.permission.grants import grant_id
from ergos.sim.adversary.dice import Dice
from ergos.sim.adversary.scene import DEVICES, KINDS, fresh, made


def test_a_seed_is_a_scene() -> None:
    assert msgspec.json.encode(made(Dice(5))) == msgspec.json.encode(made(Dice(5)))
    assert msgspec.json.encode(made(Dice(5))) != msgspec.json.encode(made(Dice(6)))


def test_what_was_said_stands_in_what_was_heard_and_what_is_strange_does_not() -> None:
    for seed in range(200):
        scene = made(Dice(seed))
        believed = [str(value) for value, integrity in scene.heard if integrity != "untrusted"]
        for kind in KINDS:
            assert all(any(str(value) in text for text in believed) for value in scene.said[kind])
            assert not any(str(value) in text for value in scene.strange[kind] for text in believed)


def test_every_tool_every_matcher_and_every_way_to_be_out_of_force_comes_up() -> None:
    scenes = [made(Dice(seed)) for seed in range(400)]
    grants = [grant for scene in scenes for grant in scene.grants]
    assert {device.name for device in DEVICES} <= {grant.name for grant in grants}
    kinds = {matcher.kind for grant in grants for matcher in (grant.args or {}).values()}
    assert kinds == {"equals", "one_of", "range", "under", "domain", "grounded", "any"}
    assert any(scene.revoked for scene in scenes)
    assert any(grant.expires_ns for grant in grants)
    assert any(
        scene.used.get(at, 0) >= (grant.times or 99) for scene in scenes for at, grant in enumerate(scene.grants)
    )
    assert len({grant_id(grant) for grant in grants}) > 1_000


def test_a_fresh_value_is_of_its_kind() -> None:
    dice = Dice(1)
    assert isinstance(fresh(dice, "amount"), int)
    assert "@" in str(fresh(dice, "person"))
    assert str(fresh(dice, "path")).startswith("/srv/ann/")
