from __future__ import annotations

import json

import pytest

from ergos.base.clock import SECOND
from ergos.base.errors import DeadlineError
from ergos.base.limits import ERROR_CHARS_MAX
from ergos.base.world_errors import ModelError, ModelReplyError, ModelRequestError, RateLimitedError
from ergos.drivers.models.vendors import failures

NOW_NS = 1_800_000_000 * SECOND


def of(status: int, body: object = b"", **headers: str) -> ModelError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return failures.of_status(status, {name.replace("_", "-"): value for name, value in headers.items()}, data, NOW_NS)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ModelRequestError), (401, ModelRequestError), (403, ModelRequestError), (404, ModelRequestError),
        (413, ModelRequestError), (422, ModelRequestError), (429, RateLimitedError), (408, ModelError), (500, ModelError),
        (502, ModelError), (503, ModelError), (529, ModelError), (302, ModelRequestError),
    ],
)  # fmt: skip
def test_a_status_has_its_class(status: int, kind: type[ModelError]) -> None:
    error = of(status, {"error": {"message": "why"}})
    assert type(error) is kind
    assert error.status == status


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "the reason"}}, {"error": "the reason"}, {"message": "the reason"}, {"detail": "the reason"},
        {"detail": [{"msg": "the reason"}]}, {"errors": [{"message": "the reason"}]}, [{"error": {"message": "the reason"}}],
        {"type": "error", "error": {"type": "x", "message": "the reason"}},
    ],
)  # fmt: skip
def test_the_vendors_own_words_are_told_wherever_they_stand(body: object) -> None:
    assert "the reason" in of(400, body).what


def test_an_error_that_is_no_json_is_told_as_it_is() -> None:
    assert "<html>busy</html>" in of(503, b"<html>busy</html>").what
    assert len(of(500, b"x" * 100_000).what) <= ERROR_CHARS_MAX


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "250"}, 0.25),
        ({"retry_after": "Fri, 15 Jan 2027 08:00:30 GMT"}, 30.0),
        ({"retry_after": "Fri, 15 Jan 2021 08:00:30 GMT"}, 0.0),
        ({"retry_after": "soon"}, 0.0),
        ({"retry_after": "-3"}, 0.0),
        ({"retry_after": "nan"}, 0.0),
        ({"retry_after": "99999999"}, failures.RETRY_AFTER_S_MAX),
        ({"x_ratelimit_reset_tokens": "6m0s", "x_ratelimit_remaining_tokens": "0"}, 360.0),
        ({"x_ratelimit_reset_requests": "120ms", "x_ratelimit_remaining_requests": "0"}, 0.12),
        ({"x_ratelimit_reset_requests": "60s", "x_ratelimit_remaining_requests": "5"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_time_to_wait_is_read_in_every_way_it_is_said(headers: dict[str, str], wait_s: float) -> None:
    assert of(429, **headers).retry_after_s == pytest.approx(wait_s)


def test_googles_time_to_wait_stands_in_the_body() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]
    assert of(429, {"error": {"code": 429, "details": details}}).retry_after_s == 34.0


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        ({"code": 429, "message": "slow"}, RateLimitedError, 429),
        ({"code": "rate_limit_exceeded", "message": "slow"}, RateLimitedError, 429),
        ({"type": "rate_limit_error"}, RateLimitedError, 429),
        ({"status": "RESOURCE_EXHAUSTED"}, RateLimitedError, 429),
        ({"type": "overloaded_error", "message": "Overloaded"}, ModelError, 503),
        ({"type": "invalid_request_error", "message": "no"}, ModelRequestError, 400),
        ({"code": "502", "message": "bad gateway"}, ModelError, 502),
        ({"code": 401, "message": "key"}, ModelRequestError, 401),
        ({"message": "something"}, ModelError, 0),
        ("plain text", ModelError, 0),
        (None, ModelError, 0),
        ([None], ModelError, 0),
    ],
)
def test_an_error_inside_an_answer_has_the_class_of_its_status(
    content: object, kind: type[ModelError], status: int
) -> None:
    error = failures.of_error(content)
    assert (type(error), error.status) == (kind, status)


def test_our_own_error_is_found_behind_a_librarys() -> None:
    mine, outer = ModelReplyError("cut off"), ConnectionError("connection error")
    outer.__cause__ = mine
    assert failures.of_exception(outer, answered=False) is mine
    assert failures.of_exception(DeadlineError(), answered=True).code == DeadlineError.code


def test_a_chain_of_causes_that_is_a_ring_ends() -> None:
    one, two = OSError("one"), OSError("two")
    one.__cause__, two.__cause__ = two, one
    assert type(failures.of_exception(one, answered=False)) is ModelError


def test_a_refused_key_says_what_to_check() -> None:
    assert "key" in of(401).what_to_do


def test_what_a_library_cannot_do_is_the_requests_fault_until_an_answer_began() -> None:
    assert type(failures.of_exception(ValueError("no such mode"), answered=False)) is ModelRequestError
    assert type(failures.of_exception(ValueError("no such part"), answered=True)) is ModelReplyError
