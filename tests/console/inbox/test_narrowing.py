"""Every choice that is offered allows the call that was asked about; the first is the narrowest."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.base.errors import UsageError
from ergos.console.inbox.narrowing import TIMES_MAX, Offered, narrowed, offered
from ergos.kernel.permission.grants import Grant, Matcher, matches

SCALARS = st.none() | st.booleans() | st.integers(-1_000, 1_000) | st.text(max_size=12)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)


def made(
    arguments: tuple[Offered, ...], chosen: dict[str, str] | None = None, verb: str = "act", **more: object
) -> Grant:
    fixed = {"ask": False, "times": None, "expires_ns": None, **more}
    return narrowed("shop", verb, "mail.send", arguments, chosen or {}, **fixed)  # type: ignore[arg-type]


@given(st.dictionaries(st.sampled_from(["to", "amount", "path", "body"]), VALUES, max_size=4))
def test_every_choice_allows_the_call_itself(arguments: dict[str, Plain]) -> None:
    for one in offered(cast("Plain", arguments)):
        assert one.choices
        assert all(matches(matcher, one.value) for _, matcher in one.choices)


@pytest.mark.parametrize(
    ("value", "first", "also"),
    [
        (480, Matcher("equals", (480,)), ("range", Matcher("range", (0, 480)))),
        (-5, Matcher("equals", (-5,)), ("range", Matcher("range", (-5, 0)))),
        ("notes/a.md", Matcher("equals", ("notes/a.md",)), ("under", Matcher("under", ("notes",)))),
        (
            "https://a.example/x",
            Matcher("equals", ("https://a.example/x",)),
            ("domain", Matcher("domain", ("a.example",))),
        ),
        (["a@x.org", "b@x.org"], Matcher("one_of", ("a@x.org", "b@x.org")), ("any", Matcher("any"))),
        ({"a": 1}, Matcher("grounded"), ("any", Matcher("any"))),
        (True, Matcher("equals", (True,)), ("any", Matcher("any"))),
        ("../etc/passwd", Matcher("equals", ("../etc/passwd",)), ("any", Matcher("any"))),
    ],
)
def test_the_narrowest_comes_first(value: Plain, first: Matcher, also: tuple[str, Matcher]) -> None:
    (one,) = offered({"x": value})
    assert one.choices[0][1] == first
    assert also in one.choices


def test_without_a_choice_the_grant_is_for_this_call_alone() -> None:
    grant = made(offered({"to": "bob", "amount": 5}))
    assert grant.args == {"to": Matcher("equals", ("bob",)), "amount": Matcher("equals", (5,))}
    assert grant.words


def test_what_is_not_offered_is_refused() -> None:
    arguments = offered({"to": "bob"})
    for wrong in ("range", "under", "nonsense"):
        with pytest.raises(UsageError):
            made(arguments, {"to": wrong})
    for times in (0, -1, TIMES_MAX + 1):
        with pytest.raises(UsageError):
            made(arguments, times=times)
    with pytest.raises(UsageError):
        made(arguments, verb="ask")


def test_a_call_without_arguments_gives_a_grant_for_any() -> None:
    assert made(offered({})).args is None
