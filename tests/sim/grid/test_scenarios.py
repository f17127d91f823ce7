import pytest

from ergos.base.ids import Pid
from ergos.sim.grid.programs import Program, Turn, Workload
from ergos.sim.grid.scenarios import LIE, Scenario

PROGRAM = Program(Pid(1), "hog", "k", 0, (((Turn(((7, 100),), 10, 100, 100),),),))


@pytest.mark.parametrize(
    ("declared", "liar", "said"),
    [(False, "", None), (False, "hog", None), (True, "", 1_000), (True, "hog", 1_000 * LIE)],
)
def test_only_those_who_declare_say_what_is_left_and_a_liar_a_tenth(declared, liar, said):
    scenario = Scenario(workload=Workload((PROGRAM,), 1), declared=declared, liar=liar)
    assert scenario.said_left(PROGRAM, 1_000.0) == said
