"""All watchers of the outside as the kernel's one port `Watchers`.

Rules: a kind of trigger has one watcher, in a file of its own; what is not looked at here (schedules, hooks, ends of
processes, figures) is passed over. Watchers share what they can: one way out, one observer of folders, one line to a
broker, so that a thousand that are quiet cost what one costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from ergos.base.canonical import Plain
from ergos.base.entropy import Entropy
from ergos.base.errors import ErgosError, NotRunningError
from ergos.base.ids import Pid
from ergos.drivers.tools.web import Outside
from ergos.drivers.tools.workspaces import Workspaces
from ergos.drivers.watchers.feed import FeedWatcher
from ergos.drivers.watchers.file_bell import FolderBell
from ergos.drivers.watchers.files import FolderWatcher
from ergos.drivers.watchers.mailbox import MailboxWatcher
from ergos.drivers.watchers.page import PageWatcher
from ergos.drivers.watchers.topic import TopicWatcher
from ergos.drivers.watchers.visits import Visits
from ergos.kernel.egress import Secrets
from ergos.kernel.trigger_settings import Account, TriggerSettings
from ergos.kernel.triggers import AnyTrigger, Bell, Feed, Files, Happening, Looked, Mailbox, Page, Topic, Watching

REST_SHARE: Final = 10  # times as long as a look at a folder took is waited until the next, while it stirs
REST_S_MIN: Final = 1.0  # seconds; what is quicker is looked at whenever the bell rings
REST_S_MAX: Final = 60.0

Key: TypeAlias = tuple[Pid, str]


class OutsideParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the watchers are made of; what is None is not there, and looks say so."""

    home: Path
    workspaces: Workspaces
    entropy: Entropy
    outside: Outside | None = None
    """`drivers.egress.fetcher.Fetcher`."""
    secrets: Secrets | None = None
    settings: TriggerSettings = TriggerSettings()


class LateBell:
    """A bell for watchers that are made before the kernel they tell."""

    def __init__(self) -> None:
        self.bell: Bell | None = None

    def ring(self, pid: Pid, name: str) -> None:
        """Nobody listens before the kernel runs, and it looks when it begins to."""
        if self.bell is not None:
            self.bell.ring(pid, name)

    async def happened(self, pid: Pid, name: str, happening: Happening) -> bool:
        """As the port says. Raises: NotRunningError before the kernel runs."""
        if self.bell is None:
            raise NotRunningError
        return await self.bell.happened(pid, name, happening)


class OutsideWatchers:
    """Looks at the outside, and is told by it. Belongs to one loop."""

    def __init__(self, parts: OutsideParts, bell: Bell) -> None:
        accounts: Mapping[str, Account] = parts.settings.mailboxes
        visits = Visits(parts.outside, parts.entropy)
        self._visits: Final = visits
        self._bell: Final = bell
        self._folder_bell: Final = FolderBell(self._stirred)
        self._looks_s: Final[dict[Key, float]] = {}
        """Seconds that the last look at a folder took."""
        self._ringing: Final[dict[Key, asyncio.TimerHandle]] = {}
        self._folders: Final = FolderWatcher(parts.workspaces, self._rings)
        self._feeds: Final = FeedWatcher(visits)
        self._pages: Final = PageWatcher(visits)
        self._mailboxes: Final = MailboxWatcher(accounts, parts.secrets, visits)
        self._topics: Final = TopicWatcher(parts.home, parts.settings.brokers, bell, parts.secrets, parts.entropy)

    async def look(self, trigger: AnyTrigger, cursor: Plain, watching: Watching) -> Looked:
        """What is new since the cursor. Raises: ErgosErrors for a trigger that can never work."""
        match trigger:
            case Files():
                return await self._timed(trigger, cursor, watching)
            case Feed():
                return await self._feeds.look(trigger, cursor, watching)
            case Page():
                return await self._pages.look(trigger, cursor, watching)
            case Mailbox():
                return await self._mailboxes.look(trigger, cursor, watching)
            case Topic():
                return self._topics.look(trigger, cursor)
            case _:
                return Looked(cursor=cursor)

    def attend(self, trigger: AnyTrigger, watching: Watching) -> None:
        """From now on ring, or tell, when there is something."""
        key = (watching.pid, trigger.name)
        if isinstance(trigger, Topic):
            self._topics.attend(key, trigger)
        elif isinstance(trigger, Files):
            try:
                folder = self._folders.folder(trigger, watching)
            except ErgosError:
                return  # its look says why
            self._folder_bell.attend(key, str(folder), deep=trigger.deep)

    def leave(self, pid: Pid, name: str) -> None:
        """Attend to it no more."""
        key = (pid, name)
        self._folder_bell.leave(key)
        self._looks_s.pop(key, None)
        if (timer := self._ringing.pop(key, None)) is not None:
            timer.cancel()
        self._topics.leave(key)
        self._visits.forget(key)

    async def close(self) -> None:
        """End what runs: threads, connections, tasks."""
        for timer in self._ringing.values():
            timer.cancel()
        await self._topics.close()
        await asyncio.to_thread(self._folder_bell.close)

    async def _timed(self, trigger: Files, cursor: Plain, watching: Watching) -> Looked:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            return await self._folders.look(trigger, cursor, watching)
        finally:
            self._looks_s[watching.pid, trigger.name] = loop.time() - began

    def _stirred(self, key: Key) -> None:
        """Ring; for a folder that takes long to look at, so seldom that its looks stay a small share of the time."""
        wait_s = min(self._looks_s.get(key, 0.0) * REST_SHARE, REST_S_MAX)
        if wait_s < REST_S_MIN:
            self._bell.ring(*key)
        elif key not in self._ringing:
            self._ringing[key] = asyncio.get_running_loop().call_later(wait_s, self._rested, key)

    def _rested(self, key: Key) -> None:
        self._ringing.pop(key, None)
        self._bell.ring(*key)

    def _rings(self, key: Key) -> bool:
        return self._folder_bell.rings(key)
