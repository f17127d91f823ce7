"""The texts about making a program."""

from __future__ import annotations

from ergos.compile.sayings.checks import CHECKS
from ergos.compile.sayings.program import PROGRAM


def test_codes_are_of_programs_and_stand_in_one_table_only():
    assert all(code.startswith("C3") for code in (*PROGRAM, *CHECKS))
    assert not set(PROGRAM) & set(CHECKS)
