"""The simulator on programs checked by hand, then whole runs of every policy under faults."""

import pytest

from ergos.base.ids import Pid
from ergos.sim.grid.baselines import PassThrough, RoundRobin
from ergos.sim.grid.cloud import Cloud, CloudShape
from ergos.sim.grid.cloud_clients import RetryAfter
from ergos.sim.grid.contest import ABLATIONS, CLOUD_NAME, DECLARED, POLICIES, specs
from ergos.sim.grid.courses import alone_ns
from ergos.sim.grid.des import Simulation
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import EngineShape
from ergos.sim.grid.programs import Program, Turn, Workload
from ergos.sim.grid.scenarios import Fault, Scenario
from ergos.sim.grid.workloads import Mix, mixed

SHAPE = EngineShape()
SECOND = 1_000_000_000
SHORT = mixed(1, Mix(programs_per_s=2.0, length_s=15.0, shares=(0.4, 0.0, 0.2, 0.4), cancelled=0.2))


def turn(stem=7, tokens=900, *, fresh=None, pause=0):
    return Turn(((stem, tokens),), 30, 100, tokens if fresh is None else fresh, pause)


def run(programs, policy=None, *, names=("a",), faults=()):
    workload = Workload(tuple(programs), 100 * SECOND)
    simulation = Simulation(
        Scenario(workload=workload, faults=faults), {name: Engine(SHAPE) for name in names}, policy or RoundRobin(names)
    )  # fmt: skip
    return simulation.run()


def test_a_program_takes_its_turns_and_its_pauses():
    program = Program(Pid(10), "ann", "k", 5, (((turn(pause=SECOND), turn(tokens=1_200, fresh=270)),),))
    (found,) = run([program]).programs
    assert found.model_ns == pytest.approx(alone_ns(program, SHAPE), rel=0.01)
    assert found.jct_ns == found.model_ns + SECOND


def test_a_stage_ends_with_its_slowest_chain():
    chains = ((turn(1), turn(1, 1_000, fresh=70)), (turn(2),))
    whole = Program(Pid(10), "ann", "k", 0, (chains, ((turn(3),),)))
    parts = [Program(Pid(10), "ann", "k", 0, ((chain,),)) for chain in (chains[0], (turn(3),))]
    (found,) = run([whole], PassThrough(("a", "b")), names=("a", "b")).programs
    separate = sum(run([part]).programs[0].jct_ns for part in parts)
    assert found.jct_ns == pytest.approx(separate, rel=0.02)


def test_what_is_given_up_is_called_off_and_counts_nowhere():
    long = Program(Pid(10), "ann", "k", 0, (((turn(), turn(), turn()),),), cancelled_after_ns=SECOND // 100)
    other = Program(Pid(4_096), "ann", "k", 0, (((turn(8),),),))
    policy = PassThrough(("a",))
    found = run([long, other], policy)
    assert [program.pid for program in found.programs] == [4_096]
    assert policy.loads == {"a": 0}


def test_the_second_turn_finds_the_first_in_the_cache():
    program = Program(Pid(10), "ann", "k", 0, (((turn(), turn(tokens=930, fresh=0)),),))
    assert run([program]).hit == pytest.approx(896 / 1_830)  # fourteen whole blocks of what came before


def test_a_dead_engine_costs_a_repetition():
    fault = Fault(SECOND // 20, "a", "die")
    program = Program(Pid(10), "ann", "k", 0, (((turn(),),),))
    found = run([program], faults=(fault,))
    assert found.failed == 1
    assert found.programs[0].jct_ns == pytest.approx(fault.at_ns + alone_ns(program, SHAPE), rel=0.01)


def test_a_slow_engine_is_slow_from_then_on():
    program = Program(Pid(10), "ann", "k", SECOND, (((turn(),),),))
    found = run([program], faults=(Fault(0, "a", "slow", 2_500),))
    assert found.programs[0].jct_ns == pytest.approx(2.5 * alone_ns(program, SHAPE), rel=0.01)


def test_a_stalled_call_is_noticed_after_half_a_minute_and_sent_again():
    program = Program(Pid(10), "ann", "k", 0, (((turn(),),),))
    found = run([program], faults=(Fault(SECOND // 10, "a", "stall"),))
    assert 30 * SECOND < found.programs[0].jct_ns < 31 * SECOND
    assert not found.programs[0].lost


def test_a_program_too_large_for_every_engine_is_lost_and_said_to_be():
    found = run([Program(Pid(10), "ann", "k", 0, (((turn(tokens=200_000),),),))])
    assert [program.lost for program in found.programs] == [True]


def test_a_client_that_gives_up_loses_its_program():
    shape = CloudShape(requests_per_minute=1, burst_permille=1_000)
    programs = tuple(Program(Pid(4_096 * n), "ann", "k", 0, (((turn(n),),),)) for n in range(1, 12))
    simulation = Simulation(
        Scenario(workload=Workload(programs, SECOND)), {CLOUD_NAME: Cloud(shape)}, RetryAfter(CLOUD_NAME)
    )  # fmt: skip
    found = simulation.run()
    assert len(found.programs) == 11
    assert 0 < sum(program.lost for program in found.programs) < 11
    assert found.limited > 0


@pytest.mark.parametrize("name", [*POLICIES, *ABLATIONS])
def test_under_every_policy_and_any_fault_every_program_ends_and_the_same_seed_gives_the_same_run(name):
    makers = POLICIES | ABLATIONS
    endpoints = specs(SHAPE)
    names = [spec.name for spec in endpoints]
    faults = (
        Fault(4 * SECOND, names[0], "stall"),
        Fault(6 * SECOND, names[1], "die"),
        Fault(8 * SECOND, names[2], "slow", 3_000),
    )

    def outcome():
        engines = {each: Engine(SHAPE) for each in names}
        scenario = Scenario(workload=SHORT, declared=name in DECLARED, faults=faults)
        found = Simulation(scenario, engines, makers[name](endpoints)).run()
        assert all(engine.running == engine.waiting == engine.cache.used == 0 for engine in engines.values())
        return found

    found = outcome()
    assert len(found.programs) == sum(not program.cancelled_after_ns for program in SHORT.programs)
    assert not [program.pid for program in found.programs if program.lost]
    assert found == outcome()
