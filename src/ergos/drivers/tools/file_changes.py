"""files.write, files.append, files.edit, files.move, files.delete: changing the workspace, each change at most once.

Rules: a file is replaced whole or not at all, through a link never. What a repetition could not see from the file
alone (was this text appended already?) is noted under the call's idempotency key before it is done; so every one of
these tools may be done again under the same key and has happened once.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from collections.abc import Callable
from typing import Annotated, Final, Literal, cast

import msgspec

from ergos.base.canonical import Plain, digest
from ergos.base.errors import ToolFailedError, ValueShapeError
from ergos.base.limits import MIB
from ergos.drivers.tools.confined import Room, Seen, beside, failed, look, pieces, reading, write_whole
from ergos.drivers.tools.declaring import Arguments, Builtin
from ergos.drivers.tools.paths import Place, file_of
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.packages import Errand

WRITE_BYTES_MAX: Final = 12 * MIB  # bytes written by one call; its arguments are journaled
GROWN_BYTES_MAX: Final = 16 * MIB  # bytes of a file that is appended to or edited; each change writes it whole
EDITS_MAX: Final = 100  # places changed by one edit

_TEXT: Final = Annotated[str, msgspec.Meta(max_length=WRITE_BYTES_MAX)]


class Write(Arguments, frozen=True):
    """Arguments of files.write."""

    path: str
    text: _TEXT  # type: ignore[valid-type]
    encoding: Literal["text", "base64"] = "text"


class Append(Arguments, frozen=True):
    """Arguments of files.append."""

    path: str
    text: _TEXT  # type: ignore[valid-type]


class Edit(Arguments, frozen=True):
    """Arguments of files.edit."""

    path: str
    old: Annotated[str, msgspec.Meta(min_length=1, max_length=WRITE_BYTES_MAX)]
    new: _TEXT  # type: ignore[valid-type]
    times: Annotated[int, msgspec.Meta(ge=1, le=EDITS_MAX)] = 1


class Move(Arguments, frozen=True):
    """Arguments of files.move."""

    path: str
    to: str


class Delete(Arguments, frozen=True):
    """Arguments of files.delete."""

    path: str


class ChangingTools:
    """The tools that change files."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces: Final = workspaces

    def tools(self) -> tuple[Builtin[Write], Builtin[Append], Builtin[Edit], Builtin[Move], Builtin[Delete]]:
        """files.write, files.append, files.edit, files.move, files.delete."""
        return (
            Builtin(
                "files.write", Write, self._write, effect="idempotent", reach="own", echoes=True,
                roles={"path": "target", "text": "text", "encoding": "plain"}, check=_writable,
            ),
            Builtin(
                "files.append", Append, self._append, effect="idempotent", reach="own",
                roles={"path": "target", "text": "text"}, check=lambda a: _known(a.path),
            ),
            Builtin(
                "files.edit", Edit, self._edit, effect="idempotent", reach="own",
                roles={"path": "target", "old": "plain", "new": "text", "times": "plain"},
                check=lambda a: _known(a.path),
            ),
            Builtin(
                "files.move", Move, self._move, effect="idempotent", reach="own", echoes=True,
                roles={"path": "target", "to": "target"}, check=lambda a: _known(a.path, a.to),
            ),
            Builtin(
                "files.delete", Delete, self._delete, effect="idempotent", reach="own", echoes=True,
                roles={"path": "target"}, check=lambda a: _known(a.path),
            ),
        )  # fmt: skip

    async def _write(self, asked: Write, errand: Errand) -> dict[str, Plain]:
        """Write a file of the workspace, whole; folders on the way are made, an older file is replaced."""
        place, body = file_of(asked.path), _body(asked)

        def change(room: Room) -> dict[str, Plain]:
            with beside(room, place, make=True) as (folder, name):
                write_whole(folder, name, body, place.text, digest(errand.idempotency_key.encode()))
            return {"path": place.text, "bytes": len(body), "digest": digest(body)}

        return await self._changed(place, errand, change)

    async def _append(self, asked: Append, errand: Errand) -> dict[str, Plain]:
        """Append text to a file of the workspace; the file is made where there is none."""
        place, added = file_of(asked.path), asked.text.encode()

        def change(room: Room) -> dict[str, Plain]:
            with beside(room, place, make=True) as (folder, name):
                old = b"" if look(folder, name) is None else _grown(folder, name, place)
                return self._replaced(folder, name, place, errand, old, old + added)

        return await self._changed(place, errand, change)

    async def _edit(self, asked: Edit, errand: Errand) -> dict[str, Plain]:
        """Replace an exact text in a file of the workspace; it must stand there exactly `times` times."""
        place, old, new = file_of(asked.path), asked.old.encode(), asked.new.encode()

        def change(room: Room) -> dict[str, Plain]:
            with beside(room, place) as (folder, name):
                body = _grown(folder, name, place)
                if (done := self._done(errand, body, place)) is not None:
                    return done
                if (there := body.count(old)) != asked.times:
                    raise ToolFailedError(
                        f"the text stands {there} times in {place.text}, not {asked.times}",
                        remedy="give more of the text around it, or the number of times",
                    )
                return self._replaced(folder, name, place, errand, body, body.replace(old, new))

        return await self._changed(place, errand, change)

    async def _move(self, asked: Move, errand: Errand) -> dict[str, Plain]:
        """Move or rename a file or folder within the workspace; nothing is overwritten."""
        source, target = file_of(asked.path), file_of(asked.to)
        if source.room != target.room:
            raise ToolFailedError(
                "a move stays within one folder", remedy="read it there, write it here, then delete it there"
            )

        def change(room: Room) -> dict[str, Plain]:
            with beside(room, source) as (here, name), beside(room, target, make=True) as (there, other):
                self._carry(errand, (here, name, source), (there, other, target))
            return {"path": target.text, "from": source.text}

        return await self._changed(source, errand, change)

    async def _delete(self, asked: Delete, errand: Errand) -> dict[str, Plain]:
        """Delete a file, a link or an empty folder of the workspace."""
        place = file_of(asked.path)

        def change(room: Room) -> dict[str, Plain]:
            with beside(room, place) as (folder, name):
                seen, before = look(folder, name), _noted(self._workspaces.begun(errand), "deletes")
                if before is not None and (seen is None or before != _named(seen)):
                    return {"path": place.text, "deleted": True}
                if seen is None:
                    return {"path": place.text, "deleted": False}
                self._workspaces.begin(errand, {"deletes": _named(seen)})
                _remove(folder, name, seen, place)
            return {"path": place.text, "deleted": True}

        return await self._changed(place, errand, change)

    async def _changed(
        self, place: Place, errand: Errand, change: Callable[[Room], dict[str, Plain]]
    ) -> dict[str, Plain]:
        room = self._workspaces.room(place, errand, write=True)

        def work() -> dict[str, Plain]:
            with self._workspaces.changing(room):
                return change(room)

        return await asyncio.to_thread(work)

    def _replaced(
        self, folder: int, name: str, place: Place, errand: Errand, old: bytes, new: bytes
    ) -> dict[str, Plain]:
        """Put the new content in place of the old, once under this key."""
        if (done := self._done(errand, old, place)) is not None:
            return done
        if len(new) > GROWN_BYTES_MAX:
            raise ToolFailedError(
                f"{place.text} would have {len(new):,} bytes; at most {GROWN_BYTES_MAX:,}",
                remedy="begin another file",
            )
        self._workspaces.begin(errand, {"from": digest(old), "to": digest(new)})
        write_whole(folder, name, new, place.text, digest(errand.idempotency_key.encode()))
        return {"path": place.text, "bytes": len(new), "digest": digest(new)}

    def _done(self, errand: Errand, found: bytes, place: Place) -> dict[str, Plain] | None:
        """The answer of an earlier attempt under this key that came through; None: it did not.

        Raises: ToolFailedError where the file is neither as it was nor as it was to become.
        """
        note = self._workspaces.begun(errand)
        if note is None:
            return None
        now, before, after = digest(found), _noted(note, "from"), _noted(note, "to")
        if now == after:
            return {"path": place.text, "bytes": len(found), "digest": now}
        if now == before:
            return None
        raise ToolFailedError(
            f"{place.text} was changed by somebody else since this call began; whether it came through cannot be seen",
            remedy="read the file and decide",
        )

    def _carry(self, errand: Errand, source: tuple[int, str, Place], target: tuple[int, str, Place]) -> None:
        (here, name, place), (there, other, goal) = source, target
        seen, standing = look(here, name), look(there, other)
        before = _noted(self._workspaces.begun(errand), "moves")
        if standing is not None and before == _named(standing):
            if seen is not None and before == _named(seen):  # stopped between the two halves
                os.unlink(name, dir_fd=here)
            return
        if seen is None:
            raise ToolFailedError(f"there is no {place.text}", remedy="files.list shows what is there")
        if standing is not None:
            raise ToolFailedError(f"{goal.text} is there already", remedy="delete it first, or choose another name")
        if seen.kind not in {"file", "folder"}:
            raise ToolFailedError(f"{place.text} is a {seen.kind}", remedy="only files and folders are moved")
        self._workspaces.begin(errand, {"moves": _named(seen)})
        try:
            if seen.kind == "file":  # a second name, then the first one away: unlike a rename, it overwrites nothing
                os.link(name, other, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
                os.unlink(name, dir_fd=here)
            else:
                os.rename(name, other, src_dir_fd=here, dst_dir_fd=there)
            os.fsync(there)
            os.fsync(here)
        except OSError as error:
            raise failed(error, f"{place.text} to {goal.text}") from error


def _known(*paths: str) -> None:
    for path in paths:
        file_of(path)


def _writable(asked: Write) -> None:
    _known(asked.path)
    _body(asked)


def _body(asked: Write) -> bytes:
    try:
        body = base64.b64decode(asked.text, validate=True) if asked.encoding == "base64" else asked.text.encode()
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        raise ValueShapeError(f"the text cannot be written as {asked.encoding}: {error}") from error
    if len(body) > WRITE_BYTES_MAX:
        raise ValueShapeError(f"{len(body):,} bytes; at most {WRITE_BYTES_MAX:,} are written at once")
    return body


def _grown(folder: int, name: str, place: Place) -> bytes:
    with reading(folder, name, place.text) as handle:
        body = b"".join(pieces(handle, GROWN_BYTES_MAX + 1))
    if len(body) > GROWN_BYTES_MAX:
        raise ToolFailedError(
            f"{place.text} has more than {GROWN_BYTES_MAX:,} bytes", remedy="begin another file, or use python.run"
        )
    return body


def _remove(folder: int, name: str, seen: Seen, place: Place) -> None:
    try:
        if seen.kind == "folder":
            os.rmdir(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)
        os.fsync(folder)
    except OSError as error:
        if seen.kind == "folder" and look(folder, name) is not None:
            raise ToolFailedError(
                f"{place.text} is a folder that is not empty", remedy="delete what is in it first"
            ) from error
        raise failed(error, place.text) from error


def _named(seen: Seen) -> list[Plain]:
    """What tells one file from another of the same name."""
    return [*seen.identity, seen.changed_ns, seen.size_bytes]


def _noted(note: Plain, what: str) -> Plain:
    return cast("dict[str, Plain]", note).get(what) if isinstance(note, dict) else None
