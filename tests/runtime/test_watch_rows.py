"""A row that was written a moment ago is seen, though the store does not have it yet."""

from __future__ import annotations

import msgspec

from ergos.kernel.triggers import Schedule
from tests.runtime.kernels import Rig, play
from tests.runtime.test_watches import MINUTELY, started, watching


def test_what_was_written_a_moment_ago_is_seen_and_what_was_dropped_is_not() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, pid = await started(rig, watching(rig, MINUTELY))
        rows = kernel.reactor.watches.rows
        row, resident = await rows.at((pid, "tick"))
        assert row is not None
        assert resident is not None
        rows.put(msgspec.structs.replace(row, fired=41))
        assert (await rows.of(pid))["tick"].fired == 41
        rows.put(msgspec.structs.replace(row, trigger=Schedule(name="other", rule="FREQ=DAILY")))
        assert set(await rows.of(pid)) == {"tick", "other"}
        rows.note(row, dropped=True)
        assert set(await rows.of(pid)) == {"other"}

    play(scenario)


def test_of_a_process_there_is_not_there_is_nothing() -> None:
    async def scenario(rig: Rig) -> None:
        kernel = await rig.boot()
        assert await kernel.reactor.watches.rows.at((99, "tick")) == (None, None)  # type: ignore[arg-type]

    play(scenario)
