"""Feeds of every kind and state are read; attacks on their reader are refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.documents import Document
from ergos.base.errors import ErgosError, SourceError
from ergos.base.limits import FEED_ITEMS_MAX
from ergos.drivers.sources.feed import parse_feed, resolved

from .origins import origin

DAY_NS = 1_735_732_800 * 10**9
"""2025-01-01 12:00 UTC."""


def _items(text: str, url: str = "https://news.example/feed.xml") -> tuple[Document, ...]:
    return parse_feed(text, origin(url)).documents


def _rss(items: str, version: str = "2.0") -> str:
    link = "<link>https://news.example/</link>"
    return f'<?xml version="1.0"?><rss version="{version}"><channel><title>News</title>{link}{items}</channel></rss>'


def test_rss_gives_title_text_link_date_and_source() -> None:
    (item,) = _items(
        _rss(
            "<item><title>Rise &amp; fall</title><link>https://news.example/1</link>"
            "<pubDate>Wed, 01 Jan 2025 12:00:00 GMT</pubDate>"
            "<description>&lt;p&gt;It rose &lt;b&gt;26%&lt;/b&gt;.&lt;/p&gt;&lt;p&gt;It fell.&lt;/p&gt;</description></item>"
        )
    )
    assert (item.title, item.text) == ("Rise & fall", "It rose 26%.\n\nIt fell.")
    assert (item.url, item.source, item.published_ns) == ("https://news.example/1", "News", DAY_NS)
    assert item.language == "en"


def test_atom_gives_the_longer_of_summary_and_content() -> None:
    (item,) = _items(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title><entry><title type="text">x &lt;b&gt; y</title>'
        '<link rel="edit" href="/edit"/><link rel="alternate" href="/post"/><updated>2025-01-01T12:00:00Z</updated>'
        '<summary>Short.</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>A longer text.</p>'
        "<script>alert(1)</script></div></content></entry></feed>"
    )
    assert (item.title, item.text) == ("x <b> y", "A longer text.")
    assert (item.url, item.published_ns) == ("https://news.example/post", DAY_NS)


def test_rss_1_0_is_read() -> None:
    (item,) = _items(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>Old</title></channel>'
        '<item rdf:about="https://a.example/1"><title>One</title><link>https://a.example/1</link>'
        "<dc:date>2025-01-01T12:00:00Z</dc:date></item></rdf:RDF>"
    )
    assert (item.title, item.source, item.published_ns) == ("One", "Old", DAY_NS)


def test_an_rss_0_91_document_type_is_no_attack() -> None:
    doctype = (
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/rss.dtd"'
        ' [ <!ENTITY eacute "&#233;"> ]>'
    )
    text = _rss("<item><title>Caf&eacute;</title></item>", "0.91").replace("<rss", doctype + "<rss")
    assert _items(text)[0].title == "Café"


def test_markup_that_was_escaped_twice_is_still_reduced() -> None:
    description = "&amp;lt;p&amp;gt;One &amp;lt;b&amp;gt;word&amp;lt;/b&amp;gt;&amp;lt;/p&amp;gt;"
    assert _items(_rss(f"<item><title>a</title><description>{description}</description></item>"))[0].text == "One word"


def test_chinese_items_are_chinese() -> None:
    (item,) = _items(_rss("<item><title>人工智能新闻</title><description>公司宣布营业收入增长。</description></item>"))
    assert (item.title, item.text, item.language) == ("人工智能新闻", "公司宣布营业收入增长。", "zh")


def test_missing_titles_links_and_dates_are_tolerated() -> None:
    (item,) = _items(_rss("<item><description>Only words.</description></item>"))
    assert (item.title, item.text, item.url, item.published_ns) == (
        "Only words.",
        "Only words.",
        "https://news.example/",
        None,
    )


def test_relative_links_are_resolved_against_the_feed() -> None:
    items = _items(
        _rss("<item><title>a</title><link>/a?b=1</link></item><item><title>b</title><link>c/d</link></item>")
    )
    assert [item.url for item in items] == ["https://news.example/a?b=1", "https://news.example/c/d"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://[bad"])
def test_a_link_no_browser_should_open_is_not_kept(link: str) -> None:
    (item,) = _items(_rss(f"<item><title>a</title><link>{link}</link></item>"))
    assert item.url == "https://news.example/"


def test_the_same_guid_on_two_stories_keeps_both_and_a_repeated_story_counts_once() -> None:
    one = "<item><title>a</title><guid>7</guid></item>"
    two = "<item><title>b</title><guid>7</guid></item>"
    reading = parse_feed(_rss(one + two + one), origin())
    assert [item.title for item in reading.documents] == ["a", "b"]
    assert "repeat" in reading.notes[0]


def test_every_item_keeps_what_it_is_called_in_its_feed() -> None:
    named = "<item><title>A</title><guid isPermaLink='false'>g-1</guid></item>"
    text = _rss(f"{named}<item><title>B</title></item><item/>{named}")
    reading = parse_feed(text, origin("https://news.example/feed.xml"))
    assert [document.title for document in reading.documents] == ["A", "B"]
    assert reading.ids == ("g-1", "")


def test_a_broken_feed_gives_what_can_be_read_and_a_note() -> None:
    text = _rss(
        "<item><title>One</title></item><item><title>Two & three</title><link>http://x.example/?a=1&b=2</link></item>"
    )
    reading = parse_feed(text, origin())
    assert [item.title for item in reading.documents] == ["One", "Two & three"]
    assert "not well-formed" in reading.notes[0]


def test_a_feed_that_breaks_off_keeps_its_whole_items() -> None:
    text = _rss("".join(f"<item><title>Story {n}</title></item>" for n in range(5)))
    reading = parse_feed(text[: text.index("Story 3") + 4], origin())
    assert [item.title for item in reading.documents][:3] == ["Story 0", "Story 1", "Story 2"]


def test_forbidden_characters_cost_no_item() -> None:
    reading = parse_feed(_rss("<item><title>a\x0bb\x01c&#3;d</title></item>"), origin())
    assert reading.documents[0].title == "abcd"
    assert any("forbids" in note for note in reading.notes)


def test_more_items_than_the_bound_are_left_out_with_a_note() -> None:
    text = _rss("".join(f"<item><title>Story {n}</title></item>" for n in range(FEED_ITEMS_MAX + 50)))
    reading = parse_feed(text, origin())
    assert len(reading.documents) == FEED_ITEMS_MAX
    assert reading.notes == (f"more than {FEED_ITEMS_MAX} items; the rest was left out",)


LAUGHS = "".join(f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "ha"}{"&l0;" * 9}">' for n in range(10))
ATTACKS = [
    f"<!DOCTYPE rss [{LAUGHS}]>",
    '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE rss [<!ENTITY x PUBLIC "a" "http://127.0.0.1/">]>',
    '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd"> %p;]>',
    f'<!DOCTYPE rss [<!ENTITY x "{"a" * 10_000}">]>',
    "<!DOCTYPE rss [" + "".join(f'<!ENTITY e{n} "x">' for n in range(200)) + "]>",
    '<!-- > --><!DOCTYPE rss [<!ENTITY a "]>"><!ENTITY x SYSTEM "file:///etc/passwd">]>',
]


@pytest.mark.parametrize("doctype", ATTACKS)
def test_an_entity_bomb_or_a_pointer_outside_is_refused(doctype: str) -> None:
    text = _rss("<item><title>&x;&l9;</title></item>").replace("<rss", doctype + "<rss")
    with pytest.raises(SourceError, match="entit"):
        parse_feed(text, origin())


def test_a_short_entity_used_without_end_is_refused() -> None:
    text = _rss(f"<item><title>{'&x;' * 150_000}</title></item>").replace(
        "<rss", f'<!DOCTYPE rss [<!ENTITY x "{"a" * 190}">]><rss'
    )
    with pytest.raises(SourceError, match="entit"):
        parse_feed(text, origin())


def test_a_feed_nested_without_end_is_refused() -> None:
    with pytest.raises(SourceError, match="nested"):
        parse_feed(_rss("<a>" * 100_000), origin())


def test_a_feed_without_readable_items_is_a_reason() -> None:
    for items in ("", "<item/>", "<item><guid>1</guid></item>"):
        with pytest.raises(SourceError, match="no item"):
            parse_feed(_rss(items), origin())


@settings(max_examples=60)
@given(st.text(max_size=150), st.sampled_from(["<item>{}</item>", "<item><title>{}</title></item>", "{}", "<item {}>"]))
def test_any_text_inside_a_feed_is_items_or_a_reason(text: str, frame: str) -> None:
    try:
        parse_feed(_rss(frame.format(text)), origin())
    except ErgosError:
        pass


def test_links_resolve_against_the_first_base_that_helps() -> None:
    assert resolved("/a", "", "/local/file", "https://x.example/b/") == "https://x.example/a"
    assert resolved("", "https://x.example/") == ""
    assert resolved("mailto:a@b.example", "https://x.example/") == ""
