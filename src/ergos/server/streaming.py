"""An answer on its way to a program, as it comes and as it ends.

While a call runs its pieces are passed on, whole events only, as long as the program keeps up; once the call is
recorded, the rest of its body follows. A reader that is slow, or gone, holds up nobody: what it has not read is in the
recorded body.

Rules: a program sees the end of an answer only after the call has returned; what it saw is a beginning of the
recorded body, or ends with an error in its protocol's format.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.drivers.http.reply import Responder
from ergos.kernel.models import Dialect
from ergos.server.refusals import Refused, body_of, event_of, headers_of, manner_of

BACKLOG_BYTES_MAX: Final = 1024 * 1024  # bytes kept for a slow reader while its call runs; the rest waits for its end
PIECE_BYTES: Final = 256 * 1024  # bytes written at once to a slow reader

STREAM_HEADERS: Final = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}
_TYPE: Final = re.compile(r"[\w.+\-]+/[\w.+\-]+(?: ?; ?[\w\-]+=[\w\-\"]+)*", re.ASCII)


class Delivery:
    """One answer."""

    def __init__(self, reply: Responder, dialect: Dialect, path: str, headers: dict[str, str]) -> None:
        self._reply: Final = reply
        self._dialect: Final[Dialect] = dialect
        self._manner: Final = manner_of(path, headers)
        self._held: Final = bytearray()
        self._sent = 0
        self._behind = False

    def sink(self, piece: bytes) -> None:
        """Pass on more of the body."""
        if self._behind:
            return
        self._held.extend(piece)
        if self._reply.writable:
            self._push()
        elif len(self._held) > BACKLOG_BYTES_MAX:
            self._behind = True
            self._held.clear()

    def _push(self) -> None:
        if self._behind or self._reply.ended:
            return
        end = _events_end(self._held)
        if not end:
            return
        if not self._reply.status:
            self._reply.start(200, STREAM_HEADERS)
            self._reply.on_writable(self._push)
        self._reply.write(bytes(self._held[:end]))
        self._sent += end
        del self._held[:end]

    async def finish(self, status: int, media_type: str, body: bytes) -> None:
        """The call has returned: send what is left."""
        reply = self._reply
        self._behind = True
        if not reply.status:
            media_type = media_type if _TYPE.fullmatch(media_type) else "application/json"
            reply.send(status, {"content-type": media_type}, body)
            return
        if len(body) < self._sent:
            reply.abort()  # what was passed on is not what was recorded: it must not look whole
            return
        for start in range(self._sent, len(body), PIECE_BYTES):
            reply.write(body[start : start + PIECE_BYTES])
            if not reply.writable:
                await reply.drain()
        reply.end()

    def refuse(self, refused: Refused) -> None:
        """The call has failed: say so, within the stream if it has begun."""
        reply = self._reply
        self._behind = True
        if reply.ended:
            return
        if not reply.status:
            reply.send(refused.row.status, headers_of(refused), body_of(refused, self._manner))
        else:
            reply.write(event_of(refused, self._dialect))
            reply.end()


def _events_end(held: bytearray) -> int:
    """Where the last whole event ends; 0 if there is none."""
    return max(0 if (at := held.rfind(end)) < 0 else at + len(end) for end in (b"\n\n", b"\r\n\r\n", b"\r\r"))
