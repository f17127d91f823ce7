"""Ninety days of kills, outages, sleeps, clocks set and updates: every time is accounted for once, without drift."""

from __future__ import annotations

from datetime import UTC, datetime, time

import msgspec
import pytest

from ergos.base.clock import SECOND
from ergos.drivers.schedule.host_calendar import HostCalendar
from ergos.kernel.rows import Watch
from ergos.kernel.triggers import Schedule
from ergos.runtime.watch_rows import WatchRows
from ergos.sim.billing import BrokenError
from ergos.sim.quarter import PATTERNS, Quarter, expected_ns


@pytest.mark.parametrize("seed", [1, 2])
def test_every_time_of_a_quarter_is_met_or_accounted_for_by_its_policy(seed: int) -> None:
    told = Quarter(seed).run()
    assert told.expected > 4_000
    assert {"met", "late", "made_up", "skipped"} <= set(told.how)
    assert min(told.lives, told.sleeps, told.clocks_set, told.updates, told.happenings) > 10


def test_the_same_seed_gives_the_same_quarter() -> None:
    first, second = Quarter(5, 10), Quarter(5, 10)
    assert first.run() == second.run()
    assert [record.body for record in first.disk.journal] == [record.body for record in second.disk.journal]


def test_a_calendar_that_leaves_out_a_time_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = HostCalendar.next_ns

    def skips(self: HostCalendar, schedule: Schedule, timezone: str, after_ns: int, armed_ns: int) -> int | None:
        found = real(self, schedule, timezone, after_ns, armed_ns)
        if found is not None and found // SECOND // 3_600 % 97 == 0:
            return real(self, schedule, timezone, found, armed_ns)
        return found

    monkeypatch.setattr(HostCalendar, "next_ns", skips)
    with pytest.raises(BrokenError):
        Quarter(1, 20).run()


def test_a_calendar_that_drifts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = HostCalendar.next_ns

    def drifts(self: HostCalendar, schedule: Schedule, timezone: str, after_ns: int, armed_ns: int) -> int | None:
        found = real(self, schedule, timezone, after_ns, armed_ns)
        return None if found is None else found + (found // SECOND % 7 == 0) * SECOND

    monkeypatch.setattr(HostCalendar, "next_ns", drifts)
    with pytest.raises(BrokenError):
        Quarter(1, 20).run()


def test_a_look_that_forgets_what_it_has_seen_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = WatchRows.put

    def forgets(self: WatchRows, row: Watch) -> None:
        real(self, msgspec.structs.replace(row, cursor=msgspec.Raw(b"0")))

    monkeypatch.setattr(WatchRows, "put", forgets)
    with pytest.raises(BrokenError):
        Quarter(1, 20).run()


def test_the_judge_counts_by_the_calendar_alone() -> None:
    (gap,) = [pattern for pattern in PATTERNS if pattern.schedule.name == "gap"]
    begin_ns = int(datetime(2027, 3, 27, tzinfo=UTC).timestamp()) * SECOND
    found = expected_ns(gap, begin_ns, begin_ns + 3 * 86_400 * SECOND)
    at = [datetime.fromtimestamp(at_ns // SECOND, UTC).time() for at_ns in found]
    assert at == [time(1, 30), time(1, 0), time(0, 30)]
