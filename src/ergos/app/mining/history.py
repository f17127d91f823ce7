"""Shell histories as commands with their times: bash, zsh and fish, as these shells write them.

    bash   #1700000000            zsh   : 1700000000:12;make      fish   - cmd: make
           make                                                          when: 1700000000

Sources: bash(1) HISTTIMEFORMAT; zsh's EXTENDED_HISTORY (zshoptions); fish's history file.

Rules: a file is read once, within bounds, as its owner points at it; a line that is none is left out; nothing is run,
expanded or looked up.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.clock import SECOND
from ergos.base.errors import SourceError

HISTORY_BYTES_MAX: Final = 32 * 1024 * 1024  # bytes of one history; the newest end is read of a longer one
BINARY_BYTES: Final = 65_536  # bytes that are looked at for the zero byte that no text has
COMMANDS_MAX: Final = 500_000  # commands of one history, the newest
COMMAND_CHARS_MAX: Final = 2_000  # characters of one command; a longer one is a document
_BASH_TIME: Final = re.compile(r"#([0-9]{9,11})")
_ZSH: Final = re.compile(r": ([0-9]{9,11}):([0-9]{1,9});")
_FISH_WHEN: Final = re.compile(r"  when: ([0-9]{9,11})")
_ZSH_META: Final = 0x83
"""The byte before one that zsh changed (by 32) to keep it out of its own way (zsh's metafied strings)."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One command."""

    text: str
    at_ns: int | None = None
    """When; None where the history does not say."""
    took_s: int | None = None
    """How long it ran, where the history says."""


def read_history(path: Path) -> tuple[Seen, ...]:
    """The commands of a history, in its order. Raises: SourceError."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - HISTORY_BYTES_MAX))
            raw = file.read(HISTORY_BYTES_MAX)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}", remedy="name a shell's history file") from error
    if b"\0" in raw[:BINARY_BYTES]:
        raise SourceError(f"{path} is no text, so no history of a shell", remedy="name a shell's history file")
    if size > HISTORY_BYTES_MAX:
        raw = raw.partition(b"\n")[2]
    return history(raw)


def history(raw: bytes) -> tuple[Seen, ...]:
    """The commands in the bytes of a history file."""
    if _ZSH.match(raw[:64].decode("utf-8", "replace")) or b"\n: 1" in raw[:100_000]:
        raw = _unmetafied(raw)
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    if text.startswith("- cmd: ") or "\n- cmd: " in text[:100_000]:
        found = _fish(text)
    elif _ZSH.search(text[:100_000]):
        found = _zsh(text)
    else:
        found = _bash(text)
    return tuple(one for one in found if one.text and len(one.text) <= COMMAND_CHARS_MAX)[-COMMANDS_MAX:]


def _bash(text: str) -> list[Seen]:
    """Lines, each after its time where there is one; what follows a time until the next one is one command."""
    found: list[Seen] = []
    at_ns: int | None = None
    timed = _BASH_TIME.search(text) is not None
    parts: list[str] = []
    for line in text.splitlines():
        time = _BASH_TIME.fullmatch(line)
        if time is not None:
            if parts:
                found.append(Seen(text="\n".join(parts).strip(), at_ns=at_ns))
            parts, at_ns = [], int(time[1]) * SECOND
        elif timed and at_ns is not None:
            parts.append(line)
        elif line.strip():
            found.append(Seen(text=line.strip()))
    if parts:
        found.append(Seen(text="\n".join(parts).strip(), at_ns=at_ns))
    return found


def _zsh(text: str) -> list[Seen]:
    found: list[Seen] = []
    pending = ""
    for line in text.split("\n"):
        whole = f"{pending}\n{line}" if pending else line
        if whole.endswith("\\") and not whole.endswith("\\\\") and len(whole) < COMMAND_CHARS_MAX:
            pending = whole[:-1]
            continue
        pending = ""
        time = _ZSH.match(whole)
        if time is not None:
            said = whole[time.end() :].strip()
            found.append(Seen(text=said, at_ns=int(time[1]) * SECOND, took_s=int(time[2])))
        elif whole.strip():
            found.append(Seen(text=whole.strip()))
    return found


def _fish(text: str) -> list[Seen]:
    found: list[Seen] = []
    command = ""
    for line in text.split("\n"):
        if line.startswith("- cmd: "):
            if command:
                found.append(Seen(text=command))
            command = line[7:].replace("\\n", "\n").replace("\\\\", "\\").strip()
        elif command and (when := _FISH_WHEN.match(line)) is not None:
            found.append(Seen(text=command, at_ns=int(when[1]) * SECOND))
            command = ""
    if command:
        found.append(Seen(text=command))
    return found


def _unmetafied(raw: bytes) -> bytes:
    if bytes([_ZSH_META]) not in raw:
        return raw
    found = bytearray()
    skip = False
    for byte in raw:
        if skip:
            found.append(byte ^ 32)
            skip = False
        elif byte == _ZSH_META:
            skip = True
        else:
            found.append(byte)
    return bytes(found)
