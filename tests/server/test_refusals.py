"""A refusal is told in the words of the protocol, and only a passing one is tried again."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import openai
import pytest

from ergos.base.error_tree import every_error
from ergos.base.errors import BudgetError, DeniedError, OverloadedError
from ergos.base.world_errors import RateLimitedError
from ergos.kernel.calls import Failure
from ergos.kernel.models import Dialect
from ergos.kernel.syscalls import Answer
from ergos.server.refusals import body_of, headers_of, of_error, row_of
from tests.drivers.http.wires import run
from tests.server.doorways import Mind, Sink, answering, came, gated
from tests.server.programs import (
    CHAT,
    COMPLETION,
    anthropic_at,
    openai_at,
)


def failing(code: str) -> Mind:
    return answering(Answer(failure=Failure(code, "what happened", "what to do")))


@pytest.mark.parametrize(
    ("code", "kind", "calls"),
    [
        ("E301", openai.PermissionDeniedError, 1),
        ("E302", openai.APIStatusError, 1),
        ("E105", openai.BadRequestError, 1),
        ("E307", openai.NotFoundError, 1),
        ("E309", openai.AuthenticationError, 1),
        ("E401", openai.ConflictError, 1),
        ("E502", openai.InternalServerError, 1),
        ("E508", openai.BadRequestError, 1),
        ("E603", openai.InternalServerError, 1),
    ],
)
def test_the_library_of_openai_understands_a_refusal_and_does_not_ask_again_in_vain(
    code: str, kind: type[openai.APIStatusError], calls: int
) -> None:
    async def test() -> None:
        async with gated(failing(code)) as (doorway, _, port), openai_at(port, retries=3) as client:
            with pytest.raises(kind) as caught:
                await client.chat.completions.create(**CHAT)  # type: ignore[call-overload]
            assert f"[{code}] what happened — what to do" in caught.value.message
            assert caught.value.response.headers["x-ergos-code"] == code
            assert len(doorway.asked) == calls

    run(test)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("E301", anthropic.PermissionDeniedError, "permission_error"),
        ("E302", anthropic.APIStatusError, "billing_error"),
        ("E307", anthropic.NotFoundError, "not_found_error"),
        ("E309", anthropic.AuthenticationError, "authentication_error"),
        ("E106", anthropic.RequestTooLargeError, "request_too_large"),
        ("E502", anthropic.DeadlineExceededError, "timeout_error"),
    ],
)
def test_the_library_of_anthropic_understands_a_refusal(
    code: str, kind: type[anthropic.APIStatusError], words: str
) -> None:
    async def test() -> None:
        async with gated(failing(code)) as (doorway, _, port), anthropic_at(port, retries=3) as client:
            with pytest.raises(kind) as caught:
                await client.messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "hi"}])
            body: Any = caught.value.body
            assert body["type"] == "error"
            assert body["error"]["type"] == words
            assert len(doorway.asked) == 1

    run(test)


def test_a_passing_refusal_is_tried_again_after_the_time_it_names() -> None:
    async def test() -> None:
        tries = 0

        async def mind(dialect: Dialect, body: dict[str, Any], sink: Sink | None) -> Answer:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise OverloadedError("too much is waiting; try again in 0.01 s")
            return came(COMPLETION)

        async with gated(mind) as (_, _, port), openai_at(port, retries=3) as client:
            await client.chat.completions.create(**CHAT)  # type: ignore[call-overload]
        assert tries == 3

    run(test)


def test_a_used_up_budget_is_never_a_429() -> None:
    async def test() -> None:
        async def mind(dialect: Dialect, body: dict[str, Any], sink: Sink | None) -> Answer:
            raise BudgetError

        async with gated(mind) as (_, _, port), openai_at(port) as client:
            with pytest.raises(openai.APIStatusError) as caught:
                await client.chat.completions.create(**CHAT)  # type: ignore[call-overload]
            assert caught.value.status_code == 402
            assert caught.value.code == "insufficient_quota"

    run(test)


def test_every_error_has_its_row_and_each_row_a_type_of_each_protocol() -> None:
    known = {
        "invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error",
        "request_too_large", "rate_limit_error", "api_error", "timeout_error",
    }  # fmt: skip
    for error in every_error():
        row = row_of(error.code)
        assert 400 <= row.status <= 599
        assert row.anthropic in known
        assert row.openai
        assert row.code


def test_only_what_may_pass_is_worth_another_try() -> None:
    again = {error.code for error in every_error() if row_of(error.code).retry}
    assert {"E308", "E507", "E506", "E500", "E510"} <= again
    assert not again & {"E301", "E302", "E303", "E306", "E307", "E309", "E401", "E502", "E508", "E603"}


@pytest.mark.parametrize(
    ("what", "seconds"),
    [
        ("try again in 7 s", "7"),
        ("in 2.5 seconds", "3"),
        ("no time named", "2"),
        ("in 900 s", "60"),
        ("gpt-4s is slow", "2"),
    ],
)
def test_the_time_a_refusal_names_is_told(what: str, seconds: str) -> None:
    assert headers_of(of_error(OverloadedError(what, remedy="wait")))["retry-after"] == seconds


def test_the_time_an_endpoint_named_is_told() -> None:
    assert headers_of(of_error(RateLimitedError("no", remedy="wait", retry_after_s=9.0)))["retry-after"] == "9"
    assert "retry-after" not in headers_of(of_error(BudgetError()))


def test_a_message_is_bounded_and_always_text() -> None:
    refused = of_error(DeniedError("x" * 10_000 + "\ud800"))
    assert len(body_of(refused, "openai")) < 3000
    assert json.loads(body_of(of_error(DeniedError("\ud800")), "anthropic"))["error"]["message"]
