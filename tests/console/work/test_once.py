"""A ticket is good for one use by one person, and a use that came to nothing gives it back."""

from __future__ import annotations

from ergos.console.work import once
from ergos.console.work.once import Once, ticket


def test_a_second_press_changes_nothing_and_learns_where_the_first_led():
    kept = Once()
    assert kept.take("ann", "t") is None
    assert kept.take("ann", "t") == ""
    kept.led("ann", "t", "/processes/3")
    assert kept.take("ann", "t") == "/processes/3"
    assert kept.take("bob", "t") is None


def test_what_failed_may_be_tried_again():
    kept = Once()
    assert kept.take("ann", "t") is None
    kept.give_back("ann", "t")
    assert kept.take("ann", "t") is None


def test_memory_is_bounded(monkeypatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr(once, "TICKETS_MAX", 3)
    kept = Once()
    for number in range(5):
        assert kept.take("ann", str(number)) is None
    assert kept.take("ann", "4") == ""
    assert kept.take("ann", "0") is None


def test_no_two_tickets_are_alike():
    assert len({ticket() for _ in range(100)}) == 100
    assert all(len(ticket()) == once.TICKET_CHARS for _ in range(10))
