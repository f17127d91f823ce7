"""The main text of an HTML page and what it says about itself, by trafilatura.

Rules: a page too large, too deep or too crowded for a tree, and one that the extractor gives nothing for, is
reduced by `markup` instead, with a note: more words, none lost. Dates after today are not believed.

Must not know: the network, the file system.
"""

from __future__ import annotations

import re
import threading
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ergos.base.clock import DAY
from ergos.base.documents import day_of
from ergos.base.errors import SourceError
from ergos.drivers.sources.feed import is_web
from ergos.drivers.sources.markup import strip
from ergos.drivers.sources.moment import from_text
from ergos.drivers.sources.prose import headline, make_document, paragraphs
from ergos.drivers.sources.reading import Limit, Origin, Reading, parsing
from ergos.drivers.sources.xmltext import without_declaration

PAGE_CHARS_MAX: Final = 4_000_000  # characters given to the extractor; the longest honest article is a tenth of it
PAGE_TAGS_MAX: Final = 40_000  # tags given to the extractor, which walks the tree dozens of times
PAGE_DEPTH_MAX: Final = 150  # open elements; libxml2 drops what is deeper than 256

_ONE_AT_A_TIME: Final = threading.Lock()
"""Several threads in trafilatura and htmldate at once were seen to end in a segmentation fault of lxml."""
_ANY_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,30})")
_DATA_URL: Final = re.compile(r"data:[\w/+.-]{0,60};base64,[A-Za-z0-9+/=]+")
_UNNESTED: Final = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track"),
        *("wbr", "p", "li", "option", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot"),
    )
)


class _Extract(msgspec.Struct, frozen=True, kw_only=True):
    text: str
    title: str = ""
    date: str = ""
    site: str = ""


def parse_page(text: str, origin: Origin, limit: Limit) -> Reading:
    """One document with the page's main text.

    Raises: SourceError where the page holds no text.
    """
    text = _DATA_URL.sub("", without_declaration(text))
    notes: tuple[str, ...] = ()
    extract = None
    obstacle = _obstacle(text)
    if obstacle:
        notes = (f"the page {obstacle}, so its whole text was taken",)
    else:
        try:
            extract = _extract(text, origin, limit)
        except SourceError as fault:
            notes = (f"{fault.what}; its whole text was taken",)
    if extract is None or not extract.text.strip():
        stripped = strip(text)
        title = (extract.title if extract else "") or stripped.title
        extract = msgspec.structs.replace(extract or _Extract(text=""), text=stripped.text, title=title)
    if not paragraphs(extract.text):
        raise SourceError("the page holds no text; perhaps a program in the browser builds it")
    title = headline(extract.title) or headline(extract.text.strip().split("\n", 1)[0])
    first, _, rest = extract.text.lstrip().partition("\n")
    document = make_document(
        url=origin.url,
        title=title,
        # The heading is the title; twice it would be cited twice.
        text=rest if rest.strip() and headline(first) == title else extract.text,
        source=extract.site or _host(origin.url) or origin.source,
        published_ns=_believable(from_text(extract.date), limit.now_ns),
    )
    return Reading(documents=(document,), notes=notes)


def _obstacle(text: str) -> str:
    """Why a tree of this page would cost too much, or ""."""
    if len(text) > PAGE_CHARS_MAX:
        return f"has more than {PAGE_CHARS_MAX} characters"
    depth = tags = 0
    for found in _ANY_TAG.finditer(text):
        tags += 1
        if found[2].lower() in _UNNESTED:
            continue
        depth = max(0, depth - 1) if found[1] else depth + 1
        if depth > PAGE_DEPTH_MAX:
            return f"opens more than {PAGE_DEPTH_MAX} elements inside one another"
        if tags > PAGE_TAGS_MAX:
            return f"has more than {PAGE_TAGS_MAX} tags"
    return f"has more than {PAGE_TAGS_MAX} tags" if tags > PAGE_TAGS_MAX else ""


def _extract(text: str, origin: Origin, limit: Limit) -> _Extract | None:
    # heavy: trafilatura loads lxml and its tables.
    from lxml.etree import LxmlError
    from trafilatura import bare_extraction

    tomorrow = day_of(limit.now_ns + DAY).isoformat()
    with (
        _ONE_AT_A_TIME,
        parsing("trafilatura", "the page", LxmlError),
        parsing("htmldate", "the date of the page", LxmlError),
    ):
        found = bare_extraction(
            text,
            url=origin.url if is_web(origin.url) else None,
            include_comments=False,
            with_metadata=True,
            date_extraction_params={"original_date": True, "extensive_search": False, "max_date": tomorrow},
        )
    if found is None or isinstance(found, dict):
        return None
    return _Extract(
        text=(found.text or "").replace("\n", "\n\n"),
        title=found.title or "",
        date=found.date or "",
        site=found.sitename or "",
    )


def _believable(published_ns: int | None, now_ns: int) -> int | None:
    if published_ns is None or published_ns > now_ns + DAY:
        return None
    return published_ns


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.") if is_web(url) else ""
