"""Whose fault a failed sending was, whether it is tried again, and whether somebody may have been paid."""

from __future__ import annotations

import pytest

from ergos.base.clock import SECOND
from ergos.base.errors import BoundError, DeadlineError, ErgosError, PortMissingError, ValueShapeError
from ergos.base.world_errors import HttpError, ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.kernel.calls import Failure
from ergos.kernel.models import Usage
from ergos.kernel.ports import ModelCame
from ergos.runtime import model_calls
from ergos.runtime.settlement import Withdrawn


@pytest.mark.parametrize(
    ("error", "kind", "billed", "retry"),
    [
        (RateLimitedError("slow down", status=429, retry_after_s=2.5), "limited", False, True),
        (ModelRequestError("no such tool", status=400), "refused", False, False),
        (ModelError("overloaded", status=503), "failed", False, True),
        (ModelError("the connection broke"), "failed", True, True),
        (ModelReplyError("not JSON"), "failed", True, True),
        (ModelReplyError("cut off", status=200), "failed", True, True),
        (DeadlineError("too slow"), "stalled", True, False),
        (ValueShapeError("no such field"), "refused", False, False),
        (BoundError("too long"), "refused", False, False),
        (PortMissingError("no such library"), "refused", False, False),
        (HttpError("it closed"), "failed", True, False),
    ],
)
def test_a_sending_that_failed_is_judged_by_what_the_endpoint_said(
    error: ErgosError, kind: str, billed: bool, retry: bool
) -> None:
    sent = model_calls._failed(error)
    assert (sent.kind, sent.billed, sent.retry) == (kind, billed, retry)
    assert isinstance(sent.outcome, Failure if billed else Withdrawn)


def test_an_endpoint_that_names_a_time_is_believed() -> None:
    sent = model_calls._failed(RateLimitedError("slow down", status=429, retry_after_s=2.5))
    assert sent.retry_after_ns == 2_500_000_000


@pytest.mark.parametrize("after_s", [0.0, -1.0, float("nan"), -float("inf")])
def test_what_is_no_length_of_time_is_none(after_s: float) -> None:
    assert model_calls._failed(RateLimitedError("slow down", status=429, retry_after_s=after_s)).retry_after_ns == 0


def test_no_endpoint_makes_us_wait_for_ever() -> None:
    sent = model_calls._failed(ModelError("down", status=503, retry_after_s=float("inf")))
    assert sent.retry_after_ns == model_calls.RETRY_AFTER_S_MAX * SECOND


@pytest.mark.parametrize("error", [ModelError("overloaded", status=529), RateLimitedError("enough", status=429)])
def test_an_error_in_the_middle_of_an_answer_may_have_been_billed(error: ErgosError) -> None:
    sent = model_calls._failed(error, begun=True)
    assert sent.billed
    assert isinstance(sent.outcome, Failure)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(),
        Usage(input_tokens=5, output_tokens=-10),
        Usage(input_tokens=50, output_tokens=-10),
        Usage(input_tokens=50, output_tokens=1, cached_tokens=-1),
        Usage(input_tokens=50, output_tokens=1, reasoning_tokens=-1),
        Usage(input_tokens=10**400, output_tokens=1),
    ],
)
def test_a_usage_that_cannot_be_is_no_usage(usage: Usage) -> None:
    assert not model_calls._believed(ModelCame(value="x", usage=usage)).usage.known


def test_a_usage_that_can_be_is_believed_however_large() -> None:
    usage = Usage(input_tokens=10**9, output_tokens=1, cached_tokens=10**10)
    assert model_calls._believed(ModelCame(value="x", usage=usage)).usage == usage
