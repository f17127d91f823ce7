"""RSS 0.9x, 1.0, 2.0 and Atom, by feedparser.

Rules: a broken feed gives what can be read and a note; an item without text and title is left out and noted; two
items that are alike count once. Markup inside items is reduced to text here, links are resolved against the feed.
feedparser is handed UTF-8 bytes of checked, bounded XML, never a URL or a path: it would open them.

Must not know: the network, the file system.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable, Mapping
from typing import Final, cast
from urllib.parse import urljoin, urlsplit
from xml.parsers import expat

import msgspec

from ergos.base.documents import Document
from ergos.base.errors import SourceError
from ergos.base.limits import FEED_ITEMS_MAX
from ergos.drivers.sources import xmltext
from ergos.drivers.sources.markup import strip
from ergos.drivers.sources.moment import from_struct, from_text
from ergos.drivers.sources.prose import headline, make_document, paragraphs
from ergos.drivers.sources.reading import Origin, Reading, parsing

FEED_TAGS_MAX: Final = 400_000  # elements of one feed; a podcast of ten years has 20,000
FEED_DEPTH_MAX: Final = 200  # levels of elements; feeds have about ten
BROKEN_CHARS_MAX: Final = 2_000_000  # characters of a malformed feed; the lenient parser is slow on hostile ones
ITEM_CHARS_MAX: Final = 1_000_000  # characters of one item's markup
LINKS_MAX: Final = 20  # links of one item looked at
ID_CHARS_MAX: Final = 2_000  # characters kept of what an item is called; most are addresses

_ITEM: Final = re.compile(r"<(?:\w{1,20}:)?(?:item|entry)[\s>/]")
_NAMESPACE_CLOSERS: Final = {"feed": "</feed>", "rss": "</channel></rss>", "rdf": "</rdf:RDF>"}
_HTML_MARK: Final = re.compile(r"</?[a-zA-Z][^<>]*>|&#?\w{1,31};")
_CLOSING: Final = re.compile(r"</[a-zA-Z][a-zA-Z0-9]*>")
_Entry = Mapping[str, object]


class _Prepared(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    notes: tuple[str, ...]


def parse_feed(text: str, origin: Origin) -> Reading:
    """The items of a feed, in its order, at most FEED_ITEMS_MAX.

    Raises: SourceError where it holds no readable item, or attacks its reader.
    """
    prepared = _prepare(text)
    # heavy: feedparser builds its tables of formats.
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8"}
    if is_web(origin.url):
        headers["content-location"] = origin.url
    with parsing("feedparser", "the feed", expat.ExpatError):
        parsed = cast(
            "_Entry",
            feedparser.parse(
                io.BytesIO(prepared.text.encode("utf-8", "replace")),
                response_headers=headers,
                sanitize_html=False,
                resolve_relative_uris=False,
            ),
        )
        channel = _mapping(parsed.get("feed"))
        entries = [_mapping(entry) for entry in cast("Iterable[object]", parsed.get("entries") or ())]
        # Only Atom distinguishes: there, type="text" means that "<b>" is four characters the author wrote.
        literal = _string(parsed.get("version")).startswith("atom")
        return _reading(channel, entries, origin, prepared.notes, literal=literal)


def is_web(url: str) -> bool:
    """Whether `url` is one a reader can open in a browser."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def resolved(link: str, *bases: str) -> str:
    """`link` as an http(s) URL, resolved against the first base that makes it one; "" if none does."""
    link = "".join(link.split())
    for base in ("", *bases):
        try:
            candidate = urljoin(base, link)
        except ValueError:
            continue
        if link and is_web(candidate):
            return candidate
    return ""


def distinct(documents: Iterable[tuple[Document, str]]) -> tuple[tuple[Document, ...], tuple[str, ...]]:
    """Each document once, the first of those with one id; and what each is called in its feed."""
    kept: dict[str, tuple[Document, str]] = {}
    for document, called in documents:
        _ = kept.setdefault(document.id, (document, called[:ID_CHARS_MAX]))
    return tuple(document for document, _ in kept.values()), tuple(called for _, called in kept.values())


def _prepare(text: str) -> _Prepared:
    """Bounded XML that is safe to expand, and what was cut."""
    notes: list[str] = []
    bare = xmltext.without_declaration(text)
    legal = xmltext.legal(bare)
    removed = len(legal) < len(bare)
    xmltext.check_entities(legal)
    starts = [found.start() for _, found in zip(range(FEED_ITEMS_MAX + 1), _ITEM.finditer(legal), strict=False)]
    if len(starts) > FEED_ITEMS_MAX:
        legal = legal[: starts[-1]] + _NAMESPACE_CLOSERS.get(xmltext.root_name(legal), "")
        notes.append(f"more than {FEED_ITEMS_MAX} items; the rest was left out")
    if legal.count("<") > FEED_TAGS_MAX:
        raise SourceError(f"a feed of more than {FEED_TAGS_MAX} elements")
    if removed:
        notes.append("characters that XML forbids were removed")
    flaw = _flaw(legal)
    if flaw:
        notes.append(f"not well-formed XML ({flaw}); what could be read was read")
        if len(legal) > BROKEN_CHARS_MAX:
            legal = legal[:BROKEN_CHARS_MAX]
            notes.append(f"only its first {BROKEN_CHARS_MAX} characters were read")
    return _Prepared(text=legal, notes=tuple(notes))


