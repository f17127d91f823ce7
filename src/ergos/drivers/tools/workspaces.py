"""Where agents keep their files: a folder for each, and the folders their owner named.

    HOME/work/AGENT            the workspace of an agent of the home's owner
    HOME/work/@OWNER/AGENT     that of another owner's
    invoices:/                 a folder named in settings.toml; read-only unless the owner said otherwise

Rules: an agent reaches its own workspace and the named folders, never another agent's; changes of one workspace come
one after the other. What was begun under an idempotency key is noted outside every workspace.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.canonical import Plain, digest_of
from ergos.base.errors import ToolFailedError
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.paths import Place
from ergos.drivers.whole_file import replace_file
from ergos.kernel.packages import Errand

NOTES_KEPT: Final = 4_096  # notes of begun changes kept for each agent; a repetition comes at the next start, not later
NOTES_SWEPT: Final = 512  # notes between two sweeps, so that listing them costs nothing per change

_NOTES: Final = ".begun"


class Workspaces:
    """All rooms of one home."""

    def __init__(
        self,
        home: Path,
        owner: str,
        roots: Mapping[str, Room] | None = None,
        agreed: Callable[[], Mapping[str, Room]] = dict,
    ) -> None:
        """`home`: absolute. `owner`: whose agents need no owner's name in their path.

        `agreed`: folders the owner agreed to, as of now; asked when one is not known. `roots` win.
        """
        self._work: Final = home / "work"
        self._owner: Final = owner
        self._named: Final = dict(roots or {})
        self._roots: dict[str, Room] = dict(self._named)
        self._agreed: Final = agreed
        self._locks: Final[dict[Path, threading.Lock]] = {}
        self._gate: Final = threading.Lock()

    def folder(self, owner: str, agent: str) -> Path:
        """Where an agent's workspace lies on the host."""
        return self._work / agent if owner == self._owner else self._work / f"@{owner}" / agent

    def rooms(self) -> tuple[str, ...]:
        """Names of the folders the owner named, sorted."""
        return tuple(sorted(self._roots))

    def room(self, place: Place, errand: Errand, *, write: bool = False) -> Room:
        """The room a place is in. Raises: ToolFailedError for an unknown one, or one that is read-only."""
        if not place.room:
            return Room(self.folder(errand.owner, errand.agent), write=True, make=True)
        found = self._roots.get(place.room)
        if found is None or (write and not found.write):  # its owner may have agreed to it since
            self._roots = {**self._agreed(), **self._named}
            found = self._roots.get(place.room)
        if found is None:
            named = ", ".join(f"{name}:/" for name in self.rooms()) or "none"
            raise ToolFailedError(
                f"no folder is called {place.room[:40]!r}",
                remedy=f"folders the owner named: {named}; others are added in settings.toml under [tools.files.roots]",
            )
        if write and not found.write:
            raise ToolFailedError(
                f"{place.room}:/ is read-only", remedy="write to the workspace; its owner can set write = true"
            )
        return found

    @contextlib.contextmanager
    def changing(self, room: Room) -> Generator[None]:
        """One change of a room at a time."""
        with self._gate:
            lock = self._locks.setdefault(room.folder, threading.Lock())
        with lock:
            yield

    def begun(self, errand: Errand) -> Plain:
        """What was noted under this key by an earlier attempt; None: nothing."""
        try:
            return msgspec.json.decode(self._note(errand).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise ToolFailedError(f"what was begun earlier under this key cannot be read: {error}") from error

    def begin(self, errand: Errand, note: Plain) -> None:
        """Note, durably, what is about to be done under this key. Raises: ToolFailedError."""
        path = self._note(errand)
        try:
            replace_file(path, msgspec.json.encode(note))
            if int(path.name[:8], 16) % NOTES_SWEPT == 0:
                _sweep(path.parent)
        except OSError as error:
            raise ToolFailedError(f"the change could not be noted before it was made: {error.strerror}") from error

    def _note(self, errand: Errand) -> Path:
        name = digest_of([errand.owner, errand.agent])[:32]
        return self._work / _NOTES / name / digest_of(errand.idempotency_key)[:40]


def _sweep(folder: Path) -> None:
    """Drop the oldest notes beyond those kept."""
    aged: list[tuple[int, str]] = []
    with os.scandir(folder) as found:
        for entry in found:
            with contextlib.suppress(FileNotFoundError):
                aged.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
    for _, path in sorted(aged)[: max(0, len(aged) - NOTES_KEPT)]:
        Path(path).unlink(missing_ok=True)
