"""Ids follow from the journal, and a foreign trace context is read exactly as its standard says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.telemetry.spans import call_span, parsed_traceparent, process_span, sampled, trace_of, turn_span
from ergos.base.ids import Pid

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_the_same_place_has_the_same_id_and_no_other_has():
    ids = [
        process_span("s", Pid(1)), process_span("s", Pid(2)), process_span("t", Pid(1)), turn_span("s", Pid(1), 1),
        turn_span("s", Pid(1), 2), call_span("s", Pid(1), 1, "k"), call_span("s", Pid(1), 1, "k", "tools/call"),
        call_span("s", Pid(11), 1, "k"), call_span("s", Pid(1), 11, "k"), call_span("s", Pid(1), 1, "\ud800"),
    ]  # fmt: skip
    assert len(set(ids)) == len(ids)
    assert {len(one) for one in ids} == {8}
    assert len(trace_of("s", Pid(1))) == 16
    assert turn_span("s", Pid(1), 1) == ids[3]


@given(st.binary(min_size=16, max_size=16), st.floats(0, 1))
def test_a_share_of_all_takes_every_trace_and_of_nothing_none(trace: bytes, share: float):
    assert sampled(trace, 1.0)
    assert not sampled(trace, 0.0)
    assert not sampled(trace, share) or sampled(trace, min(1.0, share + 0.1))


def test_about_the_asked_share_is_taken():
    taken = sum(sampled(trace_of("s", Pid(number)), 0.25) for number in range(4_000))
    assert 900 < taken < 1_100


def test_a_traceparent_is_read():
    assert parsed_traceparent(f" {GOOD} ") == (
        bytes.fromhex("0af7651916cd43dd8448eb211c80319c"), bytes.fromhex("b7ad6b7169203331")
    )  # fmt: skip
    assert parsed_traceparent("01-" + GOOD[3:] + "-more") is not None  # a later version may have more


@pytest.mark.parametrize(
    "header",
    [
        "", "00", GOOD.upper(), GOOD + "-more", "ff" + GOOD[2:], GOOD.replace("0af7", "0ag7"), GOOD[:-1],
        "00-" + "0" * 32 + "-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
    ],
)  # fmt: skip
def test_what_is_no_traceparent_is_nothing(header: str):
    assert parsed_traceparent(header) is None


@given(st.text())
def test_garbage_is_nothing_and_never_an_error(header: str):
    parsed_traceparent(header)
