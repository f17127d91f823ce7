"""A kernel's time never runs backwards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.clock import DAY, ManualClock, Monotone, day_of


@given(st.lists(st.integers(-(10**18), 10**18)), st.integers(0, 10**18))
def test_readings_never_decrease_however_the_machine_jumps(jumps: list[int], floor: int) -> None:
    machine = ManualClock(5)
    clock = Monotone(machine)
    clock.not_before(floor)
    last = clock.now_ns()
    assert last >= floor
    for jump in jumps:
        machine.advance(jump)
        now = clock.now_ns()
        assert now >= last
        assert now >= machine.now_ns()
        last = now


def test_a_day_begins_at_midnight_utc() -> None:
    assert (day_of(DAY - 1), day_of(DAY)) == (0, 1)
    machine = ManualClock()
    machine.set(7)
    assert machine.now_ns() == 7