def _flaw(text: str) -> str:
    """Why `text` is not well-formed, or "".

    Raises: SourceError for elements nested deeper than FEED_DEPTH_MAX.
    """
    depth = 0

    def opened(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > FEED_DEPTH_MAX:
            raise SourceError(f"a feed nested deeper than {FEED_DEPTH_MAX} elements")

    def closed(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.UseForeignDTD(True)
    try:
        _ = parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return str(error)
    return ""


def _reading(
    channel: _Entry, entries: list[_Entry], origin: Origin, notes: tuple[str, ...], *, literal: bool
) -> Reading:
    source = headline(_plain(channel, "title", literal=False)) or origin.source
    own = [_string(_mapping(link).get("href")) for link in _list(channel.get("links"))[:LINKS_MAX]]
    base = next((url for link in (_string(channel.get("link")), *own) if (url := resolved(link, origin.url))), "")
    documents: list[tuple[Document, str]] = []
    empty = 0
    for entry in entries[:FEED_ITEMS_MAX]:
        document = _document(entry, source, (base, origin.url), literal=literal)
        if document is None:
            empty += 1
        else:
            documents.append((document, _string(entry.get("id")).strip()))
    if not documents:
        raise SourceError("the feed holds no item with a title or a text" if entries else "the feed holds no items")
    kept, ids = distinct(documents)
    if empty:
        notes += (f"{empty} of {len(entries)} items have neither title nor text",)
    if len(kept) < len(documents):
        notes += (f"{len(documents) - len(kept)} items repeat others",)
    return Reading(documents=kept, notes=notes, ids=ids)


def _document(entry: _Entry, source: str, bases: tuple[str, str], *, literal: bool) -> Document | None:
    """One item; `bases` are site and feed: links are resolved against them, or are them where missing."""
    title, text = headline(_plain(entry, "title", literal=literal)), _body(entry, literal=literal)
    if not title and not text:
        return None
    if not title:
        title = headline(text.split("\n", 1)[0])
    url = _link(entry, *bases) or bases[0] or bases[1]
    return make_document(url=url, title=title, text=text, source=source, published_ns=_published(entry))


def _body(entry: _Entry, *, literal: bool) -> str:
    """The longest text of an item: its content, or its summary where a feed gives no content."""
    details = [_mapping(part) for part in _list(entry.get("content"))]
    details.append(_mapping(entry.get("summary_detail")))
    best = ""
    for detail in details:
        text = paragraphs(_reduced(_string(detail.get("value")), detail, literal=literal))
        if len(text) > len(best):
            best = text
    return best


def _plain(holder: _Entry, name: str, *, literal: bool) -> str:
    return _reduced(_string(holder.get(name)), _mapping(holder.get(f"{name}_detail")), literal=literal)


def _reduced(value: str, detail: _Entry, *, literal: bool) -> str:
    """`value` without markup; `literal`: what is declared plain text is taken at its word."""
    value = value[:ITEM_CHARS_MAX]
    declared = _string(detail.get("type"))
    if "html" in declared or (_HTML_MARK.search(value) and not (literal and declared == "text/plain")):
        text = strip(value).text
        # Some feeds escape their markup twice; text that opens with a tag and closes one is still markup.
        return strip(text).text if text.startswith("<") and _CLOSING.search(text) else text
    return value


def _link(entry: _Entry, base: str, feed_url: str) -> str:
    links = [_mapping(link) for link in _list(entry.get("links"))[:LINKS_MAX]]
    candidates = [_string(entry.get("link"))]
    candidates += [_string(link.get("href")) for link in links if link.get("rel") in (None, "alternate")]
    if not any(candidates):
        candidates.append(_string(entry.get("id")))
    return next((url for link in candidates if (url := resolved(link, base, feed_url))), "")


def _published(entry: _Entry) -> int | None:
    for name in ("published", "updated", "created"):
        parsed = _own(entry, f"{name}_parsed")
        if isinstance(parsed, time.struct_time):
            return from_struct(parsed)
        written = _own(entry, name)
        if isinstance(written, str) and (moment := from_text(written)) is not None:
            return moment
    return None


def _own(entry: _Entry, name: str) -> object:
    # feedparser's own `get` answers a missing date with another one and a warning.
    return cast("object", dict.get(cast("dict[str, object]", entry), name))


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> _Entry:
    return cast("_Entry", value) if isinstance(value, Mapping) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
