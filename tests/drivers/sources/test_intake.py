"""A body is read as what it is, not as what it is called."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.errors import ErgosError, SourceError
from ergos.drivers.sources.intake import kind_of, read

from .origins import LIMIT, origin, pdf

RSS = "<rss version='2.0'><channel><title>N</title><item><title>Story</title></item></channel></rss>"


@pytest.mark.parametrize(
    ("text", "name", "media_type", "kind"),
    [
        (RSS, "a.html", "text/html", "feed"),
        ("<?xml version='1.0'?><!-- c -->" + RSS, "a", "text/plain", "feed"),
        ("<!doctype html><p>x", "feed.xml", "application/rss+xml", "page"),
        ("<head><title>Moved</title></head>", "a.rss", "", "page"),
        ("<html xmlns='x'>", "a.xml", "application/xhtml+xml", "page"),
        ("<?xml version='1.0'?><opml/>", "a.opml", "", "xml"),
        ("<svg/>", "a.xml", "", "xml"),
        ('{"version": "https://jsonfeed.org/version/1.1"}', "a", "text/html", "json"),
        ('{"a": 1}', "a.json", "", "json"),
        ("{curly prose", "a.txt", "", "plain"),
        ("# Title", "a.md", "text/plain", "markdown"),
        ("<div>x</div>\n# Title", "README.md", "", "markdown"),
        ("<div>x</div>", "a", "", "page"),
        ("words", "a", "text/html; charset=x", "page"),
        ("words", "a.html", "", "page"),
        ("words", "a.xml", "application/xml", "plain"),
        ("<not markup", "a.txt", "", "plain"),
        ("", "a", "", "plain"),
    ],
)
def test_the_kind_is_what_the_content_is(text: str, name: str, media_type: str, kind: str) -> None:
    assert kind_of(text, origin(f"/folder/{name}", media_type=media_type)) == kind


def test_a_compressed_file_is_read_as_what_it_holds() -> None:
    reading = read(gzip.compress(RSS.encode()), origin("/folder/feed.xml.gz"), LIMIT)
    assert reading.documents[0].title == "Story"


def test_a_pdf_is_one_whatever_it_is_called() -> None:
    for body in (pdf("Words"), b"junk\n" + pdf("Words")):
        assert read(body, origin("/folder/a.txt", media_type="text/plain"), LIMIT).documents[0].text == "Words"


def test_a_page_that_mentions_pdf_is_a_page() -> None:
    assert (
        read(b"<p>begins with %PDF-1.4</p>", origin("/folder/a.html"), LIMIT).documents[0].text
        == "begins with %PDF-1.4"
    )


@pytest.mark.parametrize(
    "body", [b"", b"  \n", b"<?xml version='1.0'?><opml/>", b'{"a": 1}', b"\x89PNG\r\n\x1a\n1234", gzip.compress(b"")]
)
def test_what_cannot_be_read_is_a_reason(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body, origin("/folder/a.json"), LIMIT)


HEADS = [
    b"",
    b"<rss>",
    b"<feed>",
    b"<html>",
    b"{",
    b"%PDF-1.4\n",
    b"\x1f\x8b\x08",
    b"<?xml version='1.0'?>",
    b"---\n",
    b"\xff\xfe",
    b"<!DOCTYPE rss [",
]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(HEADS),
    st.binary(max_size=300) | st.text(max_size=200).map(str.encode),
    st.sampled_from(["a.md", "a.txt", "a.xml", "a.json", "a.html", "a.pdf", "a"]),
    st.sampled_from(["", "text/html", "application/json", "application/rss+xml"]),
    st.sampled_from([None, "utf-8", "gbk", "utf-16", "nonsense"]),
)
def test_any_bytes_under_any_name_are_documents_or_a_reason(
    head: bytes, body: bytes, name: str, media_type: str, charset: str | None
) -> None:
    try:
        reading = read(head + body, origin(f"/folder/{name}", media_type=media_type, charset=charset), LIMIT)
        assert all(document.title for document in reading.documents)
    except ErgosError:
        pass
