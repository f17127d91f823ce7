"""Solvers by expected price per verified success, and in no other order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.base.money import FREE, Price
from ergos.kernel.solvers import Record, SolverSpec, TaskSpec, Verdict, order

TASK = TaskSpec(name="t", tokens_max=1_000_000)


def solver(name: str, price: Price | None = FREE, tasks: tuple[str, ...] = ("t",)) -> SolverSpec:
    return SolverSpec(name=name, kind="code", tasks=tasks, price=price)


@given(st.permutations(["a", "b", "c", "d"]), st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_the_order_does_not_depend_on_how_solvers_are_listed(names: list[str], prices: list[int]) -> None:
    cost = dict(zip("abcd", prices, strict=True))
    found = order(TASK, [solver(name, Price(cost[name])) for name in names], {})
    assert [one.name for one in found] == sorted("abcd", key=lambda name: (cost[name], name))


def test_a_failing_solver_is_more_expensive_than_it_looks() -> None:
    cheap, dear = solver("cheap", Price(10)), solver("dear", Price(30))
    assert order(TASK, [dear, cheap], {})[0] is cheap
    assert order(TASK, [dear, cheap], {("t", "cheap"): Record(0, 8)})[0] is dear


def test_of_free_solvers_the_better_one_comes_first() -> None:
    records = {("t", "b"): Record(5, 0)}
    assert [s.name for s in order(TASK, [solver("a"), solver("b")], records)] == ["b", "a"]


def test_a_solver_of_unknown_price_or_another_task_is_never_asked() -> None:
    assert order(TASK, [solver("a", None), solver("b", FREE, ("other",))], {}) == ()


KINDS = ("code", "system1", "model", "person")


@given(st.lists(st.sampled_from(KINDS), max_size=4, unique=True), st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_the_owners_order_of_kinds_comes_before_price_and_the_others_after_them(
    preference: list[str], prices: list[int]
) -> None:
    specs = [
        SolverSpec(name=kind, kind=kind, tasks=("t",), price=Price(price))  # type: ignore[arg-type]
        for kind, price in zip(KINDS, prices, strict=True)
    ]
    found = [one.name for one in order(TASK, specs, {}, preference)]
    cost = dict(zip(KINDS, prices, strict=True))
    rest = sorted(set(KINDS) - set(preference), key=lambda kind: (cost[kind], kind))
    assert found == [*preference, *rest]


def test_within_a_preferred_kind_price_per_success_decides() -> None:
    specs = [solver("dear", Price(30)), solver("cheap", Price(10))]
    assert [one.name for one in order(TASK, specs, {("t", "cheap"): Record(0, 8)}, ("code",))] == ["dear", "cheap"]


def test_an_answer_with_a_fault_is_not_accepted() -> None:
    assert Verdict().accepted
    assert not Verdict(("wrong",)).accepted
    assert Record().success == 0.5
