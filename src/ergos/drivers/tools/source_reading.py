"""sources.read: web addresses, files and folders as documents, each reduced to text that can be cited.

    {"at": ["https://example.org/feed", "invoices:/2031", "notes/july.md"]}

Feeds, pages, PDF, Markdown and plain text; a folder is every file in it. What cannot be read is listed with its reason
and the others go on; where nothing at all could be read, that is a failure.

Rules: what leaves goes by the egress rules, files by the rooms of the agent (`workspaces`); links are not followed,
hidden files are left alone; everything is bounded, and what was left out is noted.
"""

from __future__ import annotations

import asyncio
import fnmatch
import os
from collections.abc import Iterable
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from ergos.base.documents import Document, Unread
from ergos.base.errors import ErgosError, PortMissingError, SourceError, ValueShapeError
from ergos.base.limits import DOCUMENT_CHARS_MAX, FOLDER_FILES_MAX, SOURCE_BYTES_MAX, SYSTEM1_DOCUMENTS_MAX
from ergos.drivers.sources.decode import decode
from ergos.drivers.sources.intake import read
from ergos.drivers.sources.prose import make_document
from ergos.drivers.sources.reading import Limit, Origin, Reading
from ergos.drivers.tools.confined import Room, failed, kind_of, opened, whole
from ergos.drivers.tools.declaring import Arguments, Builtin
from ergos.drivers.tools.paths import Place, is_plain, place_of
from ergos.drivers.tools.web import REDIRECTS_MAX, URL_CHARS_MAX, WEB_DEADLINE_S, Outside
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.labels import TRUSTED
from ergos.kernel.packages import Errand, Performed

SOURCES_MAX: Final = 200  # sources of one reading, as AGENT.md may name
PARALLEL_MAX: Final = 8  # sources read at once
FOLDER_DEPTH_MAX: Final = 5  # folders below the one named
TEXT_CHARS_MAX: Final = 4_000_000  # characters of all documents together; a call's result has a bound, too
WHY_CHARS_MAX: Final = 300  # characters of a reason
READ_DEADLINE_S: Final = 300.0

_TABLES: Final = (".csv", ".tsv")
_ONE: Final = Annotated[str, msgspec.Meta(min_length=1, max_length=URL_CHARS_MAX)]


class ReadSources(Arguments, frozen=True):
    """Arguments of sources.read."""

    at: _ONE | Annotated[list[_ONE], msgspec.Meta(min_length=1, max_length=SOURCES_MAX)]  # type: ignore[valid-type]


class Sources(msgspec.Struct, frozen=True):
    """What sources.read found."""

    documents: tuple[Document, ...]
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()


class SourceTool:
    """The one tool."""

    def __init__(self, workspaces: Workspaces, outside: Outside | None) -> None:
        self._workspaces: Final = workspaces
        self._outside: Final = outside

    def tools(self) -> tuple[Builtin[ReadSources]]:
        """sources.read."""
        return (
            Builtin(
                "sources.read", ReadSources, self._read, effect="pure", reach="read", deadline_s=READ_DEADLINE_S,
                check=lambda asked: _known(_listed(asked)),
            ),
        )  # fmt: skip

    async def _read(self, asked: ReadSources, errand: Errand) -> Performed:
        """Read web addresses (feeds, pages, PDF), files and folders as documents: title, text, address, date."""
        gate = asyncio.Semaphore(PARALLEL_MAX)
        sources = list(dict.fromkeys(_listed(asked)))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._source(source, errand, gate)) for source in sources]
        found = _together([reading for task in tasks for reading in task.result()])
        if not found.documents and found.unread:
            reasons = "; ".join(f"{one.url}: {one.why}" for one in found.unread[:3])
            raise SourceError(f"nothing could be read: {reasons}"[: 3 * WHY_CHARS_MAX])
        trusted = all(self._trusted(source, errand) for source in sources)
        return Performed(value=msgspec.to_builtins(found), label=TRUSTED if trusted else None)

    def _trusted(self, source: str, errand: Errand) -> bool:
        return not _is_web(source) and self._workspaces.room(place_of(source), errand).trusted

    async def _source(self, source: str, errand: Errand, gate: asyncio.Semaphore) -> list[Reading | Unread]:
        try:
            if _is_web(source):
                async with gate:
                    return [await self._page(source, errand)]
            room = self._workspaces.room(place_of(source), errand)
            places, note = await asyncio.to_thread(_places, room, place_of(source))
        except ErgosError as error:
            return [_unread(source, error)]
        found: list[Reading | Unread] = [Reading(documents=(), notes=(note,))] if note else []
        for place in places:
            async with gate:
                found.append(await asyncio.to_thread(_file, room, place, errand))
        return found

    async def _page(self, url: str, errand: Errand) -> Reading:
        if self._outside is None:
            raise PortMissingError(
                "nothing may leave this machine",
                remedy="name the hosts that may be reached in settings.toml under [egress]",
            )
        reply = await self._outside.fetch(
            "GET", url, {}, deadline_s=min(WEB_DEADLINE_S, READ_DEADLINE_S), redirects_max=REDIRECTS_MAX
        )
        if reply.status != 200:
            raise SourceError(f"the server answered {reply.status}")
        media, _, rest = reply.headers.get("content-type", "").partition(";")
        charset = rest.partition("charset=")[2].strip(" \"';") or None
        origin = Origin(
            url=reply.final_url,
            source=urlsplit(reply.final_url).hostname or "",
            media_type=media.strip().lower(),
            charset=charset,
        )
        return await asyncio.to_thread(read, reply.body, origin, _limit(errand))


