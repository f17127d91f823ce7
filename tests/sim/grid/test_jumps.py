from hypothesis import given
from hypothesis import strategies as st

from ergos.sim.grid.jumps import blocks_grown, steps_in_memory, steps_in_time, stretch_ns


@given(st.integers(0, 300), st.integers(1, 10**8), st.integers(0, 10**5))
def test_a_stretch_is_the_sum_of_its_iterations(steps, first, growth):
    assert stretch_ns(steps, first, growth) == sum(first + i * growth for i in range(steps))


@given(st.integers(0, 10**11), st.integers(1, 10**8), st.integers(0, 10**5))
def test_the_most_iterations_that_fit_into_a_time_fit_and_one_more_does_not(budget, first, growth):
    steps = steps_in_time(budget, first, growth)
    assert stretch_ns(steps, first, growth) <= budget < stretch_ns(steps + 1, first, growth)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.integers(0, 40), st.integers(0, 40), st.integers(0, 60))
def test_growth_is_what_step_after_step_takes(phases, start, steps, free):
    taken = [phases[step % len(phases)] for step in range(start, start + steps)]
    assert blocks_grown(phases, start, steps, sum(phases)) == sum(taken)
    most = steps_in_memory(phases, start, steps, sum(phases), free)
    assert sum(taken[:most]) <= free
    assert most == steps or sum(taken[: most + 1]) > free
