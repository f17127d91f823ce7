"""Queues of a home: folders of small files, filled by `ergos emit`, emptied by the kernel.

    HOME/queues/NAME/00001900000000000000000-8f3a.json

Rules: a message is one file, put there whole and durably; its name is its key, and names sort by time. It is taken
away only when everybody who attends to the queue has it durably, so after a crash it may be told twice under one key
and never gets lost. A queue to which nobody attends keeps its messages. A datagram to HOME/queues/.bell says that there
is something; without one the folders are looked at now and then.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Generator
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.canonical import Plain, decode, encode
from ergos.base.clock import Clock
from ergos.base.entropy import Entropy
from ergos.base.errors import DiskFullError, OverloadedError, TooLargeError, UsageError, ValueShapeError, WorldError
from ergos.base.ids import name as checked_name
from ergos.base.limits import DISK_RESERVE_BYTES
from ergos.drivers.whole_file import replace_file, sync_folder

MESSAGE_BYTES_MAX: Final = 256 * 1024  # bytes of one message; longer content stays where it is and is named
MESSAGES_MAX: Final = 10_000  # messages of one queue that nobody took; then its sender is told
TAKEN_MAX: Final = 256  # messages taken up at once

_SUFFIX: Final = ".json"
_BROKEN: Final = ".broken"
_BELL: Final = ".bell"
_SALT: Final = 16**8


class Message(msgspec.Struct, frozen=True):
    """A message of a queue."""

    file: str
    value: Plain

    @property
    def key(self) -> str:
        """What tells it from every other."""
        return self.file.removesuffix(_SUFFIX)


def queue_folder(home: Path, queue: str) -> Path:
    """Where a queue lies. Raises: UsageError for a name that is none."""
    try:
        return home / "queues" / checked_name(queue, what="a queue")
    except ValueShapeError as error:
        raise UsageError(error.what) from error


def bell_path(home: Path) -> Path:
    """Where the bell hangs."""
    return home / "queues" / _BELL


def emit(home: Path, queue: str, value: Plain, clock: Clock, entropy: Entropy) -> str:
    """Put a message into a queue, durably, and ring; its key. Blocks.

    Raises: UsageError, ValueShapeError, TooLargeError, OverloadedError for a queue that is full, WorldError.
    """
    folder = queue_folder(home, queue)
    body = encode(value, what="the message")
    if len(body) > MESSAGE_BYTES_MAX:
        raise TooLargeError(
            f"the message has {len(body):,} bytes; at most {MESSAGE_BYTES_MAX:,} are taken",
            remedy="leave long content in a file and send its path",
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if len(_files(folder)) >= MESSAGES_MAX:
            raise OverloadedError(
                f"the queue {queue!r} holds {MESSAGES_MAX:,} messages that nobody took",
                remedy="start the agent that attends to it, or empty its folder",
            )
        free = os.statvfs(folder)
        if free.f_bavail * free.f_frsize < len(body) + DISK_RESERVE_BYTES:
            raise DiskFullError
        file = f"{clock.now_ns():023d}-{entropy.below(_SALT, stream='queues.file'):08x}{_SUFFIX}"
        replace_file(folder / file, body)
    except OSError as error:
        raise WorldError(f"the message could not be kept: {error.strerror or error}") from error
    ring(home)
    return file.removesuffix(_SUFFIX)


def keep(folder: Path, value: Plain) -> None:
    """Put a message behind those that wait in a folder, durably. Blocks. One writer at a time.

    Raises: ValueShapeError, TooLargeError; OSError, also for a folder that is full.
    """
    body = encode(value, what="the message")
    files = _files(folder)
    if len(files) >= MESSAGES_MAX:
        raise OSError(errno.EDQUOT, "too many messages wait")
    number = int(files[-1].partition("-")[0]) + 1 if files else 0
    replace_file(folder / f"{number:023d}-0{_SUFFIX}", body)


def ring(home: Path) -> None:
    """Say that there is something, if anybody listens."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, _short(home) as path:
        line.setblocking(False)
        line.sendto(b"!", path)


def hung(home: Path) -> socket.socket | None:
    """A socket on which the bell is heard; None: this machine has none. Blocks."""
    line: socket.socket | None = None
    try:
        bell_path(home).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        bell_path(home).unlink(missing_ok=True)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        line.setblocking(False)
        with _short(home) as path:
            line.bind(path)
    except OSError:
        if line is not None:
            line.close()
        return None
    return line


def waiting(folder: Path) -> list[Message]:
    """The first messages of a queue, in order. Blocks. What cannot be read is set aside. Raises: OSError."""
    found: list[Message] = []
    for file in _files(folder)[:TAKEN_MAX]:
        path = folder / file
        try:
            value = decode(_body(path))
            encode(value)
        except FileNotFoundError:
            continue
        except (ValueShapeError, TooLargeError, OSError):
            with contextlib.suppress(OSError):
                path.rename(path.with_suffix(_BROKEN))
        else:
            found.append(Message(file, value))
    return found


def taken(folder: Path, file: str) -> None:
    """Take a message away, durably. Blocks. Raises: OSError."""
    (folder / file).unlink(missing_ok=True)
    sync_folder(folder)


def _files(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name for entry in entries if entry.name.endswith(_SUFFIX) and not entry.name.startswith(".")
            )
    except FileNotFoundError:
        return []


def _body(path: Path) -> bytes:
    """Raises: OSError; TooLargeError for a file that no message is."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        body = file.read(MESSAGE_BYTES_MAX + 1)
    if len(body) > MESSAGE_BYTES_MAX:
        raise TooLargeError
    return body


@contextlib.contextmanager
def _short(home: Path) -> Generator[str]:
    """The bell's path, short enough for an address of a socket (108 bytes)."""
    folder = os.open(bell_path(home).parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        through = f"/proc/self/fd/{folder}/{_BELL}"
        yield through if os.path.isdir(f"/proc/self/fd/{folder}") else str(bell_path(home))  # noqa: PTH112
    finally:
        os.close(folder)
