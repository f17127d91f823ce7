from __future__ import annotations

import pytest

from ergos.app.views.runs import NONE, Counted, Runs, accepted, of_end, of_steps, of_turn
from tests.app.views.rig import RAW

PASSED = {("brief", b"1"): True}
MIXED = {("brief", b"1"): True, ("brief", b"2"): False}
NULL = RAW(b"null")


def test_a_turn_is_accepted_if_every_last_judgement_is() -> None:
    assert accepted(PASSED)
    assert not accepted(MIXED)
    assert not accepted({})


@pytest.mark.parametrize(
    ("before", "after", "verdicts", "counted"),
    [
        (Runs(1), Runs(2), PASSED, Counted(1, 1)),
        (Runs(1), Runs(2), {}, Counted(1, 0)),
        (Runs(1), Runs(2, declined=1), PASSED, NONE),
        (Runs(1), Runs(1, failures=1), PASSED, Counted(failed=1)),
        (Runs(1), Runs(2, failures=1), MIXED, Counted(1, 1, 1)),  # failed, and again at once
        (Runs(5), Runs(0), PASSED, NONE),  # a memory that was begun anew
    ],
)
def test_runs_of_steps_are_counted_by_their_memory(
    before: Runs, after: Runs, verdicts: dict[tuple[str, bytes], bool], counted: Counted
) -> None:
    assert of_steps(before, after, verdicts) == counted


def test_turns_of_other_programs_count_where_something_was_judged() -> None:
    assert of_turn({}) == NONE
    assert of_turn(PASSED) == Counted(1, 1)
    assert of_turn(MIXED) == Counted(1, 0)


def test_an_end_counts_once() -> None:
    assert of_end("done", NULL, 0, {}, steps=False) == Counted(1, 0)
    assert of_end("done", NULL, 3, {}, steps=False) == NONE
    assert of_end("done", NULL, 3, PASSED, steps=False) == Counted(1, 1)
    assert of_end("failed", NULL, 3, PASSED, steps=False) == Counted(failed=1)
    assert of_end("killed", NULL, 0, PASSED, steps=False) == NONE


def test_steps_that_were_stopped_or_declined_deliver_nothing() -> None:
    assert of_end("done", RAW(b'{"declined":"send"}'), 0, PASSED, steps=True) == NONE
    assert of_end("done", RAW(b'{"stopped":"by its owner"}'), 0, {}, steps=True) == NONE
    assert of_end("done", RAW(b'{"declined":"send"}'), 0, PASSED, steps=False) == Counted(1, 1)
    assert of_end("done", RAW(b'"brief"'), 0, MIXED, steps=True) == Counted(1, 1)
