from ergos.kernel.scheduler.wants import Rules
from ergos.sim.grid.policies import Kernel
from tests.sim.grid.stage import done, numbers, specs, want


def test_the_kernel_holds_calls_back_until_there_is_a_place():
    policy = Kernel(specs(slots=1, names=("a",)))
    (first,) = policy.arrive(want(1), 0).starts
    assert not policy.arrive(want(2), 1).starts
    assert policy.answers(first.ticket) == (first.ticket,)
    plan = policy.leave(done(first), 10)
    assert numbers(plan) == [2]


def test_pooled_it_does_not_know_one_kind_from_another():
    wants = [want(1, kind="x"), want(2, kind="y")]
    assert [Kernel(specs(), Rules(), pooled=pooled).seen(each).kind for pooled in (False, True) for each in wants] == [
        "x",
        "y",
        "any",
        "any",
    ]
