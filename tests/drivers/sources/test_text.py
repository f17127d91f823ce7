"""Markdown and plain text become words with a title."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.documents import Document
from ergos.base.errors import ErgosError, SourceError
from ergos.drivers.sources.text import parse_markdown, parse_plain

from .origins import origin


def _markdown(text: str) -> Document:
    return parse_markdown(text, origin("/notes/my-day_one.md")).documents[0]


def _plain(text: str) -> Document:
    return parse_plain(text, origin("/notes/my-day_one.txt")).documents[0]


def test_front_matter_names_title_date_source_and_url() -> None:
    document = _markdown(
        '---\ntitle: "A day"\ndate: 2025-01-01T12:00:00Z\nsource: Diary\nurl: https://d.example/1\n'
        "tags:\n  - x\n# note\n---\n# Heading\n\nWords."
    )
    assert (document.title, document.text) == ("A day", "Heading\n\nWords.")
    assert (document.source, document.url, document.published_ns) == (
        "Diary",
        "https://d.example/1",
        1_735_732_800 * 10**9,
    )


@pytest.mark.parametrize("text", ["---\nA rule above.\n\nWords", "---\ntitle: never closed\nwords"])
def test_a_line_of_dashes_before_prose_is_no_front_matter(text: str) -> None:
    assert "ords" in _markdown(text).text


def test_a_link_in_front_matter_that_no_browser_should_open_is_not_kept() -> None:
    assert _markdown("---\nurl: javascript:alert(1)\n---\nx").url == "/notes/my-day_one.md"


def test_the_first_heading_is_the_title_and_not_repeated() -> None:
    document = _markdown("# *The* day #\n\nIt rained.\n\n## Night\n\nIt stopped.")
    assert (document.title, document.text) == ("The day", "It rained.\n\nNight\n\nIt stopped.")
    assert _markdown("Title\n=====\n\nText").title == "Title"


def test_without_a_heading_the_name_of_the_file_is_the_title() -> None:
    assert _markdown("Just words.").title == "my day one"
    assert _plain("Just words.").title == "my day one"


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("a **bold** and *soft* and _soft_ and ~~gone~~ word", "a bold and soft and soft and gone word"),
        ('see [the page](https://x.example/a_(b) "t") and ![a cat](c.png)', "see the page and a cat"),
        ("[ref][1] and <https://x.example/>\n\n[1]: https://x.example", "ref and https://x.example/"),
        ("snake_case_name and 2*3*4 = 24", "snake_case_name and 2*3*4 = 24"),
        ("use `a*b*c` here", "use a*b*c here"),
        ("```python\nx = *y*\n```", "x = *y*"),
        ("> quoted\n> words", "quoted\nwords"),
        ("- one\n- two\n  more\n1. three", "one\n\ntwo\nmore\n\nthree"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n\n1 | 2"),
        ("a <b>c</b> &amp; d <!-- e\nf --> g", "a c & d g"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("\\*not soft\\*", "*not soft*"),
        ("above\n\n* * *\n\nbelow", "above\n\nbelow"),
        ("a claim[^1]\n", "a claim"),
    ],
)
def test_marks_go_and_words_stay(markdown: str, text: str) -> None:
    assert _markdown(markdown).text == text


def test_a_short_first_line_that_stands_alone_is_the_title() -> None:
    document = _plain("The day\n\nIt rained.\nIt stopped.")
    assert (document.title, document.text) == ("The day", "It rained.\nIt stopped.")
    assert _plain("It rained.\nIt stopped.").text == "It rained.\nIt stopped."


def test_plain_text_keeps_what_looks_like_marks() -> None:
    assert _plain("2 * 3 * 4 <b> # no").text == "2 * 3 * 4 <b> # no"


def test_an_empty_file_is_a_reason() -> None:
    for text in ("", " \n\n", "\u200b"):
        with pytest.raises(SourceError, match="empty"):
            _plain(text)


@given(st.text(alphabet="#*_`[]()!<>-|\\ \n~:=.a1&;\x00", max_size=300))
def test_any_text_is_a_document_or_a_reason(text: str) -> None:
    for parse in (parse_markdown, parse_plain):
        try:
            parse(text, origin())
        except ErgosError:
            pass


@pytest.mark.parametrize(
    "part", ["[", "[a](", "![", "*a", "**a ", "`", "`a", "_a ", "~~a", "> ", "- ", "|", "<!--", "# ", "---\n", "a\n=\n"]
)
def test_a_long_file_of_anything_is_one_pass(part: str) -> None:
    # A quadratic reader would take minutes here, and the time limit of the tests would end it.
    text = "x" + part * (200_000 // len(part))
    try:
        parse_markdown(text + "\n" + part * (15_000 // len(part)), origin())
    except ErgosError:
        pass
