"""Signatures of hooks, with the examples of those who made the formats."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.server.hook_signatures import SIGNATURES_MAX, TOLERANCE_S, signed_as

NOW = 1_900_000_000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"event":"x"}'


def standard(body: bytes = BODY, *, key: str = "msg_1", at: str = str(NOW), secret: str = SECRET) -> dict[str, str]:
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(raw, f"{key}.{at}.".encode() + body, hashlib.sha256)).decode()
    return {"webhook-id": key, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}


def github(
    body: bytes = BODY, *, secret: str = "s", key: str = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
) -> dict[str, str]:
    signature = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return {"x-hub-signature-256": f"sha256={signature}", "x-github-delivery": key}


def test_the_example_of_the_specification_is_signed() -> None:
    """The vector of the reference libraries of Standard Webhooks."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert signed_as("standard", headers, b'{"test": 2432232314}', SECRET, 1_614_265_330) == headers["webhook-id"]


def test_the_example_of_github_is_signed() -> None:
    """The vector of GitHub's documentation: 'Testing the webhook payload validation'."""
    right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = {"x-hub-signature-256": right, "x-github-delivery": "d"}
    assert signed_as("github", headers, b"Hello, World!", "It's a Secret to Everybody", NOW) == "d"


@pytest.mark.parametrize("shift", [-TOLERANCE_S, 0, TOLERANCE_S])
def test_clocks_may_differ_by_five_minutes(shift: int) -> None:
    assert signed_as("standard", standard(at=str(NOW + shift)), BODY, SECRET, NOW) == "msg_1"


@pytest.mark.parametrize(
    "at", [str(NOW - TOLERANCE_S - 1), str(NOW + TOLERANCE_S + 1), "", "x", "1e9", "-5", "٣", "9" * 40, f" {NOW}"]
)
def test_an_instant_far_away_or_none_is_not_signed(at: str) -> None:
    assert signed_as("standard", standard(at=at), BODY, SECRET, NOW) == ""


def test_of_several_signatures_one_must_be_right() -> None:
    headers = standard()
    right = headers["webhook-signature"]
    for said, good in (
        (f"v1,AAAA {right}", True),
        (f"v1a,{right[3:]}", False),
        (f"v2,{right[3:]}", False),
        (right[3:], False),
        ("v1,AAAA v1,BBBB", False),
        ("", False),
        ("v1," + right[3:].lower(), False),
        (" ".join(["v1,AAAA"] * SIGNATURES_MAX + [right]), False),
    ):
        assert (signed_as("standard", {**headers, "webhook-signature": said}, BODY, SECRET, NOW) == "msg_1") is good, (
            said
        )


@pytest.mark.parametrize("change", ["body", "id", "at", "secret", "style"])
def test_whatever_is_changed_is_not_signed(change: str) -> None:
    headers = standard()
    body = BODY + b" " if change == "body" else BODY
    if change == "id":
        headers["webhook-id"] = "msg_2"
    if change == "at":
        headers["webhook-timestamp"] = str(NOW + 1)
    secret = "whsec_AAAA" if change == "secret" else SECRET
    assert signed_as("github" if change == "style" else "standard", headers, body, secret, NOW) == ""


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "x" * 300, "é"])
def test_a_request_without_a_name_that_can_be_kept_is_not_signed(key: str) -> None:
    assert signed_as("standard", standard(key=key), BODY, SECRET, NOW) == ""
    assert signed_as("github", github(key=key), BODY, "s", NOW) == ""


def test_a_secret_with_and_without_its_mark_is_the_same_and_other_text_stands_for_itself() -> None:
    assert signed_as("standard", standard(), BODY, SECRET.removeprefix("whsec_"), NOW) == "msg_1"
    raw = "no base64: é!"
    signature = base64.b64encode(hmac.digest(raw.encode(), f"m.{NOW}.".encode() + BODY, hashlib.sha256)).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": str(NOW), "webhook-signature": f"v1,{signature}"}
    assert signed_as("standard", headers, BODY, raw, NOW) == "m"


def test_an_empty_secret_signs_nothing() -> None:
    assert signed_as("github", github(secret=""), BODY, "", NOW) == ""
    empty = {"webhook-id": "m", "webhook-timestamp": str(NOW), "webhook-signature": "v1,"}
    assert signed_as("standard", empty, BODY, "", NOW) == ""


@given(
    st.dictionaries(
        st.sampled_from(
            ["webhook-id", "webhook-timestamp", "webhook-signature", "x-hub-signature-256", "x-github-delivery"]
        ),
        st.text(max_size=60),
    ),
    st.binary(max_size=60),
)
def test_whatever_is_sent_is_refused_without_an_error(headers: dict[str, str], body: bytes) -> None:
    for style in ("standard", "github"):
        assert signed_as(style, headers, body, SECRET, NOW) == ""  # type: ignore[arg-type]
