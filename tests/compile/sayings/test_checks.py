"""The texts about a program as it is."""

from __future__ import annotations

from ergos.compile.sayings.checks import CHECKS


def test_what_is_wrong_keeps_a_program_from_being_written():
    wrong = {code for code, one in CHECKS.items() if one.severity == "error"}
    assert wrong == {"C331", "C335", "C337", "C339", "C341", "C342", "C343", "C348", "C358"}