def _listed(asked: ReadSources) -> list[str]:
    return [asked.at] if isinstance(asked.at, str) else list(asked.at)


def _is_web(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _known(sources: Iterable[str]) -> None:
    for source in sources:
        if not _is_web(source):
            if "://" in source:
                raise ValueShapeError(f"{source[:80]!r}: only http and https addresses are read")
            place_of(source)


def _limit(errand: Errand) -> Limit:
    return Limit(now_ns=errand.now_ns, expired=lambda: False)


def _file(room: Room, place: Place, errand: Errand) -> Reading | Unread:
    try:
        body = whole(room, place, SOURCE_BYTES_MAX)
        folder = place.parts[-2] if len(place.parts) > 1 else place.room or "files"
        if place.text.lower().endswith(_TABLES):
            return _table(body, place, folder)
        return read(body, Origin(url=place.text, source=folder), _limit(errand))
    except ErgosError as error:
        return _unread(place.text, error)


def _table(body: bytes, place: Place, folder: str) -> Reading:
    """A table as it stands: its lines are rows, and none is joined to another. Raises: SourceError."""
    if not body.strip():
        raise SourceError("it is empty")
    decoded = decode(body, charset=None)
    made = make_document(
        url=place.text, title=place.text.rpartition("/")[2], text=decoded.text, source=folder, published_ns=None
    )
    cut = len(made.text) + DOCUMENT_CHARS_MAX // 100 < len(decoded.text)
    return Reading(documents=(made,), notes=(f"{place.text}: only its beginning was read",) if cut else ())


def _places(room: Room, place: Place) -> tuple[list[Place], str]:
    """The files that a place stands for, by name; and what was left out. Raises: ToolFailedError."""
    pattern = "*"
    if place.parts and any(letter in place.parts[-1] for letter in "*?["):
        pattern, place = place.parts[-1], Place(place.room, place.parts[:-1])
    elif place.parts and not _is_folder(room, place):
        return [place], ""
    found: list[Place] = []
    waiting = [(place, 1)]
    while waiting:
        here, level = waiting.pop(0)
        for name, kind in _entries(room, here):
            if kind == "file" and fnmatch.fnmatchcase(name.casefold(), pattern.casefold()):
                found.append(here.child(name))
            elif kind == "folder" and level < FOLDER_DEPTH_MAX and pattern == "*":
                waiting.append((here.child(name), level + 1))
            if len(found) > FOLDER_FILES_MAX:
                return found[:FOLDER_FILES_MAX], f"{place.text}: only the first {FOLDER_FILES_MAX} files were read"
    return found, "" if found else f"{place.text}: there is no file in it"


def _is_folder(room: Room, place: Place) -> bool:
    with opened(room, place.parts[:-1]) as folder:
        try:
            mode = os.stat(place.parts[-1], dir_fd=folder, follow_symlinks=False).st_mode
        except OSError as error:
            raise failed(error, place.text) from error
    return kind_of(mode) == "folder"


def _entries(room: Room, place: Place) -> list[tuple[str, str]]:
    """Names and kinds in a folder that can be asked for and are not hidden. Raises: ToolFailedError."""
    with opened(room, place.parts) as folder:
        try:
            with os.scandir(folder) as listed:
                names = sorted(entry.name for entry in listed)
            kinds = [(name, kind_of(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)) for name in names]
        except OSError as error:
            raise failed(error, place.text) from error
    return [(name, kind) for name, kind in kinds if not name.startswith(".") and is_plain(name)]


def _unread(source: str, error: ErgosError) -> Unread:
    return Unread(url=source, code=error.code, why=error.what[:WHY_CHARS_MAX])


def _together(outcomes: list[Reading | Unread]) -> Sources:
    documents: dict[str, Document] = {}
    unread: list[Unread] = []
    notes: list[str] = []
    left, left_out = TEXT_CHARS_MAX, 0
    for outcome in outcomes:
        if isinstance(outcome, Unread):
            unread.append(outcome)
            continue
        notes += outcome.notes
        for document in outcome.documents:
            if document.id in documents:
                continue
            if len(documents) >= SYSTEM1_DOCUMENTS_MAX or len(document.text) > left:
                left_out += 1
                continue
            left -= len(document.text)
            documents[document.id] = document
    if left_out:
        notes.append(f"{left_out} documents were left out: there are too many, or they are too long together")
    return Sources(tuple(documents.values()), tuple(unread), tuple(notes))
