"""Feed triggers: entries that were not in the feed before.

Rules: an entry is known by what its feed calls it (guid, atom:id, id), else by its address, else by its words; so order
and rewritten dates or texts mean nothing. An entry that only its name tells from one that is known is none, because
some feeds name everything anew. At the first look all there is counts as seen. Older entries come first.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.documents import Document
from ergos.base.errors import SourceError, ValueShapeError
from ergos.base.limits import FEED_ITEMS_MAX
from ergos.drivers.sources.decode import decode
from ergos.drivers.sources.intake import kind_of
from ergos.drivers.sources.reading import Reading
from ergos.drivers.sources.unpack import unpack_magic
from ergos.drivers.tools.web import Reply
from ergos.drivers.watchers.visits import Failed, Same, Validators, Visits, origin_of, unreadable
from ergos.kernel.triggers import Feed, Happening, Looked, Watching

HAPPENINGS_MAX: Final = 200  # entries told by one look; the others are told by the next
KEPT_MAX: Final = FEED_ITEMS_MAX + 1_000  # marks kept: all a feed can hold, and what left it lately
TEXT_CHARS_MAX: Final = 2_000  # characters told of an entry's text; the rest is at its address
ID_CHARS_SHOWN: Final = 300
MORE_S: Final = 60  # seconds until what one look had no room for is looked at

_MARK: Final = 8  # bytes
_ENTRY: Final = re.compile(r"<(?:\w{1,20}:)?(?:item|entry)[\s>/]")
_ITEMS: Final = re.compile(r'"items"\s*:\s*\[\s*\]')


class Cursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen of a feed."""

    etag: str = ""
    modified: str = ""
    names: str = ""
    """Marks of what entries are called."""
    contents: str = ""
    """Marks of what they say."""


class FeedWatcher:
    """Looks at feeds."""

    def __init__(self, visits: Visits) -> None:
        self._visits: Final = visits

    async def look(self, trigger: Feed, cursor: Plain, watching: Watching) -> Looked:
        """What is new. Raises: ErgosErrors for an address that can never be asked, or a cursor that is none."""
        key, now_ns = (watching.pid, trigger.name), watching.now_ns
        seen = None if cursor is None else _read(cursor)
        known = Validators() if seen is None else Validators(etag=seen.etag, modified=seen.modified)
        came = await self._visits.visit(trigger.url, known, key, now_ns)
        if isinstance(came, Failed):
            return Looked(cursor=cursor, fault=came.why, again_ns=came.again_ns)
        if isinstance(came, Same):
            return Looked(cursor=cursor, again_ns=self._visits.again_ns(trigger.every_s, key, now_ns))
        try:
            reading = await self._reading(came.reply, now_ns)
        except SourceError as error:
            failed = self._visits.failed(unreadable(error, trigger.url), key, now_ns)
            return Looked(cursor=cursor, fault=failed.why, again_ns=failed.again_ns)
        again_ns = self._visits.again_ns(trigger.every_s, key, now_ns)
        return _compared(reading, seen, came.validators, again_ns, now_ns)

    async def _reading(self, reply: Reply, now_ns: int) -> Reading:
        """The entries. Raises: SourceError where this is no feed."""
        try:
            reading = await self._visits.read(reply, now_ns)
        except SourceError:
            if await self._visits.apart(lambda: _is_empty(reply)):
                return Reading(documents=())
            raise
        if not reading.ids:
            raise SourceError("it is a page, not a feed", remedy="watch it as a page, or name its feed")
        return reading


def _compared(reading: Reading, seen: Cursor | None, validators: Validators, again_ns: int, now_ns: int) -> Looked:
    pairs = list(zip(reading.documents, reading.ids, strict=True))
    entries = [(document, *_marks(document, called)) for document, called in pairs]
    names = {} if seen is None else _unpack(seen.names)
    contents = {} if seen is None else _unpack(seen.contents)
    fresh = [] if seen is None else [one for one in entries if one[1] not in names and one[2] not in contents]
    fresh = list({name: (document, name, content) for document, name, content in reversed(fresh)}.values())
    told, left = fresh[:HAPPENINGS_MAX], frozenset(name for _, name, _ in fresh[HAPPENINGS_MAX:])
    for _, name, content in entries:
        if name not in left:
            names.pop(name, None)
            names[name] = None
            contents.pop(content, None)
            contents[content] = None
    kept = Cursor(
        # Without its validators the next look gets the whole feed once more.
        etag="" if left else validators.etag,
        modified="" if left else validators.modified,
        names=_pack(names),
        contents=_pack(contents),
    )
    called = {name: raw for (_, name, _), raw in zip(entries, reading.ids, strict=True)}
    return Looked(
        happenings=tuple(_happening(document, called[name], name) for document, name, _ in told),
        cursor=msgspec.to_builtins(kept),
        again_ns=now_ns + MORE_S * SECOND if left else again_ns,
    )


def _marks(document: Document, called: str) -> tuple[bytes, bytes]:
    """Of what an entry is called, and of what it says."""
    content = f"{document.url}\0{document.title}\0{document.text}\0{document.published_ns}"
    return _mark(f"id {called}" if called else f"url {document.url} {document.title}"), _mark(content)


def _happening(document: Document, called: str, name: bytes) -> Happening:
    value: dict[str, Plain] = {
        "title": document.title,
        "url": document.url,
        "id": called[:ID_CHARS_SHOWN],
        "source": document.source,
        "published_s": None if document.published_ns is None else document.published_ns // SECOND,
        "text": document.text[:TEXT_CHARS_MAX],
        "cut": len(document.text) > TEXT_CHARS_MAX,
    }
    return Happening(key=name.hex(), value=value)


def _is_empty(reply: Reply) -> bool:
    """Whether this is a feed in which nothing stands yet."""
    try:
        text = decode(unpack_magic(reply.body).body, charset=origin_of(reply).charset).text
    except SourceError:
        return False
    match kind_of(text, origin_of(reply)):
        case "feed":
            return _ENTRY.search(text) is None
        case "json":
            return "jsonfeed.org/version/" in text and _ITEMS.search(text) is not None
        case _:
            return False


def _mark(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_MARK).digest()


def _pack(marks: Iterable[bytes]) -> str:
    return base64.b64encode(b"".join(list(marks)[-KEPT_MAX:])).decode()


def _unpack(text: str) -> dict[bytes, None]:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueShapeError("the cursor of a feed cannot be read") from error
    return {raw[at : at + _MARK]: None for at in range(0, len(raw), _MARK)}


def _read(cursor: Plain) -> Cursor:
    try:
        return msgspec.convert(cursor, Cursor)
    except msgspec.ValidationError as error:
        raise ValueShapeError(f"the cursor of a feed cannot be read: {error}") from error
