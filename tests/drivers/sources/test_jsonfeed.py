"""JSON feeds are read item by item; what does not fit is left out, not fatal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import ErgosError, SourceError
from ergos.drivers.sources.jsonfeed import parse_json_feed

from .origins import origin

VERSION = "https://jsonfeed.org/version/1.1"


def _feed(*items: object) -> str:
    return json.dumps({"version": VERSION, "title": "Notes", "home_page_url": "https://n.example/", "items": items})


def test_items_are_read_with_links_dates_and_plain_text() -> None:
    text = _feed(
        {"id": "1", "title": "A", "content_html": "<p>One</p><p>two &amp; three</p>", "url": "/a",
         "date_published": "2025-01-01T12:00:00+00:00"},
        {"id": 2, "content_text": "Text <b> stays", "summary": "no"},
    )  # fmt: skip
    first, second = parse_json_feed(text, origin()).documents
    assert (first.title, first.text, first.url) == ("A", "One\n\ntwo & three", "https://n.example/a")
    assert (first.source, first.published_ns) == ("Notes", 1_735_732_800 * 10**9)
    assert (second.title, second.text, second.url) == ("Text <b> stays", "Text <b> stays", "https://n.example/")


def test_items_that_do_not_fit_are_noted_and_the_others_read() -> None:
    reading = parse_json_feed(_feed({"title": ["x"]}, 7, {"id": "e"}, {"title": "Good"}), origin())
    assert [item.title for item in reading.documents] == ["Good"]
    assert reading.notes == ("2 of 4 items do not fit the format", "1 of 4 items have neither title nor text")


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", '{"version": "2.0", "items": []}', '{"items": [{"title": "x"}]}', _feed(), "[" * 100_000, "nul"],
)
def test_what_is_no_json_feed_is_a_reason(text: str) -> None:
    with pytest.raises(SourceError):
        parse_json_feed(text, origin())


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda leaf: (
            st.lists(leaf)
            | st.dictionaries(
                st.sampled_from(["id", "title", "url", "items", "version", "content_html", "date_published"]), leaf
            )
        ),
    )
)
def test_any_json_is_items_or_a_reason(value: object) -> None:
    try:
        parse_json_feed(json.dumps(value), origin())
        parse_json_feed(_feed(value), origin())
    except ErgosError:
        pass
