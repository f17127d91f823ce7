"""Every error has one code, says what happened and what to do."""

from __future__ import annotations

from ergos.base.error_tree import EXIT_CODES, every_error, exit_code
from ergos.base.errors import ErgosError

BRANCHES = {"E1": 2, "E2": 2, "E3": 4, "E4": 1, "E5": 5, "E6": 6}


def test_codes_are_unique_and_belong_to_their_branch() -> None:
    errors = every_error()
    assert len({error.code for error in errors}) == len(errors)
    for error in errors:
        if error is not ErgosError:
            assert exit_code(error("x")) == BRANCHES[error.code[:2]]
    assert len(EXIT_CODES) == len(BRANCHES)


def test_every_error_explains_itself_without_an_argument() -> None:
    for error in every_error():
        text = str(error())
        assert text.startswith(f"[{error.code}] ")
        assert " — " in text
        assert error().what
        assert error("this", remedy="that").what_to_do == "that"
