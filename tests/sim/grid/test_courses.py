import pytest

from ergos.base.ids import Pid
from ergos.sim.grid.courses import Course, alone_ns
from ergos.sim.grid.engine import Engine
from ergos.sim.grid.jobs import EngineShape, Job
from ergos.sim.grid.programs import Program, Turn

TURN = Turn(((7, 900),), 30, 100, 900)


def test_a_course_goes_through_chains_and_stages():
    course = Course(Program(Pid(10), "ann", "map-reduce", 0, (((TURN,),), ((TURN, TURN), (TURN,)), ((TURN,),))))
    assert course.pid(0) == 10
    assert course.answered(0) == "stage"
    assert [course.pid(chain) for chain in (0, 1)] == [11, 12]
    assert course.answered(1) == "chain"
    assert course.answered(0) == "turn"
    assert course.left == pytest.approx(2 * TURN.work)
    assert course.answered(0) == "stage"
    assert course.answered(0) == "program"
    assert course.left == 0


@pytest.mark.parametrize("prompt", [1, 900, 4_096, 9_000])
@pytest.mark.parametrize("output", [1, 2, 300])
def test_the_time_alone_is_what_an_idle_engine_takes(prompt, output):
    turn = Turn(((7, prompt),), output, 1_000, prompt)
    shape = EngineShape()
    engine = Engine(shape)
    engine.submit(Job(1, prompt, output), 0)
    at = 0
    while (end := engine.next_ns()) is not None:
        at = end
        engine.step(end)
    alone = alone_ns(Program(Pid(1), "ann", "single", 0, (((turn,),),)), shape)
    assert alone == pytest.approx(at, rel=1e-6)
