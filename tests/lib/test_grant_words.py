"""A grant as it is typed means one thing, and whatever means none is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import UsageError
from ergos.kernel.permission.grants import Matcher
from ergos.lib.grant_words import arguments, matcher


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("bob@x.com", Matcher("equals", ("bob@x.com",))),
        ("5", Matcher("equals", (5,))),
        ('"5"', Matcher("equals", ("5",))),
        ("5.5", Matcher("equals", (5.5,))),
        ("equals:any", Matcher("equals", ("any",))),
        ("any", Matcher("any")),
        ("grounded", Matcher("grounded")),
        ("0..100", Matcher("range", (0, 100))),
        ("-1.5..2", Matcher("range", (-1.5, 2))),
        ("one_of:a,b,3", Matcher("one_of", ("a", "b", 3))),
        ("under:invoices", Matcher("under", ("invoices",))),
        ("domain:example.com", Matcher("domain", ("example.com",))),
        ("https://example.com", Matcher("equals", ("https://example.com",))),
        ("", Matcher("equals", ("",))),
    ],
)
def test_a_matcher_is_read_as_it_is_meant(said: str, meant: Matcher) -> None:
    assert matcher(said) == meant


@pytest.mark.parametrize("words", [["x"], ["=1"], ["a b=1"], ["a=1", "a=2"], ["p=under:"], ["d=domain: "], ["n=5..1"]])
def test_what_means_nothing_is_refused(words: list[str]) -> None:
    with pytest.raises(UsageError):
        arguments(words)


def test_no_words_mean_any_arguments() -> None:
    assert arguments([]) is None
    assert arguments(["to=bob", "amount=0..5"]) == {
        "to": Matcher("equals", ("bob",)),
        "amount": Matcher("range", (0, 5)),
    }


@given(st.text())
def test_every_text_is_a_matcher_or_an_error_of_ours(said: str) -> None:
    try:
        matcher(said)
    except UsageError:
        pass
