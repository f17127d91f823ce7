"""Ids of tasks are good for whom they were made, and for nobody else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.buses.mcp.server.task_ids import ID_CHARS_MAX, TaskIds

IDS = TaskIds(b"secret")
SUBJECTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60)


@given(SUBJECTS, st.text(max_size=40))
def test_an_id_says_what_it_stands_for_to_whom_it_is_of(subject: str, identity: str) -> None:
    made = IDS.made(subject, identity)
    assert IDS.subject(made, identity) == subject
    assert made == TaskIds(b"secret").made(subject, identity), "it needs no table"
    assert made.isascii()


@given(SUBJECTS, st.text(max_size=20), st.text(max_size=20))
def test_another_callers_id_stands_for_nothing(subject: str, mine: str, theirs: str) -> None:
    made = IDS.made(subject, theirs)
    assert IDS.subject(made, mine) == (subject if mine == theirs else None)
    assert TaskIds(b"other").subject(made, theirs) is None


@given(SUBJECTS, st.integers(0, 200), st.characters())
def test_an_id_that_was_touched_stands_for_nothing(subject: str, at: int, character: str) -> None:
    made = IDS.made(subject, "me")
    at %= len(made)
    touched = made[:at] + character + made[at + 1 :]
    assert IDS.subject(touched, "me") == (subject if touched == made else None)


@given(st.text(max_size=80))
def test_what_was_made_up_stands_for_nothing(text: str) -> None:
    assert IDS.subject(text, "me") is None


def test_identity_and_subject_cannot_flow_into_each_other() -> None:
    assert IDS.made("b", "a\0") != IDS.made("\0b", "a")
    assert IDS.subject("x" * (ID_CHARS_MAX + 1), "me") is None
