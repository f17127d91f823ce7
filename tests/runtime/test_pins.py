"""What an owner approved by its digest is known after a restart, and whoever mounts tools is told."""

from __future__ import annotations

from ergos.base.ids import Digest
from ergos.kernel.events import decode_body
from ergos.kernel.own_events import Pinned
from ergos.runtime.pins import Pin

from .kernels import Rig, play

LARGE = {"tools": [{"name": f"tool {n}", "description": "x" * 100} for n in range(50)]}


def test_a_pin_is_journaled_told_and_known_after_a_crash() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        told: list[tuple[str, Pin | None]] = []
        kernel.machine.pins.on_change = lambda name, pin: told.append((name, pin))
        await kernel.desk.pin("server", Digest("a" * 64), LARGE, "alice")
        await kernel.desk.pin("other", Digest("b" * 64), {}, "alice")
        await kernel.desk.pin("other", Digest(""), None, "alice")
        assert told == [("server", Pin(Digest("a" * 64), LARGE)), ("other", Pin(Digest("b" * 64), {})), ("other", None)]
        kernel = await rig.again(kernel)
        assert kernel.machine.pins.items() == (("server", Pin(Digest("a" * 64), LARGE)),)
        assert kernel.machine.pins.get("other") is None
        records = [decode_body(record.body) for record in rig.disk.journal if record.pid == 0]
        assert [record.name for record in records if isinstance(record, Pinned)] == ["server", "other", "other"]

    play(scenario)
