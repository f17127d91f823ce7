"""A value is within a grant's words, or outside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.permission.grants import LIST_MATCHED_MAX, Grant, Matcher, grant_id, matches, permits
from tests.kernel.plain import KINDS, PLAIN


@given(KINDS, st.lists(st.text() | st.integers() | st.floats() | st.booleans(), max_size=3).map(tuple), PLAIN)
def test_a_matcher_has_an_answer_for_every_value(kind, values, value) -> None:
    assert isinstance(matches(Matcher(kind, values), value), bool)


def test_values_of_another_type_are_not_equal() -> None:
    assert matches(Matcher("equals", (1,)), 1)
    for other in (True, 1.0, "1", None, {}, [[1]]):
        assert not matches(Matcher("equals", (1,)), other)
    assert not matches(Matcher("equals", ()), None)
    assert matches(Matcher("one_of", ("a", "b")), "b")
    assert not matches(Matcher("one_of", ("a", "b")), "A")


def test_a_range_holds_numbers_only() -> None:
    within = Matcher("range", (0, 10))
    for inner in (10, 0, 0.5, -0.0):
        assert matches(within, inner)
    for outside in (11, -1, True, "5", None, float("nan"), float("inf"), [[5]], 10**400, {}):
        assert not matches(within, outside)
    assert not matches(Matcher("range", (0,)), 0)
    assert not matches(Matcher("range", ("a", "z")), 5)
    assert not matches(Matcher("range", (False, True)), 0)
    assert not matches(Matcher("range", (float("nan"), 5)), 1)
    assert matches(Matcher("range", (-(10**400), 10**400)), 10**399)


def test_of_a_list_every_element_is_within_and_there_is_one() -> None:
    hosts = Matcher("domain", ("example.com",))
    assert matches(hosts, ["a@example.com", "b@example.com"])
    assert not matches(hosts, ["a@example.com", "b@evil.net"])
    assert not matches(hosts, [])
    assert not matches(hosts, [["a@example.com"]])
    assert not matches(hosts, ["a@example.com"] * (LIST_MATCHED_MAX + 1))
    assert not matches(hosts, {"a@example.com": 1})


@pytest.mark.parametrize("kind", ["under", "domain", "equals", "one_of", "range"])
def test_a_matcher_without_values_matches_nothing(kind) -> None:
    for value in ("", "/", "https://example.com", 0, None, False):
        assert not matches(Matcher(kind, ()), value)


def test_a_grant_is_known_by_its_content() -> None:
    one, other = Grant(agent="a", verb="act", name="x"), Grant(agent="a", verb="act", name="x", times=3)
    assert grant_id(one) == grant_id(Grant(agent="a", verb="act", name="x")) != grant_id(other)
    found = permits([one, other], {grant_id(other): 5})
    assert [(permit.id, permit.left) for permit in found] == [(grant_id(one), None), (grant_id(other), 0)]
    assert [permit.left for permit in permits([other])] == [3]
