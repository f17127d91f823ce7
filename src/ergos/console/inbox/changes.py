"""What a call would change, as a person judges it: a difference of a file, a letter as it would be sent, rows of a
table.

Rules: reads what stands there now, through the same confinement as the tools themselves, and changes nothing; bounded;
what cannot be foreseen is None, and the arguments say it all.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from ergos.app.home import Home
from ergos.base.canonical import Plain
from ergos.base.errors import ErgosError
from ergos.drivers.tools.confined import Room, opened, reading
from ergos.drivers.tools.paths import file_of
from ergos.drivers.tools.workspaces import Workspaces

FILE_BYTES_MAX: Final = 512 * 1024  # bytes of a file that is compared
LINES_MAX: Final = 4_000  # lines of a file that is compared; comparing is quadratic at worst
SHOWN_MAX: Final = 1_000  # lines of a difference shown
AROUND: Final = 3  # unchanged lines around a change
ROWS_MAX: Final = 100  # rows of a table shown

Sign: TypeAlias = Literal["same", "added", "removed", "skip"]


class Line(msgspec.Struct, frozen=True):
    """One line of a difference."""

    sign: Sign
    before: int
    """Its number in the old text; 0: it is not there."""
    after: int
    text: str


class Difference(msgspec.Struct, frozen=True, kw_only=True, tag="difference"):
    """A file before and after."""

    path: str
    lines: tuple[Line, ...]
    is_new: bool = False
    is_gone: bool = False
    added: int = 0
    removed: int = 0
    more: int = 0
    """Lines that are not shown."""
    moved_to: str = ""
    note: Literal["", "unreadable", "misfit"] = ""
    """It cannot be compared; or the call will fail, because what it replaces is not there as often as it says."""


class Letter(msgspec.Struct, frozen=True, kw_only=True, tag="letter"):
    """A mail as it would be sent."""

    to: tuple[str, ...]
    subject: str
    text: str
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


class Rows(msgspec.Struct, frozen=True, kw_only=True, tag="rows"):
    """Rows that would be appended to a table."""

    path: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


Change: TypeAlias = Difference | Letter | Rows
_Args: TypeAlias = dict[str, Plain]


def change_of(home: Home, owner: str, agent: str, tool: str, arguments: Plain) -> Change | None:
    """What a call would change; None: that cannot be foreseen. Blocks on the file system."""
    if not isinstance(arguments, dict):
        return None
    if _is_letter(tool, arguments):
        return _letter(arguments)
    if tool == "table.append":
        return _rows(arguments)
    after = _AFTER.get(tool)
    path = _text(arguments.get("path"))
    if after is None or path is None:
        return None
    before, problem = _standing(home, owner, agent, path)
    if problem:
        return Difference(path=path, lines=(), note="unreadable")
    return after(arguments, path, before)


def compared(before: str, after: str, path: str, **more: object) -> Difference:
    """Two texts, line by line, with some unchanged lines around each change."""
    old, new = before.splitlines(), after.splitlines()
    if max(len(old), len(new)) > LINES_MAX:
        return Difference(path=path, lines=(), note="unreadable")
    lines: list[Line] = []
    added = removed = 0
    at = 0
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND):
        if group[0][1] > at:
            lines.append(Line("skip", 0, 0, str(group[0][1] - at)))
        for kind, low, high, start, end in group:
            if kind == "equal":
                lines += [Line("same", n + 1, start + n - low + 1, old[n]) for n in range(low, high)]
                continue
            lines += [Line("removed", n + 1, 0, old[n]) for n in range(low, high)]
            lines += [Line("added", 0, n + 1, new[n]) for n in range(start, end)]
            removed, added = removed + high - low, added + end - start
        at = group[-1][2]
    if lines and at < len(old):
        lines.append(Line("skip", 0, 0, str(len(old) - at)))
    made = Difference(
        path=path, lines=tuple(lines[:SHOWN_MAX]), added=added, removed=removed, more=max(len(lines) - SHOWN_MAX, 0)
    )
    return msgspec.structs.replace(made, **more)


def _written(args: _Args, path: str, before: str | None) -> Difference | None:
    text = _text(args.get("text"))
    if text is None or args.get("encoding", "text") != "text":
        return None
    return compared(before or "", text, path, is_new=before is None)


def _appended(args: _Args, path: str, before: str | None) -> Difference | None:
    text = _text(args.get("text"))
    return None if text is None else compared(before or "", (before or "") + text, path, is_new=before is None)


def _edited(args: _Args, path: str, before: str | None) -> Difference | None:
    old, new, times = _text(args.get("old")), _text(args.get("new")), args.get("times", 1)
    if not old or new is None or not isinstance(times, int):
        return None
    if before is None or before.count(old) != times:
        return Difference(path=path, lines=(), note="misfit")
    return compared(before, before.replace(old, new), path)


def _deleted(args: _Args, path: str, before: str | None) -> Difference | None:
    del args
    return None if before is None else compared(before, "", path, is_gone=True)


def _moved(args: _Args, path: str, before: str | None) -> Difference | None:
    del before
    to = _text(args.get("to"))
    return None if to is None else Difference(path=path, lines=(), moved_to=to)


_AFTER: Final[dict[str, Callable[[_Args, str, str | None], Difference | None]]] = {
    "files.write": _written,
    "files.append": _appended,
    "files.edit": _edited,
    "files.delete": _deleted,
    "files.move": _moved,
    "press.publish": _written,
}


def _standing(home: Home, owner: str, agent: str, path: str) -> tuple[str | None, bool]:
    """What a file holds now, None: there is none; and whether it cannot be shown."""
    rooms = {
        name: Room(Path(folder.path), write=folder.write, trusted=folder.trusted)
        for name, folder in home.settings.tools.folders.items()
    }
    workspaces = Workspaces(home.folder, home.settings.owner, rooms)
    try:
        place = file_of(path)
        room = rooms.get(place.room) if place.room else Room(workspaces.folder(owner, agent), write=False)
        if room is None or not room.folder.is_dir():
            return None, bool(place.room)
        with opened(room, place.parts[:-1]) as folder:
            name = place.parts[-1]
            try:
                os.stat(name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                return None, False
            with reading(folder, name, path) as handle:
                body = _read(handle)
    except (ErgosError, OSError):
        return None, _is_there(home, owner, agent, path, workspaces)
    try:
        return (None, True) if body is None else (body.decode("utf-8"), False)
    except UnicodeDecodeError:
        return None, True


def _is_there(home: Home, owner: str, agent: str, path: str, workspaces: Workspaces) -> bool:
    """Whether something stands where a file could not be opened; a folder that is missing is no problem."""
    del home
    if ":/" in path:
        return True
    return os.path.lexists(workspaces.folder(owner, agent) / path)


def _read(handle: int) -> bytes | None:
    """The whole file, if it is small enough."""
    pieces, size = list[bytes](), 0
    while piece := os.read(handle, 64 * 1024):
        size += len(piece)
        if size > FILE_BYTES_MAX:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _is_letter(tool: str, args: _Args) -> bool:
    """Whether it reads as one: of the tool that sends mail, or of another with the same arguments."""
    named = tool == "mail.send" or {"to", "subject"} <= args.keys()
    return named and (isinstance(args.get("text"), str) or isinstance(args.get("body"), str))


def _letter(args: _Args) -> Letter:
    return Letter(
        to=_texts(args.get("to")),
        cc=_texts(args.get("cc")),
        bcc=_texts(args.get("bcc")),
        subject=str(args.get("subject", "")),
        text=str(args.get("text", args.get("body", ""))),
        attachments=_texts(args.get("attachments")),
    )


def _rows(args: _Args) -> Rows | None:
    given, path = args.get("row"), _text(args.get("path"))
    listed = given if isinstance(given, list) else [given]
    rows = [row for row in listed if isinstance(row, dict)]
    if not rows or path is None:
        return None
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    cells = tuple(tuple(_cell(row.get(name)) for name in columns) for row in rows[:ROWS_MAX])
    return Rows(path=path, columns=columns, rows=cells, more=max(len(rows) - ROWS_MAX, 0))


def _cell(value: Plain) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode() if value is not None else ""


def _text(value: Plain) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Plain) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
