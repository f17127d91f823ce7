"""files.list, files.read, files.search: looking at the workspace.

Rules: everything is bounded and says when it was cut; a file that is binary, too large or no regular file is left out
of a search and counted. A name on disk that cannot be asked for is shown with its bytes escaped.
"""

from __future__ import annotations

import asyncio
import base64
import fnmatch
import os
from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

from ergos.base.canonical import digest
from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError, SourceError, ToolFailedError
from ergos.base.limits import MIB
from ergos.drivers.sources.decode import decode
from ergos.drivers.tools.confined import Room, beside, failed, kind_of, look, opened, pieces, reading
from ergos.drivers.tools.declaring import Arguments, Builtin
from ergos.drivers.tools.paths import Place, file_of, is_plain, place_of
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.labels import TRUSTED
from ergos.kernel.packages import Errand, Performed

FILE_BYTES_MAX: Final = 16 * MIB  # bytes of a file that is read at all; longer ones are for python.run
ANSWER_BYTES_MAX: Final = 256 * 1024  # bytes of a file given back at once; more would fill a model's window
ENTRIES_MAX: Final = 1_000  # entries of one listing
ENTRIES_SEEN_MAX: Final = 50_000  # names looked at below one folder
DEPTH_MAX: Final = 10  # folders below the one listed or searched
MATCHES_MAX: Final = 200  # matches of one search
LINE_CHARS_MAX: Final = 300  # characters shown of a line that matches
SEARCH_BYTES_MAX: Final = 256 * MIB  # bytes read by one search
QUERY_CHARS_MAX: Final = 1_000  # characters searched for
BINARY_HEAD_BYTES: Final = 8_192  # bytes in which a NUL makes a file binary


class List(Arguments, frozen=True):
    """Arguments of files.list."""

    path: str = "."
    depth: Annotated[int, msgspec.Meta(ge=1, le=DEPTH_MAX)] = 1


class Read(Arguments, frozen=True):
    """Arguments of files.read."""

    path: str
    from_line: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)] = 1
    lines: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 2_000
    encoding: Literal["text", "base64"] = "text"


class Search(Arguments, frozen=True):
    """Arguments of files.search."""

    text: Annotated[str, msgspec.Meta(max_length=QUERY_CHARS_MAX)] = ""
    path: str = "."
    names: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "*"
    ignore_case: bool = True


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of a folder."""

    path: str
    kind: str
    bytes: int = 0
    changed_s: int = 0
    """Seconds since 1970, UTC."""
    unreadable: bool = False
    """Its name holds what a path may not hold."""


class Listing(msgspec.Struct, frozen=True):
    """What files.list found."""

    entries: tuple[Entry, ...]
    cut: bool


class Text(msgspec.Struct, frozen=True, omit_defaults=True):
    """What files.read found."""

    path: str
    text: str
    bytes: int
    digest: str
    """SHA-256 of the whole file."""
    from_line: int = 1
    lines: int = 0
    """Of the whole file."""
    cut: bool = False
    notes: tuple[str, ...] = ()


class Match(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line, or a file by its name (line 0)."""

    path: str
    line: int = 0
    text: str = ""


class Found(msgspec.Struct, frozen=True):
    """What files.search found."""

    matches: tuple[Match, ...]
    files_searched: int
    files_left_out: int
    """Binary, too large, or not readable."""
    cut: bool


