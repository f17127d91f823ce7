"""Markup of any shape becomes text in one pass."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.drivers.sources.markup import strip


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("a < b and b > c", "a < b and b > c"),
        ("<p>one</p><p>two</p>", "one\n\n\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("x<b>y</b>z", "xyz"),
        ("a<!-- no --> b", "a b"),
        ("<script>if (a < b) { '</p>' }</script>yes", "yes"),
        ("<STYLE>p{}</Style >yes", "yes"),
        ("<a href='x>y' title=\"a > b\">link</a>", "link"),
        ('<a b="unclosed>text', "text"),
        ("&lt;b&gt; &eacute; &#20154; &nbsp;x", "<b> é 人 x"),
        ("<![CDATA[kept <b>]]>", "kept <b>"),
        ("<!DOCTYPE html><?php x ?>ok", "ok"),
        ("a</>b", "ab"),
        ("<pre>one\n  two</pre>", "one\ntwo"),
        ("line\nwrapped", "line wrapped"),
        ("<td>1</td><td>2</td>", "1  2"),
        ("<iframe>no end", "no end"),
        ("<script>no end", ""),
        ("ends with <", "ends with <"),
    ],
)
def test_markup_becomes_its_words(markup: str, text: str) -> None:
    assert strip(markup).text.replace(" ", "") == text.replace(" ", "")


def test_the_title_is_the_title_element_else_the_first_heading() -> None:
    assert strip("<title>A &amp; B</title><h1>C</h1>").title == "A & B"
    assert strip("<h1>C <i>d</i></h1><h1>E</h1>").title == "C d"
    assert strip("<p>none</p>").title == ""


@given(st.text(alphabet="<>/!-?&;=\"' abpscrit[]CDAT\n", max_size=300))
def test_no_markup_breaks_the_reader(markup: str) -> None:
    assert not re.search("<script[^<>]*>", strip(markup).text) or "&lt;" in markup or "CDATA" in markup or "<" in markup


@given(st.text(alphabet=st.characters(exclude_characters="<&\x00"), max_size=200))
def test_text_without_markup_keeps_every_word(text: str) -> None:
    assert strip(text).text.split() == text.split()


@pytest.mark.parametrize(
    "part", ["<", "<!--", "<a ", '<a "', "<a b='", "<script>", "<iframe>", "<![CDATA[", "&#", "<div>", "</"]
)
def test_a_million_characters_of_anything_are_one_pass(part: str) -> None:
    # A quadratic reader would take minutes here, and the time limit of the tests would end it.
    strip(part * (1_000_000 // len(part)))
