"""Every error is in the tree, has a code of its own, and ends the command line with its branch's exit code."""

from __future__ import annotations

import pytest

from ergos.base.error_tree import DEFINED_IN, EXIT_CODES, every_error, exit_code
from ergos.base.errors import ErgosError, StoreLockedError, UnknownProcessError
from ergos.base.world_errors import SandboxMissingError


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in every_error()]
    assert len(codes) == len(set(codes))


def test_every_error_is_defined_where_errors_are_defined() -> None:
    ours = [error for error in every_error() if error.__module__.startswith("ergos.")]
    assert {error.__module__ for error in ours} == set(DEFINED_IN)


@pytest.mark.parametrize("branch", EXIT_CODES)
def test_the_code_of_an_error_is_of_its_branch(branch: type[ErgosError]) -> None:
    assert {error.code[:2] for error in every_error(branch)} == {branch.code[:2]}
    assert {exit_code(error("x")) for error in every_error(branch)} == {EXIT_CODES[branch]}


def test_what_is_in_no_branch_ends_with_one() -> None:
    assert [exit_code(error) for error in (ErgosError("x"), UnknownProcessError(), StoreLockedError())] == [1, 2, 6]
    assert exit_code(SandboxMissingError()) == 5
