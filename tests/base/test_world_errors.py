"""Failures of the world say what happened and what to do, and carry what their handlers need."""

from __future__ import annotations

import pytest

from ergos.base import world_errors
from ergos.base.error_tree import every_error
from ergos.base.errors import WorldError
from ergos.base.world_errors import HttpError, ModelError, RateLimitedError, SandboxError, SandboxMissingError

OWN = [error for error in every_error(WorldError) if error.__module__ == world_errors.__name__]


@pytest.mark.parametrize("error", OWN, ids=lambda error: error.__name__)
def test_its_docstring_is_its_message_and_it_says_what_to_do(error: type[WorldError]) -> None:
    made = error()
    assert made.what
    assert made.what == (error.__doc__ or "").strip()
    assert made.what_to_do == error.remedy
    assert str(made) == f"[{error.code}] {made.what} — {made.what_to_do}"


def test_a_models_failure_keeps_what_its_endpoint_said() -> None:
    said = RateLimitedError("busy", status=429, retry_after_s=2.5, body="{}")
    assert isinstance(said, ModelError)
    assert (said.status, said.retry_after_s, said.body, said.what) == (429, 2.5, "{}", "busy")
    assert HttpError("gone", kind="stalled").kind == "stalled"


def test_a_missing_sandbox_is_a_sandbox_that_failed() -> None:
    assert issubclass(SandboxMissingError, SandboxError)
