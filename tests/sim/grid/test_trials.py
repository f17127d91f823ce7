import msgspec

from ergos.sim.grid.contest import HERD
from ergos.sim.grid.trials import CLOUD_TRIALS, TRIALS, clouded_trials, tried
from ergos.sim.grid.workloads import Mix

SHORT = Mix(programs_per_s=1.5, length_s=25.0, shares=(0.5, 0.0, 0.2, 0.3))
CROWD = msgspec.structs.replace(HERD, length_s=15.0)


def test_whatever_falls_ill_nobody_is_lost():
    found = tried(1, TRIALS, SHORT)
    assert set(found) == set(TRIALS)
    assert {name: run.lost for name, run in found.items()} == dict.fromkeys(TRIALS, 0)
    assert len({run.programs for run in found.values()}) == 1
    assert found["a replica is slow"].mean_s > found["calm"].mean_s


def test_limits_that_are_halved_unannounced_do_not_stop_the_work():
    found = clouded_trials(0, mix=CROWD)
    assert set(found) == set(CLOUD_TRIALS)
    assert (found["calm cloud"].limited, found["calm cloud"].lost) == (0, 0)
    halved = found["limits halved"]
    assert halved.lost == 0
    assert halved.limited < 0.5
    assert halved.makespan_s < 2.5 * found["calm cloud"].makespan_s
