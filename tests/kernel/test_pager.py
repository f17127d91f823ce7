"""A window never passes its budget and never hides a gap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import BoundError
from ergos.kernel.pager import NOTICE_TOKENS, Page, tokens_of, window

PAGES = st.lists(st.builds(Page, text=st.just("x"), tokens=st.integers(0, 60), pinned=st.booleans()), max_size=30)


@given(PAGES, st.integers(0, 400))
def test_what_is_resident_fits_and_is_pinned_or_the_newest(pages: list[Page], budget: int) -> None:
    pinned = {n for n, page in enumerate(pages) if page.pinned}
    if sum(pages[n].tokens for n in pinned) > budget:
        with pytest.raises(BoundError):
            window(pages, budget)
        return
    found = window(pages, budget)
    assert found.tokens <= budget
    assert sorted(found.resident + found.evicted) == list(range(len(pages)))
    assert list(found.resident) == sorted(found.resident)
    assert pinned <= set(found.resident)
    if found.evicted:
        loose = set(found.resident) - pinned
        assert all(kept > max(found.evicted) for kept in loose)
        assert bool(found.notice) is (sum(pages[n].tokens for n in found.resident) + NOTICE_TOKENS <= budget)
    else:
        assert found.notice == ""


def test_a_context_that_fits_is_left_alone() -> None:
    pages = [Page(text="x", tokens=10)] * 3
    assert window(pages, 30).resident == (0, 1, 2)
    assert window(pages, 29).evicted


@given(st.text(max_size=200))
def test_tokens_are_estimated_from_above_by_bytes(text: str) -> None:
    assert tokens_of(text) >= max(1, len(text.encode("utf-8", "replace")) / 3)
