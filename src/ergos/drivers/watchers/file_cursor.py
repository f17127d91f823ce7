"""What was seen of a folder, as small plain data, and what is new against it: pure.

Of each file 16 bytes are kept: 7 of a digest of its path, 5 of one of its size and time, 4 of one of its number. So
100,000 files are 2.1 MB, and of as many files that come, fewer than one in ten million is taken for another.

Rules: a file counts once in each of its versions. A version is size, time and number; a number alone that differs
counts only where the file was put there since the last look, because some file systems give out numbers anew. What is
gone is remembered for a while: a file that comes back unchanged, as from a disk that was away, is nothing new, and one
that comes under another name was renamed. A file counts once it has rested; so does its end.

Must not know: the file system.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ergos.base.canonical import Plain
from ergos.base.errors import ValueShapeError
from ergos.drivers.watchers.file_scan import Standing
from ergos.kernel.triggers import FileEvent

HAPPENINGS_MAX: Final = 500  # happenings of one look; the others are found by the next
GONE_MAX: Final = 20_000  # files that are gone and remembered; the first ones are forgotten
WAITING_MAX: Final = 1_000  # files that are watched until they rest; more are judged by their times alone
NAMES_BYTES_MAX: Final = 64 * 1024 * 1024  # bytes of names that a cursor unfolds to

_NAME: Final = 7
_STAT: Final = 5
_INODE: Final = 4
_RECORD: Final = _NAME + _STAT + _INODE


class Version(msgspec.Struct, frozen=True):
    """Of a file: digests of size and time, and of its number."""

    stat: bytes
    inode: bytes


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """A file that does not rest yet, or is gone."""

    version: str
    """'' for one that is gone."""
    since_ns: int


class Cursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it."""

    here: str = ""
    gone: str = ""
    names: str = ""
    """Of those here, where their end is to be told."""
    newest_ns: int = 0
    """The latest change of any file, by the file system's own clock."""
    waiting: dict[str, Waiting] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a file."""

    event: FileEvent
    parts: tuple[str, ...]
    standing: Standing | None = None
    """None: it is gone."""
    was: tuple[str, ...] = ()
    """Its name before, where it was renamed and that is known."""
    key: str


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What came of comparing."""

    events: tuple[Event, ...]
    cursor: Plain
    again_ns: int | None
    """When something will have rested; None: nothing waits."""


def beginning(found: Sequence[Standing], events: Iterable[FileEvent]) -> Plain:
    """The cursor of a folder in which these files stand, and nothing of them is new."""
    here = {_name(one.parts): _version(one) for one in found}
    newest = max((one.changed_ns for one in found), default=0)
    names = _pack_names([one.parts for one in found]) if _named(events) else ""
    return _plain(Cursor(here=_pack(here), names=names, newest_ns=newest))


def is_empty(cursor: Plain) -> bool:
    """Whether no file stood there. Raises: ValueShapeError."""
    return not _read(cursor).here


def compare(
    cursor: Plain, found: Sequence[Standing], events: Sequence[FileEvent], settle_ns: int, now_ns: int
) -> Compared:
    """What is new. Raises: ValueShapeError for a cursor that is none."""
    return _Comparison(_read(cursor), events, settle_ns, now_ns).run(found)


