"""What the journal keeps of an error."""

from __future__ import annotations

from ergos.base.error_tree import every_error
from ergos.base.errors import BudgetError
from ergos.base.limits import ERROR_CHARS_MAX
from ergos.runtime.failures import failure_of


def test_an_error_of_ours_keeps_its_code_and_what_to_do() -> None:
    for kind in every_error():
        failure = failure_of(kind("it broke"))
        assert (failure.code, failure.what, failure.remedy) == (kind.code, "it broke", kind.remedy)


def test_any_other_error_is_a_crash_with_its_place_and_without_its_folder() -> None:
    try:
        int("nothing")
    except ValueError as error:
        failure = failure_of(error)
    assert failure.code == "E403"
    assert failure.what.startswith("ValueError: invalid literal for int() with base 10: 'nothing' (test_failures.py:")
    assert "/" not in failure.what


def test_a_long_message_is_cut() -> None:
    assert len(failure_of(BudgetError("x" * 100_000)).what) == ERROR_CHARS_MAX
