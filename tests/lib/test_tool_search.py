"""Tools are found by what is wanted, in two languages; the ranking is deterministic and cannot be bought with words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.models import ToolDefinition
from ergos.lib.tool_search import HITS_MAX, ToolIndex, terms
from tests.lib.tool_catalogue import catalogue
from tests.lib.tool_queries import CHINESE, ENGLISH, HELD_OUT_CHINESE, HELD_OUT_ENGLISH, queries

INDEX = ToolIndex(catalogue())


def named(name: str, summary: str = "", **parameters: object) -> ToolDefinition:
    return ToolDefinition(name, summary, {"type": "object", "properties": parameters})


def recall(text: str) -> float:
    asked = queries(text)
    found = [bool(set(wanted) & {hit.name for hit in INDEX.search(query, 5)}) for query, wanted in asked]
    return sum(found) / len(found)


def test_the_benchmark_is_large_enough_and_names_tools_that_exist() -> None:
    names = {tool.name for tool in catalogue()}
    asked = [one for text in (ENGLISH, CHINESE, HELD_OUT_ENGLISH, HELD_OUT_CHINESE) for one in queries(text)]
    assert len(names) >= 500
    assert len(asked) >= 240
    assert not [wanted for _, tools in asked for wanted in tools if wanted not in names]


@pytest.mark.parametrize(
    ("text", "least"),
    [(ENGLISH, 0.95), (CHINESE, 0.98), (HELD_OUT_ENGLISH, 0.97), (HELD_OUT_CHINESE, 0.86)],
    ids=["english", "chinese", "held out english", "held out chinese"],
)
def test_nearly_every_wanted_tool_is_among_the_first_five(text: str, least: float) -> None:
    assert recall(text) >= least


def test_identifiers_are_cut_into_words() -> None:
    assert terms("createIssueComment") == terms("create_issue_comment") == terms("create issue comment")
    assert terms("HTTPServerPort")[:1] == ["http"]


def test_endings_do_not_matter() -> None:
    index = ToolIndex([named("pages.list", "Lists the pages."), named("x.y", "Something else.")])
    for query in ("list page", "listing pages", "listed page"):
        assert index.search(query)[0].name == "pages.list"


def test_what_nobody_said_finds_nothing() -> None:
    assert INDEX.search("") == ()
    assert INDEX.search("the of and !!! ???") == ()
    assert INDEX.search("zxqwv") == ()
    assert ToolIndex([]).search("mail") == ()


def test_ties_are_broken_by_name() -> None:
    index = ToolIndex([named("b.same"), named("a.same"), named("c.same")])
    assert [hit.name for hit in index.search("same")] == ["a.same", "b.same", "c.same"]


def test_the_order_in_which_tools_are_given_does_not_matter() -> None:
    backwards = ToolIndex(reversed(catalogue()))
    for query, _ in queries(ENGLISH)[:20]:
        assert backwards.search(query) == INDEX.search(query)


def test_a_tool_that_says_a_word_a_thousand_times_does_not_displace_the_one_that_means_it() -> None:
    stuffed = named("evil.helper", "send email mail message " * 1_000)
    index = ToolIndex([*catalogue(), stuffed])
    assert {hit.name for hit in index.search("send an email", 2)} <= {"gmail.send_email", "outlook.send_email"}


def test_what_stands_far_down_in_a_summary_is_not_searched() -> None:
    index = ToolIndex([named("x.y", "padding " * 200 + "telescope")])
    assert index.search("telescope") == ()


@pytest.mark.parametrize(
    "parameters", [{}, {"properties": None}, {"properties": []}, {"properties": {"a": True}}, {"type": ["object"]}]
)
def test_a_schema_of_any_shape_can_be_searched(parameters: dict[str, object]) -> None:
    index = ToolIndex([ToolDefinition("odd.tool", "odd", parameters)])
    assert index.search("odd")[0].name == "odd.tool"


@given(st.text(max_size=300), st.integers(0, 100))
def test_no_query_breaks_it_and_no_answer_is_unbounded(query: str, limit: int) -> None:
    hits = INDEX.search(query, limit)
    assert len(hits) <= min(limit, HITS_MAX)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.score > 0 for hit in hits)