class LookingTools:
    """The tools that read."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces: Final = workspaces

    def tools(self) -> tuple[Builtin[List], Builtin[Read], Builtin[Search]]:
        """files.list, files.read, files.search."""
        return (
            Builtin("files.list", List, self._list, effect="pure", reach="read", check=lambda a: _known(a.path)),
            Builtin("files.read", Read, self._read, effect="pure", reach="read", check=lambda a: _known_file(a.path)),
            Builtin("files.search", Search, self._search, effect="pure", reach="read", check=lambda a: _known(a.path)),
        )

    async def _list(self, asked: List, errand: Errand) -> Performed:
        """List a folder of the workspace (or NAME:/... of a folder the owner named): names, kinds, sizes."""
        place = place_of(asked.path)
        room = self._workspaces.room(place, errand)
        found = await asyncio.to_thread(_listing, room, place, asked.depth)
        return _labelled(found, room)

    async def _read(self, asked: Read, errand: Errand) -> Performed:
        """Read a text file of the workspace by lines, or any file as base64."""
        place = file_of(asked.path)
        room = self._workspaces.room(place, errand)
        return _labelled(await asyncio.to_thread(_text, room, place, asked), room)

    async def _search(self, asked: Search, errand: Errand) -> Performed:
        """Search files of the workspace for a text, and by name pattern (`*.md`); without a text: by name alone."""
        place = place_of(asked.path)
        room = self._workspaces.room(place, errand)
        return _labelled(await asyncio.to_thread(_found, room, place, asked), room)


def _known(path: str) -> None:
    place_of(path)


def _known_file(path: str) -> None:
    file_of(path)


def _labelled(value: object, room: Room) -> Performed:
    return Performed(value=msgspec.to_builtins(value), label=TRUSTED if room.trusted else None)


def _listing(room: Room, place: Place, depth: int) -> Listing:
    entries: list[Entry] = []
    for entry in _below(room, place, depth):
        if len(entries) == ENTRIES_MAX:
            return Listing(tuple(entries), cut=True)
        entries.append(entry)
    return Listing(tuple(entries), cut=False)


def _below(room: Room, place: Place, depth: int) -> Iterator[Entry]:
    """Everything below a folder, breadth first, by name; links are shown and never entered."""
    waiting, seen = [(place, 1)], 0
    while waiting:
        here, level = waiting.pop(0)
        for entry in _entries(room, here, first=here == place):
            seen += 1
            yield entry
            if seen >= ENTRIES_SEEN_MAX:
                return
            if entry.kind == "folder" and not entry.unreadable and level < depth:
                waiting.append((here.child(entry.path.rpartition("/")[2]), level + 1))


def _entries(room: Room, place: Place, *, first: bool) -> list[Entry]:
    entries: list[Entry] = []
    try:
        with opened(room, place.parts) as folder, os.scandir(folder) as names:
            listed = (_entry(folder, name, place) for name in sorted(entry.name for entry in names))
            entries.extend(entry for entry in listed if entry is not None)
    except ErgosError:
        if first:
            raise
    except OSError as error:
        if first:
            raise failed(error, place.text) from error
    return entries


def _entry(folder: int, name: str, place: Place) -> Entry | None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:  # gone since it was listed
        return None
    kind, changed_s = kind_of(found.st_mode), found.st_mtime_ns // SECOND
    if is_plain(name):
        return Entry(place.child(name).text, kind, found.st_size if kind == "file" else 0, changed_s)
    escaped = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    shown = escaped.encode("unicode_escape").decode("ascii")[:LINE_CHARS_MAX]
    return Entry(place.child(shown).text, kind, found.st_size if kind == "file" else 0, changed_s, unreadable=True)


def _text(room: Room, place: Place, asked: Read) -> Text:
    with beside(room, place) as (folder, name), reading(folder, name, place.text) as handle:
        size = os.fstat(handle).st_size
        if size > FILE_BYTES_MAX:
            raise ToolFailedError(
                f"{place.text} has {size:,} bytes; files of at most {FILE_BYTES_MAX:,} are read",
                remedy="work on it with python.run, which takes files by name",
            )
        body = b"".join(pieces(handle, FILE_BYTES_MAX + 1))
    if len(body) > FILE_BYTES_MAX:
        raise ToolFailedError(f"{place.text} grew while it was read", remedy="read it again later")
    if asked.encoding == "base64":
        if len(body) > ANSWER_BYTES_MAX:
            raise ToolFailedError(
                f"{place.text} has {len(body):,} bytes; at most {ANSWER_BYTES_MAX:,} are given back as base64",
                remedy="work on it with python.run, which takes files by name",
            )
        return Text(place.text, base64.b64encode(body).decode(), len(body), digest(body))
    try:
        decoded = decode(body, charset=None) if body else None
    except SourceError as error:
        raise ToolFailedError(f"{place.text} is no text: {error.what}", remedy="read it with encoding base64") from None
    text = decoded.text if decoded else ""
    return _window(place, text, body, asked, decoded.notes if decoded else ())


def _window(place: Place, text: str, body: bytes, asked: Read, notes: tuple[str, ...]) -> Text:
    lines = text.splitlines(keepends=True)
    wanted = lines[asked.from_line - 1 : asked.from_line - 1 + asked.lines]
    shown: list[str] = []
    left = ANSWER_BYTES_MAX
    for line in wanted:
        left -= len(line.encode())
        if left < 0:
            if not shown:
                shown.append(line[: ANSWER_BYTES_MAX // 4])
            break
        shown.append(line)
    cut = len(shown) < len(lines) or left < 0
    return Text(
        place.text, "".join(shown), len(body), digest(body), asked.from_line, len(lines), cut=cut, notes=tuple(notes)
    )


def _found(room: Room, place: Place, asked: Search) -> Found:
    wanted = asked.text.casefold() if asked.ignore_case else asked.text
    matches: list[Match] = []
    searched = left_out = 0
    left_bytes = SEARCH_BYTES_MAX
    cut = False
    for entry in _below(room, place, DEPTH_MAX):
        name = entry.path.rpartition("/")[2]
        if entry.unreadable or not fnmatch.fnmatchcase(name.casefold(), asked.names.casefold()):
            continue
        if len(matches) >= MATCHES_MAX or left_bytes <= 0:
            cut = True
            break
        if not wanted:
            matches.append(Match(entry.path))
            searched += 1
        elif entry.kind == "file":
            body = _searchable(room, place_of(entry.path), entry.bytes)
            if body is None:
                left_out += 1
                continue
            searched += 1
            left_bytes -= len(body)
            matches.extend(_lines(entry.path, body, wanted, MATCHES_MAX - len(matches), ignore_case=asked.ignore_case))
    return Found(tuple(matches), searched, left_out, cut)


def _searchable(room: Room, place: Place, size_bytes: int) -> bytes | None:
    """A file's content; None for one that is left out."""
    if size_bytes > FILE_BYTES_MAX:
        return None
    try:
        with beside(room, place) as (folder, name):
            seen = look(folder, name)
            if seen is None or seen.kind != "file":
                return None
            with reading(folder, name, place.text) as handle:
                body = b"".join(pieces(handle, FILE_BYTES_MAX))
    except ErgosError:
        return None
    return None if b"\0" in body[:BINARY_HEAD_BYTES] else body


def _lines(path: str, body: bytes, wanted: str, most: int, *, ignore_case: bool) -> Iterator[Match]:
    text = body.decode("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), 1):
        if most <= 0:
            return
        at = (line.casefold() if ignore_case else line).find(wanted)
        if at >= 0:
            most -= 1
            begin = max(0, min(at, len(line)) - LINE_CHARS_MAX // 3)
            yield Match(path, number, line[begin : begin + LINE_CHARS_MAX])
