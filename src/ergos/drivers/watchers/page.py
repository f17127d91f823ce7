"""Page triggers: a page whose text changes, or in which a text appears.

Rules: what counts as its text is `page_text`'s to say. A page that comes back to what it said before has changed once
more. A text that is looked for is looked for in all of the page, and tells once each time it appears. What cannot be
read is no change.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import Final, cast

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import SourceError, ValueShapeError
from ergos.drivers.sources.decode import decode
from ergos.drivers.sources.markup import strip
from ergos.drivers.sources.reading import Reading
from ergos.drivers.sources.unpack import unpack_magic
from ergos.drivers.tools.web import Reply
from ergos.drivers.watchers.page_text import holds, lines_of
from ergos.drivers.watchers.visits import Failed, Same, Validators, Visits, origin_of, unreadable
from ergos.kernel.triggers import Happening, Looked, Page, Watching

ADDED_CHARS_MAX: Final = 4_000  # characters told of what is there now and was not before
TEXT_CHARS_MAX: Final = 2_000_000  # characters of a page in which a text is looked for
AROUND_CHARS: Final = 300  # characters told of the line in which the text was found

_MARK: Final = 6  # bytes; a line that is taken for another changes nothing but this one report
_TEXTUAL: Final = ("text/", "application/json", "application/xml")


class Cursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen of a page."""

    etag: str = ""
    modified: str = ""
    lines: str = ""
    """Marks of its lines, sorted."""
    there: bool = False
    """The text that is looked for was there."""
    count: int = 0
    """Changes so far."""


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    lines: dict[str, str]
    text: str
    """All of it, for what is looked for."""


class PageWatcher:
    """Looks at pages."""

    def __init__(self, visits: Visits) -> None:
        self._visits: Final = visits

    async def look(self, trigger: Page, cursor: Plain, watching: Watching) -> Looked:
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
            page = await self._page(came.reply, trigger, now_ns)
        except SourceError as error:
            failed = self._visits.failed(unreadable(error, trigger.url), key, now_ns)
            return Looked(cursor=cursor, fault=failed.why, again_ns=failed.again_ns)
        again_ns = self._visits.again_ns(trigger.every_s, key, now_ns)
        now, happening = _compared(trigger, seen, page, came.validators, came.reply.final_url)
        told = () if happening is None else (happening,)
        return Looked(happenings=told, cursor=msgspec.to_builtins(now), again_ns=again_ns)

    async def _page(self, reply: Reply, trigger: Page, now_ns: int) -> _Seen:
        """What the page says. Raises: SourceError."""
        reading: Reading | None = None
        try:
            reading = await self._visits.read(reply, now_ns)
        except SourceError:
            # Figures of a machine are watched, too, and pages whose text is all in places that no reader reads.
            if not origin_of(reply).media_type.startswith(_TEXTUAL):
                raise

        def work() -> Plain:
            return msgspec.to_builtins(_seen(reading, reply, whole=bool(trigger.contains)))

        return msgspec.convert(await self._visits.apart(work), _Seen)


def _seen(reading: Reading | None, reply: Reply, *, whole: bool) -> _Seen:
    text = title = ""
    if reading is not None:
        title = reading.documents[0].title if reading.documents else ""
        text = "\n".join(f"{one.title}\n{one.text}" for one in reading.documents)
    if reading is None or whole:
        raw = decode(unpack_magic(reply.body).body, charset=origin_of(reply).charset).text if _is_text(reply) else ""
        everything = strip(raw).text if raw.lstrip().startswith("<") else raw
        if reading is None:
            text = everything
        whole_text = f"{text}\n{everything}"
    else:
        whole_text = ""
    lines = lines_of(text)
    if not lines and not text.strip():
        raise SourceError("it holds no text")
    return _Seen(title=title, lines=lines, text=whole_text[:TEXT_CHARS_MAX])


def _is_text(reply: Reply) -> bool:
    media = origin_of(reply).media_type
    return not media or media.startswith(_TEXTUAL) or media.endswith(("+xml", "+json"))


def _compared(
    trigger: Page, seen: Cursor | None, page: _Seen, validators: Validators, url: str
) -> tuple[Cursor, Happening | None]:
    marks = {_mark(line): line for line in page.lines}
    there = bool(trigger.contains) and holds(page.text, trigger.contains)
    before = frozenset(marks) if seen is None else _unpack(seen.lines)
    added = [page.lines[line] for mark, line in marks.items() if mark not in before]
    removed = len(before - marks.keys())
    if trigger.contains:
        fires = seen is not None and there and not seen.there
    else:
        fires = seen is not None and bool(added or removed)
    count = (0 if seen is None else seen.count) + fires
    now = Cursor(
        etag=validators.etag,
        modified=validators.modified,
        lines="" if trigger.contains else _pack(marks),
        there=there,
        count=count,
    )
    if not fires:
        return now, None
    value: dict[str, Plain] = {"url": url, "title": page.title}
    if trigger.contains:
        value["found"] = next(
            (line[:AROUND_CHARS] for line in page.text.split("\n") if holds(line, trigger.contains)), ""
        )
    else:
        text = "\n".join(added)
        value |= {"added": text[:ADDED_CHARS_MAX], "cut": len(text) > ADDED_CHARS_MAX, "removed_lines": removed}
    mark = hashlib.blake2b("\n".join(sorted(page.lines)).encode("utf-8", "replace"), digest_size=8).hexdigest()
    return now, Happening(key=f"{count}-{mark}", value=value)


def _mark(line: str) -> bytes:
    return hashlib.blake2b(line.encode("utf-8", "replace"), digest_size=_MARK).digest()


def _pack(marks: Iterable[bytes]) -> str:
    return base64.b64encode(b"".join(sorted(marks))).decode()


def _unpack(text: str) -> frozenset[bytes]:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueShapeError("the cursor of a page cannot be read") from error
    return frozenset(raw[at : at + _MARK] for at in range(0, len(raw), _MARK))


def _read(cursor: Plain) -> Cursor:
    try:
        return msgspec.convert(cast("object", cursor), Cursor)
    except msgspec.ValidationError as error:
        raise ValueShapeError(f"the cursor of a page cannot be read: {error}") from error
