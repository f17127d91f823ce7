"""Filters and topics; with examples of MQTT 3.1.1, section 4.7."""

from __future__ import annotations

import pytest

from ergos.base.errors import ValueShapeError
from ergos.drivers.watchers.topics import checked_filter, fits


@pytest.mark.parametrize(
    ("pattern", "topic", "fit"),
    [
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("sport/#", "sport", True),
        ("#", "a/b/c", True),
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/x", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/x", True),
        ("a", "A", False),
        ("shop/+/orders", "shop/1/2/orders", False),
    ],
)
def test_topics_fit_as_the_protocol_says(pattern: str, topic: str, fit: bool) -> None:
    assert fits(checked_filter(pattern), topic) is fit


@pytest.mark.parametrize(
    "pattern", ["", "sport/tennis#", "sport/tennis/#/ranking", "sport+", "a/b+/c", "#/a", "a\0b", "a\nb", "x" * 2_000, "a/" * 100, "$share/g/a", "a\ud800"],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_filter_is_refused(pattern: str) -> None:
    with pytest.raises(ValueShapeError):
        checked_filter(pattern)
