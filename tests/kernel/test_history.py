"""An open turn's history is the fold of its records."""

from __future__ import annotations

from ergos.kernel.calls import Call, Failure
from ergos.kernel.events import Answered, Called, Doubted, Intended, Repeated, Restarted, Resulted
from ergos.kernel.history import history


def call(key: str, effect: str = "pure") -> Call:
    return Call(key=key, kind="act", name="t", args={}, effect=effect)  # type: ignore[arg-type]


def test_calls_stand_in_order_of_first_appearance_with_their_answers() -> None:
    past = history([(1, Intended(call("b"))), (2, Called(call("a"))), (3, Resulted("b"))])
    assert list(past) == ["b", "a"]
    assert past["b"].intended
    assert past["b"].at_ns == 3


def test_after_a_crash_only_safe_failures_of_the_world_are_tried_again() -> None:
    broken, wrong = Failure("E501", "x"), Failure("E105", "x")
    again: dict[str, bool] = {}
    for key, effect, failure in [("p", "pure", broken), ("i", "irreversible", broken), ("w", "pure", wrong)]:
        records = [(1, Intended(call(key, effect))), (2, Resulted(key, failure=failure)), (3, Restarted(broken, 0))]
        again[key] = history(records)[key].result is None
    assert again == {"p": True, "i": False, "w": False}


def test_a_failure_the_program_has_gone_on_from_is_never_tried_again() -> None:
    broken = Failure("E501", "x")
    records = [(1, Intended(call("p"))), (2, Resulted("p", failure=broken)), (3, Called(call("next")))]
    assert history([*records, (4, Restarted(broken, 0))])["p"].result is not None


def test_an_owners_word_about_a_doubt_holds_until_it_is_carried_out() -> None:
    records = [(1, Intended(call("k"))), (2, Doubted("k", 1, "why")), (3, Answered(1, "k", "redo", "alice"))]
    assert history(records)["k"].resolution is not None
    assert history([*records, (4, Repeated("k", why="owner"))])["k"].doubt is None
