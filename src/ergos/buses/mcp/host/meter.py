"""How much a server may send: what is asked for, and a little more.

A server that is asked nothing has little to say, and an answer has a size. So everything that arrives is counted, and
the count begins anew with every request of ours; what goes beyond it ends the connection.

Rules: counts bytes and messages; keeps no content but the last lines that were no messages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from ergos.base.limits import MIB
from ergos.base.world_errors import BusError

LINE_BYTES_MAX: Final = 16 * MIB  # bytes of one message; results are smaller than that
BYTES_MAX: Final = 48 * MIB  # bytes between two requests of ours; a listing of pages and its notifications
MESSAGES_MAX: Final = 5_000  # messages between two requests of ours; progress ten times a second for eight minutes
NOISE_LINES_MAX: Final = 200  # lines between two requests of ours that are no messages; more is no server
LOG_LINES_MAX: Final = 400  # lines kept of what a server wrote to its log
LOG_LINE_CHARS_MAX: Final = 500  # characters kept of one of them


class Log:
    """The last lines a server wrote that are no messages."""

    def __init__(self) -> None:
        self._lines: Final[deque[str]] = deque(maxlen=LOG_LINES_MAX)

    def write(self, text: bytes) -> None:
        """Append; what is too long is cut."""
        for line in text[-LOG_LINES_MAX * LOG_LINE_CHARS_MAX :].splitlines():
            if line.strip():
                self._lines.append(line[:LOG_LINE_CHARS_MAX].decode("utf-8", "replace"))

    @property
    def lines(self) -> tuple[str, ...]:
        """Oldest first."""
        return tuple(self._lines)


class Meter:
    """Counts what one server sends."""

    def __init__(self, server: str, log: Log) -> None:
        self._server: Final = server
        self.log: Final = log
        self.fault: BusError | None = None
        """Why nothing more is read."""
        self.closed = False
        """Its side of the pipes has ended."""
        self.kill: Callable[[], None] | None = None
        """Ends the program at once, while there is one."""
        self._bytes = self._messages = self._noise = 0

    def begin(self) -> None:
        """Something is asked of the server: it may send again."""
        self._bytes = self._messages = self._noise = 0

    def took(self, count: int) -> None:
        """Bytes arrived. Raises: BusError."""
        self._bytes += count
        if self._bytes > BYTES_MAX:
            self._refuse(f"sent more than {BYTES_MAX:,} bytes that nobody asked for")

    def message(self) -> None:
        """A message arrived. Raises: BusError."""
        self._messages += 1
        if self._messages > MESSAGES_MAX:
            self._refuse(f"sent more than {MESSAGES_MAX:,} messages that nobody asked for")

    def noise(self, line: bytes, *, meant: bool = False) -> None:
        """A line arrived that is no message. `meant`: it wants to be one, so that somebody waits for what it was.

        Raises: BusError.
        """
        self.log.write(line)
        if meant:
            self._refuse("sent a message that cannot be read")
        self._noise += 1
        if self._noise > NOISE_LINES_MAX:
            self._refuse(f"wrote more than {NOISE_LINES_MAX} lines that are no messages")

    def line(self, length: int) -> None:
        """So long is the message that is arriving. Raises: BusError."""
        if length > LINE_BYTES_MAX:
            self._refuse(f"sent a message of more than {LINE_BYTES_MAX:,} bytes")

    def _refuse(self, why: str) -> None:
        self.fault = BusError(f"{self._server} {why}")
        raise self.fault
