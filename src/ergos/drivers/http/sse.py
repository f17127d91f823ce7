"""Server-sent events out of a stream of bytes, however it was cut into pieces.

Each event carries the bytes it was made of, so that a relay passes on what it was sent and nothing else: the `raw` of
all events, followed by `rest`, is exactly what was fed.

Rules: lines end with LF, CR or CRLF; a byte order mark may come first; comments and unknown fields are skipped; a
blank line without data before it is no event, and its bytes belong to the next; an event that the end of the stream
cuts off was never sent. Events are bounded. Source: the HTML standard, section 9.2.6.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ergos.base.limits import VALUE_BYTES_MAX
from ergos.base.world_errors import HttpError

EVENT_BYTES_MAX: Final = VALUE_BYTES_MAX  # bytes of one event; one that is longer has no end

_BOM: Final = b"\xef\xbb\xbf"
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")


class SseEvent(msgspec.Struct, frozen=True):
    """One event."""

    data: str
    """Its data lines, joined with line feeds."""
    event: str = ""
    """Its type; '' where the stream named none, which stands for 'message'."""
    id: str = ""
    """The last id the stream named."""
    raw: bytes = b""
    """The bytes it came as, with the blank line that ended it and whatever was skipped before."""


class SseSplitter:
    """Splits one stream."""

    def __init__(self, event_bytes_max: int = EVENT_BYTES_MAX) -> None:
        self._most: Final = event_bytes_max
        self._buffer: Final = bytearray()
        self._line = 0
        self._searched = 0
        self._half = False
        self._first = True
        self._lines: list[str] = []
        self._event = ""
        self._id = ""

    @property
    def rest(self) -> bytes:
        """What belongs to no event yet."""
        return bytes(self._buffer)

    def feed(self, piece: bytes) -> list[SseEvent]:
        """The events that this piece completes. Raises: HttpError for one that is too large."""
        buffer = self._buffer
        buffer += piece
        events: list[SseEvent] = []
        if self._half and len(buffer) > self._line:
            # A line ended with the CR that came last; a LF now is the other half of its end.
            self._half = False
            if buffer[self._line] == 10:
                self._line += 1
                self._searched = self._line
        while (found := _LINE_END.search(buffer, self._searched)) is not None:
            line = bytes(buffer[self._line : found.start()])
            self._line = self._searched = found.end()
            self._half = found.end() == len(buffer) and buffer[-1] == 13
            if line:
                self._field(line)
            elif self._lines:
                events.append(SseEvent("\n".join(self._lines), self._event, self._id, bytes(buffer[: self._line])))
                del buffer[: self._line]
                self._line = self._searched = 0
                self._lines = []
                self._event = ""
            else:
                self._event = ""
        self._searched = len(buffer)
        if len(buffer) > self._most:
            raise HttpError(f"an event of the stream is longer than {self._most:,} bytes", kind="too-large")
        return events

    def _field(self, line: bytes) -> None:
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        name, _, value = line.partition(b":")
        if name not in {b"data", b"event", b"id"}:
            return
        text = value.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            self._lines.append(text)
        elif name == b"event":
            self._event = text
        elif "\0" not in text:
            self._id = text
