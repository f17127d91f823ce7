"""Which parser reads a body: decided by what the bytes are, then by what they were called.

Rules: content is believed before the media type, and that before the file's name, because servers and people
mislabel; HTML served as a feed is a page, a feed served as HTML is a feed.

Must not know: where the bytes came from.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from ergos.base.errors import SourceError
from ergos.drivers.sources.decode import decode
from ergos.drivers.sources.feed import is_web, parse_feed
from ergos.drivers.sources.jsonfeed import parse_json_feed
from ergos.drivers.sources.page import parse_page
from ergos.drivers.sources.pdf import parse_pdf
from ergos.drivers.sources.reading import Limit, Origin, Reading
from ergos.drivers.sources.text import parse_markdown, parse_plain
from ergos.drivers.sources.unpack import unpack_magic
from ergos.drivers.sources.xmltext import root_name, without_declaration

Kind = Literal["feed", "json", "page", "markdown", "plain", "xml"]

PDF_HEAD_BYTES: Final = 1_024  # bytes in which a PDF may begin; its readers accept that much rubbish before it
HEAD_CHARS: Final = 20_000  # characters looked at to tell the kind of a text

_FEED_ROOTS: Final = frozenset(("rss", "rdf", "feed", "channel"))
_PAGE_ROOTS: Final = frozenset(("html", "head", "body", "title", "meta", "link", "script", "style"))
_FRAGMENT_ROOTS: Final = frozenset(
    ("article", "center", "div", "h1", "h2", "h3", "main", "ol", "p", "section", "span", "table", "ul")
)
_MARKDOWN_NAMES: Final = (".md", ".markdown", ".mdown", ".mkd", ".qmd", ".rmd")
_PAGE_NAMES: Final = (".html", ".htm", ".xhtml", ".shtml")


def read(body: bytes, origin: Origin, limit: Limit) -> Reading:
    """The documents of a body.

    Raises: SourceError where it holds nothing that can be read.
    """
    unpacked = unpack_magic(body)
    body = unpacked.body
    if not body.strip():
        raise SourceError("it is empty")
    head = body[:PDF_HEAD_BYTES]
    if head.startswith(b"%PDF-") or (b"%PDF-" in head and not head.lstrip().startswith((b"<", b"#", b"{"))):
        reading = parse_pdf(body, origin, limit)
        return msgspec.structs.replace(reading, notes=unpacked.notes + reading.notes)
    decoded = decode(body, charset=origin.charset)
    reading = _parse(decoded.text, origin, limit)
    return msgspec.structs.replace(reading, notes=unpacked.notes + decoded.notes + reading.notes)


def kind_of(text: str, origin: Origin) -> Kind:
    """What a text is."""
    text = text.lstrip("\ufeff \t\r\n")
    name = _name(origin.url)
    media_type = origin.media_type
    if text.startswith(("{", "[")) and (
        "json" in media_type or name.endswith(".json") or "jsonfeed.org" in text[:4_000]
    ):
        return "json"
    declared_markdown = name.endswith(_MARKDOWN_NAMES) or media_type in ("text/markdown", "text/x-markdown")
    if text.startswith("<"):
        root = root_name(without_declaration(text)[: 10 * HEAD_CHARS])
        if root in _FEED_ROOTS:
            return "feed"
        if root in _PAGE_ROOTS or text[:14].lower().startswith("<!doctype html"):
            return "page"
        if root in _FRAGMENT_ROOTS and not declared_markdown:
            return "page"
        if text.startswith("<?xml"):
            return "xml"
    if declared_markdown:
        return "markdown"
    if name.endswith(_PAGE_NAMES) or "html" in media_type:
        return "page"
    is_xml = media_type.endswith("xml") or name.endswith((".xml", ".rss", ".atom", ".rdf"))
    return "xml" if is_xml and text.startswith("<") else "plain"


def _parse(text: str, origin: Origin, limit: Limit) -> Reading:
    kind = kind_of(text, origin)
    if kind == "feed":
        return parse_feed(text, origin)
    if kind == "json":
        return parse_json_feed(text, origin)
    if kind == "page":
        return parse_page(text, origin, limit)
    if kind == "markdown":
        return parse_markdown(text, origin)
    if kind == "xml":
        raise SourceError(f"this is XML, but neither a feed nor a page (its root is {root_name(text) or 'missing'!r})")
    return parse_plain(text, origin)


def _name(url: str) -> str:
    path = urlsplit(url).path if is_web(url) else url
    return PurePath(path).name.lower().removesuffix(".gz")
