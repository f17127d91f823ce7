import pytest

from ergos.base.ids import Pid
from ergos.sim.grid.courses import alone_ns
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.grid.outcomes import Finished, Gap, Outcome
from ergos.sim.grid.programs import Program, Turn
from ergos.sim.grid.statistics import average, difference, digest, mean, percentile, ratio


def test_percentiles_are_nearest_ranks():
    values = [15, 20, 35, 40, 50]
    assert [percentile(values, share) for share in (0.05, 0.30, 0.40, 0.50, 1.0)] == [15, 20, 20, 35, 50]
    assert percentile([], 0.5) == mean([]) == 0.0
    assert percentile(list(range(1, 101)), 0.95) == 95


def test_numbers_that_never_vary_have_no_interval():
    found = ratio([4.0] * 10, [2.0] * 10)
    assert (found.value, found.low, found.high) == (2.0, 2.0, 2.0)
    found = difference([4.0] * 10, [2.0] * 10)
    assert (found.value, found.low, found.high) == (2.0, 2.0, 2.0)


def test_what_varies_between_seeds_alike_does_not_widen_a_ratio():
    mine = [1.0, 5.0, 2.0, 9.0, 4.0]
    found = ratio([3 * value for value in mine], mine)
    assert found.low == pytest.approx(3.0)
    assert found.high == pytest.approx(3.0)


def test_an_interval_of_a_mean_is_that_of_its_standard_error():
    values = [float(value) for value in range(100)]
    found = average(values)
    error = 28.87 / 10
    assert found.value == 49.5
    assert found.low == pytest.approx(49.5 - 1.96 * error, abs=1.0)
    assert found.high == pytest.approx(49.5 + 1.96 * error, abs=1.0)
    assert found == average(values)


def test_a_run_is_digested_by_hand():
    shape = EngineShape()
    turn = Turn(((7, 100),), 10, 100, 100)
    programs = {
        Pid(n): Program(Pid(n), owner, "single", 0, (((turn,),),)) for n, owner in ((1, "hog"), (2, "ann"), (3, "ann"))
    }
    alone = alone_ns(programs[Pid(1)], shape)
    ended = (
        Finished(Pid(1), 2 * alone, 2 * alone, lost=False),
        Finished(Pid(2), 4 * alone, 4 * alone, lost=False),
        Finished(Pid(3), 400 * alone, 400 * alone, lost=True),
    )
    outcome = Outcome(ended, 10**9, 0.5, 0.25, 3, 1, 0, 0, Gap(7.0, 1.0, 2))
    found = digest(outcome, programs, shape)
    assert found.mean_s == pytest.approx(3 * alone / 1e9)
    assert (found.slowdown, found.slowdown_p95, found.slowdowns) == (3.0, 4.0, {"ann": 4.0, "hog": 2.0})
    assert (found.lost, found.programs, found.limited, found.gap) == (1, 3, 0.25, 7.0)
