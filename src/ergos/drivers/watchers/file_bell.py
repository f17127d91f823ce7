"""Rings when something stirs in a watched folder: the file system's own notices, by watchfiles.

Rules: a bell may ring too often and may stay silent; what is told rests on the look. All folders share one thread, and
those that are watched with everything below them another. Where notices are not to be had (no watchfiles, no room left
for watches, a folder that is not there yet), `rings` says so and the folder is looked at by the clock.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final, Protocol, TypeAlias, cast

from ergos.base.ids import Pid

STEP_MS: Final = 1_000  # milliseconds between two looks of the thread at what the file system said; 70 us of CPU each
GROUP_MS: Final = 1_500  # milliseconds for which changes are gathered before the bell rings
GATHER_S: Final = 0.1  # seconds for which changes of what is watched are gathered
JOIN_S: Final = 3.0  # seconds the thread gets to end

_MODIFIED: Final = 2  # as watchfiles numbers changes

Key: TypeAlias = tuple[Pid, str]


class _Notices(Protocol):
    """What watchfiles offers."""

    def watch(self, debounce_ms: int, step_ms: int, timeout_ms: int, stop_event: None) -> set[tuple[int, str]] | str:
        """Changes since, or 'timeout', 'signal'."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class FolderBell:
    """Watches folders for triggers. Belongs to one loop."""

    def __init__(self, ring: Callable[[Key], None]) -> None:
        """`ring` is called on the loop."""
        self._flat: Final = _Observer(ring, deep=False)
        self._deep: Final = _Observer(ring, deep=True)

    def attend(self, key: Key, folder: str, *, deep: bool) -> None:
        """Watch this folder for a trigger."""
        self.leave(key)
        (self._deep if deep else self._flat).add(key, folder)

    def leave(self, key: Key) -> None:
        """No more."""
        self._flat.drop(key)
        self._deep.drop(key)

    def rings(self, key: Key) -> bool:
        """Whether a change would be heard; where it would not, it is tried again."""
        return self._flat.hears(key) or self._deep.hears(key)

    def close(self) -> None:
        """End the threads. Blocks for a moment."""
        self._flat.ask_to_end()
        self._deep.ask_to_end()
        self._flat.close()
        self._deep.close()


class _Observer:
    """One thread and what it watches."""

    def __init__(self, ring: Callable[[Key], None], *, deep: bool) -> None:
        self._ring: Final = ring
        self._deep: Final = deep
        self._wanted: Final[dict[Key, str]] = {}
        self._heard: frozenset[str] = frozenset()
        """Folders whose changes are heard; replaced whole, so that two threads may read it."""
        self._lock: Final = threading.Lock()
        self._stir: Final = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closing = False

    def add(self, key: Key, folder: str) -> None:
        with self._lock:
            self._wanted[key] = folder
        self._loop = asyncio.get_running_loop()
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._run, name="ergos-folders", daemon=True)
            self._thread.start()
        self._stir.set()

    def drop(self, key: Key) -> None:
        with self._lock:
            known = self._wanted.pop(key, None) is not None
        if known:
            self._stir.set()

    def hears(self, key: Key) -> bool:
        folder = self._wanted.get(key)
        if folder is None:
            return False
        if folder in self._heard:
            return True
        if os.path.isdir(folder):  # noqa: PTH112 - one call of a path kept as text
            self._stir.set()
        return False

    def ask_to_end(self) -> None:
        self._closing = True
        self._stir.set()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.join(JOIN_S)
            self._thread = None

    # In the thread

    def _run(self) -> None:
        notices: _Notices | None = None
        while not self._closing:
            self._stir.wait()
            if self._closing:
                break
            time.sleep(GATHER_S)
            self._stir.clear()
            with self._lock:
                wanted = frozenset(self._wanted.values())
            fresh = _opened(wanted, deep=self._deep)
            added = (frozenset() if fresh is None else wanted) - self._heard
            self._heard = frozenset(folder for folder in wanted if os.path.isdir(folder)) if fresh else frozenset()  # noqa: PTH112
            if notices is not None:
                self._last(notices)
            notices = fresh
            self._tell_of(added)
            while notices is not None and not self._stir.is_set() and not self._closing:
                # A stop from outside would throw away what was heard since the last step.
                notices = self._waited(notices)
        if notices is not None:
            notices.close()

    def _last(self, notices: _Notices) -> None:
        """Hear what was left, and end it."""
        try:
            self._tell(notices.watch(10, 10, 10, None))
        except (OSError, RuntimeError):
            with self._lock:
                folders = frozenset(self._wanted.values())
            self._tell_of(folders)
        notices.close()

    def _waited(self, notices: _Notices) -> _Notices | None:
        """Hear what comes within a step; None: this one is spent, and all folders are watched anew.

        One name that is not UTF-8 makes watchfiles lose what it heard with it, and all that comes after it.
        """
        try:
            self._tell(notices.watch(GROUP_MS, STEP_MS, STEP_MS, None))
        except (OSError, RuntimeError):
            self._heard = frozenset()
            notices.close()
            time.sleep(STEP_MS / 1_000)  # whoever writes such names all the time must not make it spin
            self._stir.set()
            return None
        return notices

    def _tell(self, changes: set[tuple[int, str]] | str) -> None:
        if isinstance(changes, str):
            return
        touched: set[str] = set()
        for kind, path in changes:
            touched.add(path)
            if kind != _MODIFIED and path in self._heard:
                self._stir.set()  # another folder may stand there now, which is not heard
            above = os.path.dirname(path)  # noqa: PTH120 - text in, text out, thousands of them
            while above not in touched:
                touched.add(above)
                if not self._deep:
                    break
                above = os.path.dirname(above)  # noqa: PTH120
        self._tell_of(touched)

    def _tell_of(self, folders: Iterable[str]) -> None:
        """Ring for those who watch one of these."""
        touched = frozenset(folders)
        with self._lock:
            keys = [key for key, folder in self._wanted.items() if folder in touched]
        loop = self._loop
        if not keys or loop is None:
            return
        try:
            loop.call_soon_threadsafe(self._rung, keys)
        except RuntimeError:
            self._closing = True  # the loop is closed

    def _rung(self, keys: list[Key]) -> None:
        for key in keys:
            if key in self._wanted:
                self._ring(key)


def _opened(folders: frozenset[str], *, deep: bool) -> _Notices | None:
    """Notices of the folders that are there; None: there are none to be had."""
    there = sorted(folder for folder in folders if os.path.isdir(folder))  # noqa: PTH112
    if not there:
        return None
    try:
        rust = importlib.import_module("watchfiles._rust_notify")
    except ImportError:
        return None
    try:
        return cast("_Notices", rust.RustNotify(there, False, False, 300, deep, True))
    except (OSError, rust.WatchfilesRustInternalError):
        return None  # no watches are left, or a folder went while it was asked for
