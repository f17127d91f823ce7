"""A row that was written a moment ago is seen, though the store does not have it yet."""

from __future__ import annotations

import msgspec

from ergos.base.clock import SECOND
from ergos.base.ids import Pid
from ergos.kernel.rows import Watch
from ergos.kernel.triggers import Files, Looked, Schedule
from ergos.runtime.watch_rows import AGAIN_S_MIN, FAULT_S, HOUR_S, SOUND, again, failed, paced
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


def test_a_row_keeps_why_its_looks_fail_and_since_when_and_waits_longer_each_time() -> None:
    async def scenario(rig: Rig) -> None:
        kernel, pid = await started(rig, watching(rig, MINUTELY))
        row, _ = await kernel.reactor.watches.rows.at((pid, "tick"))
        assert row is not None
        first = failed(row, Looked(fault="the broker is down"), 10 * SECOND)
        assert (first.faults, first.fault, first.faulty_ns) == (1, "the broker is down", 10 * SECOND)
        assert first.due_ns == (10 + FAULT_S[0]) * SECOND
        second = failed(first, Looked(fault="no account"), 99 * SECOND)
        assert (second.faults, second.fault, second.faulty_ns) == (2, "no account", 10 * SECOND)
        assert second.due_ns == (99 + 2 * FAULT_S[0]) * SECOND
        late = failed(msgspec.structs.replace(second, faults=40), Looked(fault="x"), 0)
        assert late.due_ns == FAULT_S[1] * SECOND
        assert failed(row, Looked(fault="x", again_ns=9_000 * SECOND), 0).due_ns == 9_000 * SECOND
        assert msgspec.structs.replace(second, **SOUND) == msgspec.structs.replace(row, due_ns=second.due_ns)

    play(scenario)


def test_an_hours_happenings_may_come_at_once_and_more_of_them_wait() -> None:
    row = Watch(
        pid=Pid(1), owner="a", agent="b", trigger=Files(name="in", folder="in", per_hour=60), timezone="", armed_ns=0
    )
    now_ns, soon = 10_000 * SECOND, Looked(again_ns=10_002 * SECOND)
    full = msgspec.structs.replace(row, paced_ns=paced(row, 60, now_ns))
    assert again(soon, full.paced_ns, now_ns) == now_ns + AGAIN_S_MIN * SECOND, (
        "what does not rest yet is not kept waiting"
    )
    assert again(Looked(), full.paced_ns, now_ns) is None
    over_ns = paced(full, 2, now_ns)
    assert again(soon, over_ns, now_ns) == now_ns + 120 * SECOND
    assert again(Looked(), over_ns, now_ns) == now_ns + 120 * SECOND
    later_ns = now_ns + HOUR_S * SECOND
    assert again(Looked(), paced(full, 1, later_ns), later_ns) is None
    assert paced(row, 0, now_ns) == 0
