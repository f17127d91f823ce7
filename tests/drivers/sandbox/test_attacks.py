from __future__ import annotations

import pytest

from ergos.drivers.sandbox.attacks import FILES, Attempt, program


@pytest.mark.parametrize("attempt", FILES, ids=lambda attempt: attempt.name)
def test_every_attempt_on_files_is_a_program(attempt: Attempt) -> None:
    compile(program(attempt), attempt.name, "exec")


def test_what_an_attempt_says_is_printed_whatever_happens() -> None:
    text = program(Attempt("x", "break-out", "raise ValueError('no')"))
    assert "HELD" in text
    assert "raise ValueError('no')" in text
