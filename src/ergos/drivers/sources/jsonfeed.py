"""JSON Feed 1.0 and 1.1.

Rules: an item that does not fit the format is left out and noted, the others are read; values are taken as the
format declares them, except that numbers stand for ids.

Source: https://www.jsonfeed.org/version/1.1/
"""

from __future__ import annotations

import msgspec

from ergos.base.documents import Document
from ergos.base.errors import SourceError
from ergos.base.limits import FEED_ITEMS_MAX
from ergos.drivers.sources.feed import distinct, resolved
from ergos.drivers.sources.markup import strip
from ergos.drivers.sources.moment import from_text
from ergos.drivers.sources.prose import headline, make_document, paragraphs
from ergos.drivers.sources.reading import Origin, Reading


class _Channel(msgspec.Struct, frozen=True):
    version: str = ""
    title: str | None = None
    home_page_url: str | None = None
    feed_url: str | None = None
    items: list[msgspec.Raw] | None = None


class _Item(msgspec.Struct, frozen=True):
    id: str | int | float | None = None
    url: str | None = None
    external_url: str | None = None
    title: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    summary: str | None = None
    date_published: str | None = None
    date_modified: str | None = None


def parse_json_feed(text: str, origin: Origin) -> Reading:
    """The items of a JSON feed, in its order, at most FEED_ITEMS_MAX.

    Raises: SourceError where it is no JSON, no feed, or holds no readable item.
    """
    try:
        channel = msgspec.json.decode(text.encode("utf-8", "replace"), type=_Channel)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SourceError(f"this is JSON, but not a JSON feed: {error}") from error
    if "jsonfeed.org/version/" not in channel.version or channel.items is None:
        raise SourceError("this is JSON, but not a JSON feed")
    base = resolved(channel.home_page_url or "", channel.feed_url or "", origin.url)
    source = headline(channel.title or "") or origin.source
    documents: list[tuple[Document, str]] = []
    unfit = empty = 0
    for raw in channel.items[:FEED_ITEMS_MAX]:
        try:
            item = msgspec.json.decode(raw, type=_Item)
        except (msgspec.DecodeError, RecursionError):
            unfit += 1
            continue
        document = _document(item, source, base, channel.feed_url or "", origin.url)
        if document is None:
            empty += 1
        else:
            documents.append((document, "" if item.id is None else str(item.id)))
    if not documents:
        raise SourceError(
            "the feed holds no item with a title or a text" if channel.items else "the feed holds no items"
        )
    kept, ids = distinct(documents)
    notes = (
        (len(channel.items) > FEED_ITEMS_MAX, f"more than {FEED_ITEMS_MAX} items; the rest was left out"),
        (unfit > 0, f"{unfit} of {len(channel.items)} items do not fit the format"),
        (empty > 0, f"{empty} of {len(channel.items)} items have neither title nor text"),
        (len(kept) < len(documents), f"{len(documents) - len(kept)} items repeat others"),
    )
    return Reading(documents=kept, notes=tuple(note for holds, note in notes if holds), ids=ids)


def _document(item: _Item, source: str, base: str, feed_url: str, origin_url: str) -> Document | None:
    title = headline(item.title or "")
    texts = (item.content_text or "", strip(item.content_html or "").text, item.summary or "")
    text = next((clean for raw in texts if (clean := paragraphs(raw))), "")
    if not title and not text:
        return None
    identifier = item.id if isinstance(item.id, str) else ""
    links = (item.url or "", item.external_url or "")
    url = next((found for link in links if (found := resolved(link, base, feed_url, origin_url))), "")
    date = item.date_published or item.date_modified or ""
    return make_document(
        url=url or resolved(identifier) or base or origin_url,
        title=title or headline(text.split("\n", 1)[0]),
        text=text,
        source=source,
        published_ns=from_text(date),
    )
