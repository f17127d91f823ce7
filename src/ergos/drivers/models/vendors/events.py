"""Server-sent events out of bytes, however the network cut them.

Source: the WHATWG HTML standard, section "Server-sent events", read leniently: an event that is whole JSON ends where
the next begins even if the blank line between them, or after the last, is missing; and a line that begins like a JSON
object is data although it forgot to say so.

Rules: pure; a line may end in CR, LF or both, and a cut may fall anywhere, also inside a character; bytes that are no
UTF-8 become U+FFFD; nothing is kept of a comment, an id or a retry time.
"""

from __future__ import annotations

import json
from typing import Final

import msgspec

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Event(msgspec.Struct, frozen=True):
    """One event."""

    name: str
    """'' where the sender gave none."""
    text: str


class EventDecoder:
    """Takes bytes as they come and gives the events that are complete."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._name = ""
        self._lines: list[str] = []
        self._skip_newline = False
        self._began = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that this chunk completed. Cost: O(its bytes)."""
        if self._skip_newline and chunk:
            self._skip_newline = False
            chunk = chunk.removeprefix(b"\n")
        if not chunk:
            return []
        if b"\n" not in chunk and b"\r" not in chunk:
            self._rest.append(chunk)
            return []
        lines = (b"".join(self._rest) + chunk).splitlines(keepends=True)
        self._skip_newline = chunk.endswith(b"\r")
        self._rest = [] if lines[-1].endswith((b"\n", b"\r")) else [lines.pop()]
        return [event for line in lines if (event := self._line(line.rstrip(b"\r\n"))) is not None]

    def end(self) -> list[Event]:
        """What is left when the bytes end: a last event whose blank line is missing."""
        rest, self._rest = b"".join(self._rest), []
        events = [self._line(rest) if rest else None, self._line(b"")]
        return [event for event in events if event is not None]

    def _line(self, raw: bytes) -> Event | None:
        if not self._began:
            self._began = True
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
        if not raw:
            return self._dispatch()
        line = raw.decode("utf-8", "replace")
        field, _, value = ("data", ":", line) if line.startswith("{") else line.partition(":")
        value = value.removeprefix(" ")
        if field not in {"data", "event"}:
            return None
        before = None
        if (
            self._lines
            and (field == "event" or value.startswith(("{", "[DONE]")))
            and _is_whole("\n".join(self._lines))
        ):
            before = self._dispatch()
        if field == "data":
            self._lines.append(value)
        else:
            self._name = value
        return before

    def _dispatch(self) -> Event | None:
        name, self._name = self._name, ""
        lines, self._lines = self._lines, []
        return Event(name, "\n".join(lines)) if lines else None


def _is_whole(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def encode_event(name: str, text: str) -> bytes:
    """An event as bytes; `text` is one line."""
    assert "\n" not in text
    return f"event: {name}\ndata: {text}\n\n".encode() if name else f"data: {text}\n\n".encode()
