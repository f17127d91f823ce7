"""Every error of the tree is a problem with a status, its code and a remedy; no text breaks out of it."""

from __future__ import annotations

import msgspec
import pytest

from ergos.base.error_tree import every_error
from ergos.base.errors import ErgosError, OverloadedError, SignInError, UnknownProcessError
from ergos.server.api.problems import (
    DETAIL_CHARS_MAX,
    STATUSES,
    TITLES,
    Problem,
    Refused,
    encoded,
    headers_of,
    problem_of,
    status_of,
)


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.code)
def test_every_error_has_a_status_that_is_documented(error: type[ErgosError]) -> None:
    problem = problem_of(error())
    assert problem.status in TITLES
    assert problem.code == error.code
    assert problem.type == f"urn:ergos:error:{error.code}"
    assert problem.detail
    assert problem.remedy
    assert msgspec.json.decode(encoded(problem), type=Problem) == problem


def test_every_row_of_the_table_is_of_an_error_or_a_branch_there_is() -> None:
    codes = {error.code for error in every_error()}
    assert all(code in codes or any(one.startswith(code) for one in codes) for code in STATUSES)
    assert status_of("E999") == 500


def test_what_was_sent_is_cut_and_made_text() -> None:
    problem = problem_of(UnknownProcessError("\ud800" + "x" * 10_000))
    assert len(problem.detail) == DETAIL_CHARS_MAX
    assert b"\\ud800" not in encoded(problem)


def test_who_has_to_wait_or_to_sign_in_is_told_so() -> None:
    assert headers_of(problem_of(OverloadedError("try in 7.2 seconds")))["retry-after"] == "8"
    assert headers_of(problem_of(OverloadedError("later")))["retry-after"] == "2"
    assert "insufficient_user_authentication" in headers_of(problem_of(SignInError()))["www-authenticate"]
    assert headers_of(Refused(401, "x").problem)["www-authenticate"].startswith("Bearer")
    assert headers_of(Refused(404, "x").problem)["content-type"] == "application/problem+json"
