"""Files triggers: what is new in a folder, found by comparing what stands there with what was seen.

Rules: paths mean what they mean to the file tools: the agent's workspace and the folders its owner named. A folder that
cannot be read is a fault and nothing is concluded from it. The bell only says when to look; what is told rests on the
look alone. A file whose name cannot be asked for is told all the same, with why.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.base.errors import ToolFailedError, ValueShapeError
from ergos.base.ids import Pid
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.paths import Place, place_of
from ergos.drivers.tools.workspaces import Workspaces
from ergos.drivers.watchers.file_cursor import Event, beginning, compare, is_empty
from ergos.drivers.watchers.file_scan import (
    FILES_MAX,
    PATTERN_CHARS_MAX,
    Overflow,
    Standing,
    Stopped,
    asked_for,
    scan,
    shown,
)
from ergos.kernel.labels import TRUSTED, UNTRUSTED, Label
from ergos.kernel.packages import Errand
from ergos.kernel.triggers import Files, Happening, Looked, Watching

BELL_S: Final = 3_600  # seconds between two looks where a bell rings; for changes that no bell hears
NO_BELL_S: Final = 30  # seconds between two looks where none rings
SCAN_S_MAX: Final = 100.0  # seconds of one look; the kernel gives up a little later
SCANS_AT_ONCE: Final = 2  # folders read at once; more only make the disk seek


class FolderWatcher:
    """Looks at folders."""

    def __init__(self, workspaces: Workspaces, rings: Callable[[tuple[Pid, str]], bool]) -> None:
        """`rings`: whether a bell rings for this trigger now."""
        self._workspaces: Final = workspaces
        self._rings: Final = rings
        self._room_for: Final = asyncio.Semaphore(SCANS_AT_ONCE)

    async def look(self, trigger: Files, cursor: Plain, watching: Watching) -> Looked:
        """What is new. Raises: ValueShapeError, ToolFailedError for a folder or pattern that can never work."""
        place, room = self.where(trigger, watching)
        if len(trigger.pattern) > PATTERN_CHARS_MAX or not trigger.pattern:
            raise ValueShapeError(f"{trigger.pattern[:60]!r} is no pattern of names such as *.pdf")
        stop = threading.Event()
        every_s = BELL_S if self._rings((watching.pid, trigger.name)) else NO_BELL_S
        try:
            async with self._room_for, asyncio.timeout(SCAN_S_MAX):
                return await asyncio.to_thread(_looked, trigger, cursor, watching, place, room, stop, every_s)
        except TimeoutError:
            return Looked(cursor=cursor, fault=f"{place.text} takes longer than {SCAN_S_MAX:.0f} seconds to read")
        finally:
            stop.set()

    def where(self, trigger: Files, watching: Watching) -> tuple[Place, Room]:
        """The watched folder. Raises: ValueShapeError, ToolFailedError."""
        place = place_of(trigger.folder)
        return place, self._workspaces.room(place, _errand(watching))

    def folder(self, trigger: Files, watching: Watching) -> Path:
        """Where it lies on this machine. Raises: ValueShapeError, ToolFailedError."""
        place, room = self.where(trigger, watching)
        return room.folder.joinpath(*place.parts)


def _looked(
    trigger: Files,
    cursor: Plain,
    watching: Watching,
    place: Place,
    room: Room,
    stop: threading.Event,
    every_s: int,
) -> Looked:
    now_ns = watching.now_ns
    again_ns = now_ns + every_s * SECOND
    try:
        found = scan(room, place, trigger.pattern, deep=trigger.deep, expired=stop.is_set)
    except ToolFailedError as error:
        missing = isinstance(error.__cause__, FileNotFoundError) and room.folder.is_dir()
        if not missing or (cursor is not None and not is_empty(cursor)):
            return Looked(cursor=cursor, fault=f"{place.text}: {error.what}", again_ns=now_ns + NO_BELL_S * SECOND)
        found, again_ns = [], now_ns + NO_BELL_S * SECOND  # it is watched until somebody makes it
    except Overflow:
        return Looked(cursor=cursor, fault=f"{place.text} holds more than {FILES_MAX:,} files: name a part of it")
    except Stopped:
        return Looked(cursor=cursor, fault=f"the look at {place.text} was given up")
    if cursor is None:
        return Looked(cursor=beginning(found, trigger.events), again_ns=again_ns)
    settle_ns = round(max(0.0, trigger.settle_s) * SECOND)
    compared = compare(cursor, found, trigger.events, settle_ns, now_ns)
    label = TRUSTED if room.trusted else UNTRUSTED
    return Looked(
        happenings=tuple(_happening(event, place, label) for event in compared.events),
        cursor=compared.cursor,
        again_ns=again_ns if compared.again_ns is None else min(again_ns, compared.again_ns),
    )


def _happening(event: Event, place: Place, label: Label) -> Happening:
    path = asked_for(place, event.parts)
    value: dict[str, Plain] = {"path": path, "name": event.parts[-1] if path else shown(event.parts[-1:])}
    if not path:
        value["path"] = shown(event.parts)
        value["why"] = "its name cannot be asked for: rename it"
    standing: Standing | None = event.standing
    value |= {
        "event": event.event,
        "size": None if standing is None else standing.size,
        "modified_ns": None if standing is None else standing.modified_ns,
    }
    if event.was:
        value["was"] = asked_for(place, event.was) or shown(event.was)
    return Happening(key=event.key, value=value, label=label)


def _errand(watching: Watching) -> Errand:
    return Errand(
        pid=watching.pid,
        owner=watching.owner,
        agent=watching.agent,
        idempotency_key="",
        deadline_ns=watching.now_ns,
        now_ns=watching.now_ns,
    )
