"""Pages give their main text, whatever their shape."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.errors import ErgosError, SourceError
from ergos.drivers.sources.page import parse_page

from .origins import LIMIT, origin

WORDS = "The company said on Wednesday that its revenue rose by 26 percent in the third quarter of the year. " * 4
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>Revenue rises | The Paper</title>
<meta property="og:title" content="Revenue rises"><meta property="og:site_name" content="The Paper">
<meta property="article:published_time" content="2025-03-04T05:06:07Z"></head><body>
<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav><article><h1>Revenue rises</h1><p>{WORDS}</p><p>{WORDS.upper()}</p>
</article><footer>Copyright nobody</footer><script>alert(1)</script></body></html>"""


def test_an_article_gives_text_title_site_and_day() -> None:
    (document,) = parse_page(PAGE, origin("https://www.paper.example/a"), LIMIT).documents
    assert document.title == "Revenue rises"
    assert document.source == "The Paper"
    assert document.published_ns == 1_741_046_400 * 10**9
    assert document.text.upper().count("26 PERCENT") == 8
    assert document.text.startswith("The company")
    assert "alert" not in document.text
    assert "Sport" not in document.text
    assert document.language == "en"


def test_a_date_after_today_is_not_believed() -> None:
    (document,) = parse_page(PAGE.replace("2025-03-04", "2031-03-04"), origin("https://p.example/"), LIMIT).documents
    assert document.published_ns is None


def test_a_page_the_extractor_gives_nothing_for_keeps_its_words() -> None:
    (document,) = parse_page("<html><title>T</title><p>Move along.</p></html>", origin(), LIMIT).documents
    assert (document.title, document.text, document.source) == ("T", "Move along.", "folder")


@pytest.mark.parametrize("tag", ["div", "b", "span", "table", "ul", "font", "blockquote", "x-y"])
def test_a_page_nested_without_end_is_read_without_a_tree(tag: str) -> None:
    reading = parse_page(f"<html><body>{f'<{tag}>' * 100_000}words here", origin(), LIMIT)
    assert reading.documents[0].text == "words here"
    assert "inside one another" in reading.notes[0]


def test_a_crowded_or_endless_page_is_read_without_a_tree() -> None:
    assert "tags" in parse_page("<html>" + "<p>a" * 60_000, origin(), LIMIT).notes[0]
    assert "characters" in parse_page("<html><p>" + "word " * 900_000, origin(), LIMIT).notes[0]


def test_pictures_inside_a_page_do_not_count() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * 5_000_000}">'
    reading = parse_page(PAGE.replace("<article>", f"<article>{picture}"), origin(), LIMIT)
    assert "26 percent" in reading.documents[0].text
    assert reading.notes == ()


@pytest.mark.parametrize(
    "page", ["<html></html>", "<html><script>x</script>", "<!DOCTYPE html>", "<html><body> &nbsp; "]
)
def test_a_page_without_words_is_a_reason(page: str) -> None:
    with pytest.raises(SourceError, match="no text"):
        parse_page(page, origin(), LIMIT)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200) | st.text(alphabet="<>/!=\"' abdivphtml&;-", max_size=300))
def test_any_text_is_a_page_or_a_reason(text: str) -> None:
    try:
        parse_page(f"<html><body>{text}", origin("https://x.example/"), LIMIT)
        parse_page(text, origin(), LIMIT)
    except ErgosError:
        pass
