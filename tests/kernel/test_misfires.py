"""Every time that came is met, made up for or counted as missed, exactly once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.clock import SECOND
from ergos.kernel.misfires import by_policy
from ergos.kernel.triggers import Misfire, Schedule

MINUTE = 60 * SECOND
POLICIES: tuple[Misfire, ...] = ("run_once", "skip", "catch_up")


@given(st.sampled_from(POLICIES), st.integers(1, 40), st.integers(0, 3_000 * SECOND), st.integers(0, 300))
def test_each_time_is_accounted_for_once(misfire: Misfire, count: int, late_ns: int, grace_s: int) -> None:
    times = [number * MINUTE for number in range(1, count + 1)]
    schedule = Schedule(name="s", rule="FREQ=MINUTELY", misfire=misfire, grace_s=grace_s)
    told = by_policy(schedule, times, times[-1] + late_ns)
    covered: list[int] = []
    for one in told:
        assert one.due_ns is not None
        first = one.due_ns if one.since_ns is None else one.since_ns
        covered += range(first, one.due_ns + 1, MINUTE)
        assert one.missed == (one.due_ns - first) // MINUTE
    assert covered == times
    assert len({one.happening.key for one in told}) == len(told)


@given(st.sampled_from(POLICIES), st.integers(1, 40), st.integers(0, 3_000 * SECOND))
def test_what_is_told_follows_the_policy(misfire: Misfire, count: int, late_ns: int) -> None:
    times = [number * MINUTE for number in range(1, count + 1)]
    now_ns = times[-1] + late_ns
    told = by_policy(Schedule(name="s", rule="FREQ=MINUTELY", misfire=misfire, grace_s=30), times, now_ns)
    met = [one for one in told if one.how == "met"]
    assert all(one.due_ns is not None and now_ns - one.due_ns <= 30 * SECOND for one in met)
    others = [one.how for one in told if one.how != "met"]
    if misfire == "catch_up":
        assert others == ["made_up"] * (count - len(met))
    elif misfire == "skip":
        assert set(others) <= {"skipped"}
        assert len(others) <= 1
    else:
        assert others in ([], ["late"], ["skipped"])
        assert ("late" in others) == (bool(others) and not met)


def test_very_many_missed_times_are_covered_without_being_counted() -> None:
    times = [number * MINUTE for number in range(1, 11)]
    (told,) = by_policy(Schedule(name="s", rule="FREQ=MINUTELY"), times, 10_000 * MINUTE, 9_999 * MINUTE)
    assert told.through_ns == 9_999 * MINUTE
    assert told.missed == 9
