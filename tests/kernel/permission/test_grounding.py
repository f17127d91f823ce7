"""What was said grounds; what was not does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.permission.grounding import ARGUMENT_LEAVES_MAX, Said
from tests.kernel.plain import PLAIN, nested

RANK = {"user": 0, "trusted": 1, "untrusted": 2}


def of(value: object, *heard: tuple[object, str]) -> str:
    said = Said()
    for what, integrity in heard:
        said.hear(what, integrity)
    return said.integrity(value)


def test_the_best_source_counts() -> None:
    heard = (("mail eve@x.com", "untrusted"), ("bob@x.com", "trusted"), ("write to bob@x.com or ann@x.com", "user"))
    assert of("eve@x.com", *heard) == "untrusted"
    assert of("bob@x.com", *heard) == "user"
    assert of("bob@x.com", *heard[:2]) == "trusted"
    assert of(["bob@x.com", "ann@x.com"], *heard) == "user"
    assert of(["bob@x.com", "eve@x.com"], *heard) == "untrusted"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "user"),
        ([], "user"),
        ({}, "user"),
        ([None], "user"),
        ("", "untrusted"),
        (True, "untrusted"),
        (float("nan"), "untrusted"),
        ({"to": "bob@x.com", "n": 3}, "user"),
        ({"to": "bob@x.com", "n": 4}, "untrusted"),
        ({"send to mallory": "bob@x.com"}, "untrusted"),
        ({"bob@x.com": 3}, "user"),
        ([["bob@x.com"], {"a": [3, "3"]}], "user"),
        (["bob@x.com"] * (ARGUMENT_LEAVES_MAX + 1), "untrusted"),
        (nested(50_000, "bob@x.com"), "user"),
        (nested(50_000, "eve@x.com"), "untrusted"),
        ("bob@x.com " * 50_000, "untrusted"),
    ],
)
def test_every_leaf_of_a_value_must_have_been_said(value: object, found: str) -> None:
    assert of(value, ("mail bob@x.com 3 times", "user")) == found


def test_a_long_text_is_grounded_as_one_run() -> None:
    text = "Dear Bob, the meeting is at noon. We will talk about the plan, the budget and the rest. " * 30
    assert of(text, (f"Write this: {text} and sign it", "user")) == "user"
    assert of(text.replace("noon", "nine"), (f"Write this: {text}", "user")) == "untrusted"


def test_a_switch_is_grounded_by_the_words_of_its_name() -> None:
    said = Said()
    said.hear("set up a recurring payment", "user")
    assert said.integrity(True, "recurring") == "user"
    assert said.integrity(True, "is_public") == "untrusted"
    assert said.integrity(False, "recurring") == "untrusted"
    assert said.integrity(True) == "untrusted"


def test_what_a_trusted_source_gives_as_a_value_is_that_value() -> None:
    heard = ({"id": 7, "on": False, "name": "Bob Lee", "when": "2024-05-15T10:00:00"}, "trusted")
    for value in (7, "7", False, "bob lee", "2024-05-15 10:00"):
        assert of(value, heard) == "trusted"
    for value in (True, 70, "lee bob", "2024-05-15 11:00"):
        assert of(value, heard) == "untrusted"


@given(st.lists(st.tuples(PLAIN, st.sampled_from(list(RANK))), max_size=4), PLAIN, PLAIN, st.sampled_from(list(RANK)))
def test_hearing_more_makes_nothing_worse_and_the_untrusted_makes_no_difference(heard, value, more, integrity) -> None:
    said = Said()
    for what, source in heard:
        said.hear(what, source)
    before = said.integrity(value, "to")
    said.hear(more, integrity)
    after = said.integrity(value, "to")
    assert RANK[after] <= RANK[before]
    if integrity == "untrusted":
        assert after == before


@given(PLAIN)
def test_what_was_said_is_grounded_where_it_says_something_at_all(value: object) -> None:
    assert of(value, (value, "untrusted")) == of(value)
    if isinstance(value, (int, float)) and 1e-30 < abs(value) < 1e30:
        assert of(value, (value, "user")) == "user"


def test_what_an_owner_said_at_the_start_is_asked_for_when_a_value_is_first_looked_up() -> None:
    asked: list[str] = []

    def words() -> list[str]:
        asked.append("once")
        return ["write to bob@x.com"]

    said = Said()
    said.hear_owner(words)
    said.hear("call 555-0100", "trusted")
    assert asked == []
    assert said.integrity("bob@x.com") == "user"
    assert said.integrity("555-0100") == "trusted"
    assert asked == ["once"]


def test_a_long_text_is_grounded_word_for_word_alone() -> None:
    said = Said()
    text = "the report of the meeting " + " ".join(f"word{n} stands here" for n in range(200))
    said.hear(f"before all of it: {text} and behind", "trusted")
    assert said.integrity(text) == "trusted"
    assert said.integrity(text.upper().lower()) == "trusted"
    assert said.integrity(text + " or so") == "untrusted"
    assert said.integrity("one " + text) == "untrusted"
    assert said.integrity(text.replace("word7 stands", "word7 sits")) == "untrusted"
    assert said.integrity(text.replace("the report", "the  report")) == "trusted"
