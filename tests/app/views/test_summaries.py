from __future__ import annotations

from typing import get_args

import pytest

from ergos.app.views.summaries import _SAYINGS, SUMMARY_CHARS_MAX, summary
from ergos.base.ids import Digest, Pid
from ergos.kernel.calls import Failure
from ergos.kernel.events import Answered, Body, Called, Exited, Fired, Intended, Refused, Resulted, encode_body
from ergos.kernel.own_events import Halted, Pinned, Reached, TurnedAway
from tests.app.views.rig import call


def test_every_kind_of_record_has_something_to_say() -> None:
    assert set(_SAYINGS) == set(get_args(Body))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (Intended(call("k")), "act mail.send"),
        (Called(call("k", "recall", "recall")), "recall"),
        (Resulted("k", failure=Failure("E501", "a stranger's text")), "E501"),
        (Resulted("k", faults=("a stranger's text",)), "not accepted"),
        (Resulted("k", provider="near/big"), "near/big"),
        (Refused(call("k"), Failure("E302", "x")), "act mail.send: E302"),
        (Answered(1, "k", "approve", "alice"), "approve by alice"),
        (Exited("failed", failure=Failure("E400", "x")), "failed: E400"),
        (Fired("daily", "k", 1), "daily"),
        (Fired("daily", "k", 0, "skipped"), "daily: skipped"),
        (Halted(on=False, by="me"), "off by me"),
        (Pinned("tools", Digest(""), "me"), "tools: taken back"),
        (Reached(Pid(1), "GET", "example.com", refusal="no"), "GET example.com: refused"),
        (TurnedAway("alice", "a2a", "", "token", 3), "a2a: 3 of nobody known: token"),
    ],
)
def test_a_summary_is_names_and_codes(body: Body, said: str) -> None:
    assert summary(encode_body(body)) == said


def test_what_is_no_record_says_nothing() -> None:
    for body in (b"", b"{}", b'{"k":"dance"}', b"\xff", b"[" * 100_000):
        assert summary(body) == ""


def test_a_long_name_is_cut() -> None:
    assert len(summary(encode_body(Intended(call("k", name="x" * 5_000))))) == SUMMARY_CHARS_MAX
