"""Deny by default, and no trick with a path, a host or a type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.ids import Pid
from ergos.kernel.labels import TRUSTED, UNTRUSTED, USER
from ergos.kernel.policy import (
    WITHOUT_GRANT,
    Allowed,
    Ask,
    Denied,
    Grant,
    Matcher,
    approval_digest,
    decide,
    matches,
    sentence,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["equals", "one_of", "range", "under", "domain", "any"])
MATCHERS = st.builds(
    Matcher, KINDS, st.lists(st.text() | st.integers() | st.floats() | st.booleans(), max_size=3).map(tuple)
)
NAMES = st.sampled_from(["mail.send", "mail.read", "mail.*", "*", ".*", "", "mail", "a"])
GRANTS = st.builds(
    Grant,
    agent=st.sampled_from(["a", "b", "*"]),
    verb=st.sampled_from(["act", "think", "send", "spawn"]),
    name=NAMES,
    args=st.none() | st.dictionaries(st.sampled_from(["to", "path"]), MATCHERS),
    ask=st.booleans(),
    expires_ns=st.none() | st.integers(),
)


@given(
    st.text(max_size=3),
    st.sampled_from(["act", "think", "send", "spawn", "recall", "hire", ""]),
    NAMES,
    st.dictionaries(st.sampled_from(["to", "path", "x"]), PLAIN),
    st.lists(GRANTS, max_size=4).map(tuple),
    st.sampled_from([USER, TRUSTED, UNTRUSTED]),
    st.integers(),
)
def test_the_decision_is_total(agent, verb, name, args, grants, label, now) -> None:
    found = decide(agent, verb, name, args, grants, label, now)
    assert isinstance(found, (Allowed, Ask, Denied))
    if isinstance(found, (Allowed, Ask)) and verb not in WITHOUT_GRANT:
        grant = grants[int(found.grant.rpartition("#")[2])]
        assert grant.verb == verb
        assert grant.agent in (agent, "*")
        assert grant.expires_ns is None or now < grant.expires_ns
        assert grant.ask is isinstance(found, Ask)
        assert grant.args is None or (
            args.keys() <= grant.args.keys() and all(matches(grant.args[k], v) for k, v in args.items())
        )
    for grant in grants:
        assert sentence(grant).endswith(".")


def act(name: str, args: dict, *grants: Grant, now: int = 0):
    return decide("a", "act", name, args, grants, USER, now)


def test_what_no_grant_names_is_denied() -> None:
    assert isinstance(act("x", {}), Denied)
    grant = Grant(agent="a", verb="act", name="x")
    assert isinstance(act("x", {}, grant), Allowed)
    assert isinstance(act("xy", {}, grant), Denied)
    assert isinstance(decide("b", "act", "x", {}, (grant,), USER, 0), Denied)
    assert isinstance(decide("a", "send", "x", {}, (grant,), USER, 0), Denied)
    assert isinstance(act("x", {}, Grant(agent="a", verb="act", name="*")), Denied)


def test_a_prefix_covers_what_is_below_it_only() -> None:
    grant = Grant(agent="a", verb="act", name="mail.*")
    assert isinstance(act("mail.send", {}, grant), Allowed)
    assert isinstance(act("mail", {}, grant), Denied)
    assert isinstance(act("mailbox.send", {}, grant), Denied)


def test_an_expired_grant_is_no_grant() -> None:
    grant = Grant(agent="a", verb="act", name="x", expires_ns=10)
    assert isinstance(act("x", {}, grant, now=9), Allowed)
    denied = act("x", {}, grant, now=10)
    assert isinstance(denied, Denied)
    assert "expired" in denied.why


def test_an_argument_the_grant_does_not_mention_is_denied() -> None:
    grant = Grant(agent="a", verb="act", name="x", args={"n": Matcher("range", (1, 3))})
    assert isinstance(act("x", {"n": 3}, grant), Allowed)
    assert isinstance(act("x", {"n": 4}, grant), Denied)
    assert isinstance(act("x", {"n": 3, "m": 1}, grant), Denied)


def test_a_grant_that_asks_yields_to_one_that_does_not() -> None:
    asks, free = Grant(agent="a", verb="act", name="x", ask=True), Grant(agent="a", verb="act", name="x")
    assert isinstance(act("x", {}, asks), Ask)
    assert act("x", {}, asks, free) == Allowed("a#1")


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/srv/data/x", True),
        ("/srv/data", True),
        ("/srv/data/", True),
        ("/srv/data/a/../b", True),
        ("/srv/data/../secret", False),
        ("/srv/data/../../etc/passwd", False),
        ("/srv/database", False),
        ("/srv/data/x\0/../../etc", False),
        ("srv/data/x", False),
        ("../srv/data/x", False),
        ("//srv/data/x", False),
        ("", False),
        (7, False),
        (["/srv/data/x"], False),
    ],
)
def test_a_path_is_inside_only_where_it_really_is(path: object, inside: bool) -> None:
    assert matches(Matcher("under", ("/srv/data",)), path) is inside


@pytest.mark.parametrize(
    ("path", "inside"), [("a/b", True), ("a/../b", True), ("..", False), ("a/../../b", False), ("/etc", False)]
)
def test_a_relative_folder_is_not_left(path: str, inside: bool) -> None:
    assert matches(Matcher("under", (".",)), path) is inside


@pytest.mark.parametrize(
    ("url", "at"),
    [
        ("https://example.com/x", True),
        ("HTTPS://EXAMPLE.COM.:8443/x", True),
        ("http://news.example.com", True),
        ("https://example.com.evil.net/", False),
        ("https://evilexample.com/", False),
        ("https://example.com@evil.net/", False),
        ("https://evil.net/example.com", False),
        ("https://evil.net#.example.com", False),
        ("https://evil.net\\.example.com/", False),
        ("https://evil.net\\@example.com/", False),
        ("https://evil.net%2f.example.com/", False),
        ("https://evil.net;.example.com/", False),
        ("https://exa\nmple.com/", False),
        ("https://evil.net\t.example.com/", False),
        (" https://example.com/", False),
        ("https://еxample.com/", False),
        ("https://example.com:port/", False),
        ("https://[::1/", False),
        ("ftp://example.com/", False),
        ("//example.com/", False),
        ("javascript:alert('https://example.com')", False),
        ("", False),
        (None, False),
    ],
)
def test_a_url_is_at_a_host_only_where_every_parser_agrees(url: object, at: bool) -> None:
    assert matches(Matcher("domain", ("example.com",)), url) is at


def test_an_empty_host_matches_nothing() -> None:
    assert not matches(Matcher("domain", ("",)), "http:///x")
    assert not matches(Matcher("domain", (".",)), "https://example.com")


def test_values_of_another_type_are_not_equal() -> None:
    assert matches(Matcher("equals", (1,)), 1)
    assert not matches(Matcher("equals", (1,)), True)
    assert not matches(Matcher("equals", (1,)), 1.0)
    assert not matches(Matcher("equals", (1,)), "1")
    assert not matches(Matcher("equals", ()), None)
    assert matches(Matcher("one_of", ("a", "b")), "b")


def test_a_range_holds_numbers_only() -> None:
    within = Matcher("range", (0, 10))
    assert matches(within, 10)
    assert matches(within, 0.5)
    for outside in (11, -1, True, "5", None, float("nan"), float("inf"), [5]):
        assert not matches(within, outside)
    assert not matches(Matcher("range", (0,)), 0)
    assert not matches(Matcher("range", ("a", "z")), 5)


def test_an_approval_is_bound_to_everything_about_the_call() -> None:
    bound = {"tool": None, "content": "c", "grant": "g", "pid": Pid(1), "turn": 1, "key": "k", "label": USER}
    first = approval_digest(**bound)
    assert first == approval_digest(**bound)
    for key, other in [
        ("content", "d"),
        ("grant", "h"),
        ("pid", Pid(2)),
        ("turn", 2),
        ("key", "l"),
        ("label", TRUSTED),
    ]:
        assert approval_digest(**{**bound, key: other}) != first
