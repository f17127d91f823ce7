"""What is remembered between turns: small, and forgiving of what an older version left."""

from __future__ import annotations

import msgspec
import pytest

from ergos.base.canonical import Plain
from ergos.lib.steps_memory import (
    NOTE_CHARS_MAX,
    NOTES_MAX,
    PENDING_MAX,
    Again,
    Past,
    noted,
    past_of,
    pending,
    told_of,
)


def test_what_was_remembered_is_remembered() -> None:
    past = Past(runs=3, failed=1, milestones={"a": 5}, again=[Again(event={"key": "k"}, tries=1, due_ns=9)])
    assert past_of(msgspec.to_builtins(past)) == past


@pytest.mark.parametrize("memory", [None, 5, "x", [], {"runs": "many"}, {"again": [{"event": 1}]}])
def test_what_does_not_fit_is_as_if_it_were_not_there(memory: Plain) -> None:
    assert past_of(memory) == Past()


def test_what_a_later_version_adds_is_left_out() -> None:
    assert past_of({"runs": 2, "shoe_size": 44}) == Past(runs=2)


def test_it_stays_small_whatever_happens() -> None:
    past = Past()
    for number in range(1_000):
        past = noted(past, number, "x" * 10_000)
        past = pending(past, Again(event=number, tries=1, due_ns=number))
    assert (len(past.said), len(past.again)) == (NOTES_MAX, PENDING_MAX)
    assert (past.said[-1].at_ns, past.again[-1].event) == (999, 999)
    assert len(msgspec.json.encode(past)) < NOTES_MAX * (NOTE_CHARS_MAX + 100) + 10_000


@pytest.mark.parametrize("memory", [None, 5, [], {}, {"runs": 2}, {"trigger": "a2a.acme", "key": "k", "at_ns": 1}])
def test_a_memory_that_nobody_told_is_no_happening(memory: Plain) -> None:
    assert told_of(memory) == {}


def test_what_a_peer_told_is_a_happening() -> None:
    told: Plain = {"trigger": "a2a.acme", "key": "k", "at_ns": 1, "value": {"text": "x"}}
    assert told_of(told) == told
    assert past_of(told) == Past()
