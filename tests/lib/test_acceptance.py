"""Names of checks: each says what it takes, and is carried out by somebody."""

from __future__ import annotations

import pytest

from ergos.base.canonical import Plain
from ergos.lib.acceptance import CHECKS, FORMATS, misfit
from ergos.verify.standard_accept import faults

GOOD: dict[str, Plain] = {"none": None, "count": 2, "text": "zh", "texts": ["a"], "format": "json"}


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_takes_its_parameter_and_is_carried_out(name: str) -> None:
    good = GOOD[CHECKS[name].parameter]
    assert not misfit(name, good)
    assert not any("there is no check" in fault for fault in faults(name, good, "x", "x"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("cited", 3), ("pages_max", None), ("pages_max", -1), ("pages_max", True), ("language", ""), ("fields", []),
     ("fields", ["", "a"]), ("fields", None), ("format", "pdf")],
)  # fmt: skip
def test_a_parameter_that_says_nothing_is_a_misfit(name: str, value: Plain) -> None:
    assert misfit(name, value).startswith("takes ")


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_not_in_a_format_is_found_to_be_none(name: str) -> None:
    assert faults("format", name, "a, b\nc {", "") == (f"it is no {name}",)
