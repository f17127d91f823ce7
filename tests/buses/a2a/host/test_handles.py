"""A handle is good for one peer and one owner, and nobody makes one up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ergos.buses.a2a.host.handles import HANDLE_CHARS_MAX, Handles

KEY = b"k" * 32
IDS = st.text("abc123.-_~", min_size=1, max_size=256)


@given(IDS)
def test_what_was_given_is_taken_back(task: str):
    handles = Handles(KEY)
    given_ = handles.give("acme", "maria", task)
    assert len(given_) <= HANDLE_CHARS_MAX
    assert handles.task("acme", "maria", given_) == task
    assert handles.task("acme", "mallory", given_) is None
    assert handles.task("other", "maria", given_) is None
    assert Handles(b"x" * 32).task("acme", "maria", given_) is None


def test_names_that_run_together_are_kept_apart():
    handles = Handles(KEY)
    assert handles.task("acmem", "aria", handles.give("acme", "maria", "t")) is None


@given(st.text(max_size=600))
def test_whatever_is_shown_is_answered(shown: str):
    assert Handles(KEY).task("acme", "maria", shown) is None


def test_no_task_has_no_handle():
    assert Handles(KEY).give("acme", "maria", "") == ""
