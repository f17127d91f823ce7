"""A grant is only said to be covered where dropping it changes no decision for the worse."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.kernel.labels import Label
from ergos.kernel.permission.coverage import args_cover, covers, matcher_covers, name_covers, never_fits
from ergos.kernel.permission.grants import Grant, Matcher, matches, permits
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.policy import Allowed, Ask, Denied, Proposal, decide

VALUES = ("a@x.org", "/srv", "/srv/a", "https://x.org/p", "https://a.x.org/", "x.org", "a.x.org", "", 1, 5, 2.5, True)
MATCHERS = st.one_of(
    st.builds(Matcher, st.sampled_from(["equals", "one_of"]), st.lists(st.sampled_from(VALUES), max_size=3).map(tuple)),
    st.builds(Matcher, st.just("range"), st.lists(st.sampled_from([0, 1, 2.5, 9, "a"]), max_size=3).map(tuple)),
    st.builds(
        Matcher, st.just("under"), st.lists(st.sampled_from(["/", "/srv", "/srv/a", ".", 3]), max_size=2).map(tuple)
    ),
    st.builds(
        Matcher, st.just("domain"), st.lists(st.sampled_from(["x.org", "a.x.org", ".", 7]), max_size=2).map(tuple)
    ),
    st.builds(Matcher, st.sampled_from(["any", "grounded"])),
)
GRANTS = st.builds(
    Grant,
    agent=st.sampled_from(["a", "b", "*"]),
    verb=st.just("act"),
    name=st.sampled_from(["m.s", "m.*", "m.s.*", "m.s.t"]),
    args=st.none() | st.dictionaries(st.sampled_from(["to", "n"]), MATCHERS),
    ask=st.booleans(),
    expires_ns=st.none() | st.integers(0, 3),
    times=st.none() | st.integers(0, 3),
)
CALLS = st.builds(
    Proposal,
    agent=st.sampled_from(["a", "b"]),
    verb=st.just("act"),
    name=st.sampled_from(["m.s", "m.s.t", "m"]),
    args=st.dictionaries(st.sampled_from(["to", "n", "z"]), st.sampled_from(VALUES)),
    label=st.builds(
        Label, st.sampled_from(["user", "trusted", "untrusted"]), st.sampled_from([None, (), ("a@x.org",)])
    ),
    reach=st.sampled_from(["read", "own", "others", "money", "code"]),
    roles=st.dictionaries(st.sampled_from(["to", "n"]), st.sampled_from(["recipient", "target", "text", "plain"])),
    modelled=st.booleans(),
)
ORDER = {Denied: 0, Ask: 1, Allowed: 2}


@settings(max_examples=600)
@given(GRANTS, GRANTS, CALLS, st.integers(0, 4), st.booleans())
def test_whoever_has_the_covering_grant_needs_the_covered_one_for_nothing(
    outer: Grant, inner: Grant, call: Proposal, now: int, said: bool
) -> None:
    if not covers(outer, inner):
        return
    grounds = Said()
    if said:
        grounds.hear("write to a@x.org about https://x.org/p", "user")
    alone = decide(call, permits([inner]), grounds, now)
    instead = decide(call, permits([outer]), grounds, now)
    assert ORDER[type(instead)] >= ORDER[type(alone)]


@given(GRANTS)
def test_a_grant_covers_itself(grant: Grant) -> None:
    assert covers(grant, grant)


@given(MATCHERS, st.sampled_from(VALUES))
def test_a_matcher_that_never_fits_fits_nothing(matcher: Matcher, value: object) -> None:
    assert not (never_fits(matcher) and matches(matcher, value))


@pytest.mark.parametrize(
    ("outer", "inner", "held"),
    [
        (Matcher("any"), Matcher("grounded"), True),
        (Matcher("any"), Matcher("equals", ("x",)), False),
        (Matcher("one_of", ("x", "y")), Matcher("equals", ("x",)), True),
        (Matcher("equals", ("x",)), Matcher("one_of", ("x", "y")), False),
        (Matcher("equals", (1,)), Matcher("equals", (True,)), False),
        (Matcher("range", (0, 9)), Matcher("range", (1, 5)), True),
        (Matcher("range", (0, 9)), Matcher("equals", (5,)), True),
        (Matcher("range", (0, 9)), Matcher("range", (1, 50)), False),
        (Matcher("under", ("/srv",)), Matcher("under", ("/srv/a",)), True),
        (Matcher("under", ("/srv",)), Matcher("under", ("/srv/../etc",)), False),
        (Matcher("under", ("/srv",)), Matcher("under", ("/srvx",)), False),
        (Matcher("domain", ("x.org",)), Matcher("domain", ("a.x.org",)), True),
        (Matcher("domain", ("x.org",)), Matcher("domain", ("ax.org",)), False),
        (Matcher("domain", ("",)), Matcher("domain", ("x.org",)), False),
        (Matcher("equals", ("x",)), Matcher("equals", ()), True),
    ],
)
def test_one_matcher_holds_another(outer: Matcher, inner: Matcher, held: bool) -> None:
    assert matcher_covers(outer, inner) is held


def test_a_prefix_holds_what_is_below_it() -> None:
    assert name_covers("m.*", "m.s")
    assert name_covers("m.*", "m.s.*")
    assert not name_covers("m.*", "mail.s")
    assert not name_covers("m.s", "m.*")


def test_arguments_that_are_asked_about_do_not_cover_values_that_are_not() -> None:
    assert args_cover(None, {"to": Matcher("any")})
    assert not args_cover(None, {"to": Matcher("equals", ("x",))})
    assert not args_cover({"to": Matcher("any")}, None)
    assert not args_cover(
        {"to": Matcher("equals", ("x",)), "n": Matcher("range", (0, 1))}, {"to": Matcher("equals", ("x",))}
    )
