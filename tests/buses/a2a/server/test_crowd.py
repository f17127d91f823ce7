"""Places are counted, given back whatever happens, and one peer cannot take them all."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from ergos.buses.a2a.ports import TaskRefused
from ergos.buses.a2a.server.crowd import MINUTE_S, Crowd, Pace


def test_a_peer_has_so_many_places_and_all_peers_have():
    crowd = Crowd(2, 3)
    with ExitStack() as stack:
        for name in ("a", "a", "b"):
            stack.enter_context(crowd.place(name))
        for name in ("a", "b", "c"):
            with pytest.raises(TaskRefused), crowd.place(name):
                raise AssertionError("nobody gets in")
        assert crowd.present == 3
    assert crowd.present == 0


def test_a_place_is_given_back_when_something_goes_wrong():
    crowd = Crowd(1, 1)
    for _ in range(3):
        with pytest.raises(ValueError, match="x"), crowd.place("a"):
            raise ValueError("x")


def test_what_a_peer_says_in_a_minute_is_bounded_for_each_peer():
    pace = Pace(requests=3, size=100)
    assert [pace.wait_s("a", 10, float(number)) for number in range(3)] == [0, 0, 0]
    assert pace.wait_s("a", 10, 10.0) == MINUTE_S - 10
    assert pace.wait_s("b", 90, 10.0) == 0
    assert pace.wait_s("b", 11, 10.0) > 0
    assert pace.wait_s("a", 10, MINUTE_S) == 0
    assert pace.wait_s("a", 101, MINUTE_S) > 0