class _Comparison:
    """One look at one folder."""

    def __init__(self, before: Cursor, events: Sequence[FileEvent], settle_ns: int, now_ns: int) -> None:
        self._before: Final = before
        self._wanted: Final = frozenset(events)
        self._settle_ns: Final = settle_ns
        self._now_ns: Final = now_ns
        self._absent: Final = _unpack(before.here)
        """Those that were here and were not met yet."""
        self._gone: Final = _unpack(before.gone)
        self._names: Final = dict(zip(self._absent, _unpack_names(before.names), strict=False))
        self._here: Final[dict[bytes, Version]] = {}
        self._paths: Final[dict[bytes, tuple[str, ...]]] = {}
        self._waiting: Final[dict[str, Waiting]] = {}
        self._events: Final[list[Event]] = []
        self._full = False

    def run(self, found: Sequence[Standing]) -> Compared:
        """Go through what stands there, then through what does not."""
        come: list[tuple[Standing, Version]] = []
        newest = self._before.newest_ns
        for one in found:
            newest = max(newest, one.changed_ns)
            name, version = _name(one.parts), _version(one)
            self._paths[name] = one.parts
            old = self._absent.pop(name, None)
            if old is None and (left := self._gone.get(name)) is not None and self._same(left, version, one):
                old = self._gone.pop(name)
            if old is None:
                come.append((one, version))
            elif self._same(old, version, one):
                self._keep(name, version)
            elif self._rests(name, version, one):
                self._tell("changed", one, version, old)
            else:
                self._keep(name, old)
        self._come(come)
        self._went()
        return Compared(events=tuple(self._events), cursor=self._cursor(newest), again_ns=self._again_ns())

    def _same(self, old: Version, version: Version, one: Standing) -> bool:
        unchanged = old.stat == version.stat
        return unchanged and (old.inode == version.inode or one.changed_ns < self._before.newest_ns)

    def _come(self, come: list[tuple[Standing, Version]]) -> None:
        """Files under names that were not there: renamed, or new."""
        left = {version: name for names in (self._gone, self._absent) for name, version in names.items()}
        for one, version in come:
            name = _name(one.parts)
            before = left.pop(version, None)
            if before is not None:
                was = self._names.get(before, ())
                self._absent.pop(before, None)
                self._gone.pop(before, None)
                self._tell("changed", one, version, None, was, renamed=True)
            elif self._rests(name, version, one):
                self._tell("created", one, version, None)

    def _went(self) -> None:
        """Files that are no more, once they have been away for long enough."""
        for name, version in self._absent.items():
            mark = name.hex()
            since = self._since(mark, "")
            path = self._names.get(name, ())
            if self._now_ns - since < self._settle_ns and len(self._waiting) < WAITING_MAX:
                self._waiting[mark] = Waiting("", since)
                self._keep(name, version)
                self._paths[name] = path
            elif len(self._events) >= HAPPENINGS_MAX and "deleted" in self._wanted:
                self._full = True
                self._keep(name, version)
                self._paths[name] = path
            else:
                self._gone[name] = version
                if "deleted" in self._wanted and path:
                    self._events.append(Event(event="deleted", parts=path, key=_key("deleted", name, version)))

    def _rests(self, name: bytes, version: Version, one: Standing) -> bool:
        """Whether it has not changed for long enough: by its times, or because it was the same at an earlier look."""
        age_ns = self._now_ns - max(one.modified_ns, one.changed_ns)
        if self._settle_ns <= 0 or age_ns >= self._settle_ns:
            return True
        mark, seen = name.hex(), (version.stat + version.inode).hex()
        since = self._since(mark, seen)
        if self._now_ns - since >= self._settle_ns:
            return True
        if len(self._waiting) < WAITING_MAX:
            self._waiting[mark] = Waiting(seen, since)
        return False

    def _since(self, mark: str, version: str) -> int:
        before = self._before.waiting.get(mark)
        if before is None or before.version != version or before.since_ns > self._now_ns:
            return self._now_ns
        return before.since_ns

    def _tell(
        self,
        event: FileEvent,
        one: Standing,
        version: Version,
        old: Version | None,
        was: tuple[str, ...] = (),
        *,
        renamed: bool = False,
    ) -> None:
        name = _name(one.parts)
        if event not in self._wanted:
            self._keep(name, version)
        elif len(self._events) < HAPPENINGS_MAX:
            self._keep(name, version)
            key = _key("renamed" if renamed else event, name, version)
            self._events.append(Event(event=event, parts=one.parts, standing=one, was=was, key=key))
        else:
            self._full = True
            if old is not None:
                self._keep(name, old)

    def _keep(self, name: bytes, version: Version) -> None:
        self._here[name] = version

    def _cursor(self, newest_ns: int) -> Plain:
        gone = dict(list(self._gone.items())[-GONE_MAX:])
        names = _pack_names([self._paths[name] for name in self._here]) if _named(self._wanted) else ""
        return _plain(
            Cursor(here=_pack(self._here), gone=_pack(gone), names=names, newest_ns=newest_ns, waiting=self._waiting)
        )

    def _again_ns(self) -> int | None:
        if self._full:
            return self._now_ns
        since = min((one.since_ns for one in self._waiting.values()), default=None)
        return None if since is None else since + self._settle_ns


def _named(events: Iterable[FileEvent]) -> bool:
    return not {"deleted", "changed"}.isdisjoint(events)


def _name(parts: tuple[str, ...]) -> bytes:
    return hashlib.blake2b("/".join(parts).encode("utf-8", "surrogateescape"), digest_size=_NAME).digest()


def _version(one: Standing) -> Version:
    stat = hashlib.blake2b(b"%d %d" % (one.size, one.modified_ns), digest_size=_STAT).digest()
    return Version(stat, hashlib.blake2b(b"%d" % one.inode, digest_size=_INODE).digest())


def _key(event: str, name: bytes, version: Version) -> str:
    return f"{event}-{(name + version.stat + version.inode).hex()}"


def _pack(records: dict[bytes, Version]) -> str:
    raw = b"".join(name + version.stat + version.inode for name, version in records.items())
    return base64.b64encode(raw).decode()


def _unpack(text: str) -> dict[bytes, Version]:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueShapeError("the cursor of a folder cannot be read") from error
    if len(raw) % _RECORD:
        raise ValueShapeError("the cursor of a folder cannot be read")
    found: dict[bytes, Version] = {}
    for at in range(0, len(raw), _RECORD):
        name, rest = raw[at : at + _NAME], raw[at + _NAME : at + _RECORD]
        found[name] = Version(rest[:_STAT], rest[_STAT:])
    return found


def _pack_names(paths: Sequence[tuple[str, ...]]) -> str:
    raw = "\0".join("/".join(parts) for parts in paths).encode("utf-8", "surrogateescape")
    return base64.b64encode(zlib.compress(raw, 6)).decode()


def _unpack_names(text: str) -> list[tuple[str, ...]]:
    if not text:
        return []
    try:
        packed = zlib.decompressobj()
        raw = packed.decompress(base64.b64decode(text, validate=True), NAMES_BYTES_MAX)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise ValueShapeError("the cursor of a folder cannot be read") from error
    if not packed.eof:
        raise ValueShapeError("the cursor of a folder cannot be read")
    return [tuple(path.split("/")) for path in raw.decode("utf-8", "surrogateescape").split("\0")]


def _read(cursor: Plain) -> Cursor:
    try:
        return msgspec.convert(cursor, Cursor)
    except msgspec.ValidationError as error:
        raise ValueShapeError(f"the cursor of a folder cannot be read: {error}") from error


def _plain(cursor: Cursor) -> Plain:
    return msgspec.to_builtins(cursor)
