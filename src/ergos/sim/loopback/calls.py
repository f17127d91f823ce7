"""The record of what reached the loopback server: one call after the other, counted by what they say.

Rules: two requests say the same when all that a model would see of them is equal, in whatever order their keys stand;
what only concerns the transport does not count. With a file, a call's coming is in it before anything is answered, and
its end before the next call is read, so that neither side's death loses a line.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from pathlib import Path
from typing import Final, Literal

import msgspec

from ergos.base.ids import Digest
from ergos.sim.loopback.tokens import digest_of
from ergos.sim.loopback.wires import TRANSPORT_FIELDS

CALLS_KEPT_MAX: Final = 200_000  # calls kept in memory; the file keeps all
CONTENTS_MAX: Final = 1_000_000  # different contents counted; more is not a test but a flood

Outcome = Literal["open", "answered", "refused", "broken", "left"]
"""Under way; answered in full; answered with an error; broken off on purpose; its client left before the end."""

_ENCODER: Final = msgspec.json.Encoder()


class Call(msgspec.Struct, omit_defaults=True):
    """One request to a model."""

    number: int
    """Counts from 1."""
    path: str
    model: str
    digest: Digest
    """Of what it says."""
    occurrence: int
    """The how-manieth request that says the same; counts from 1."""
    stream: bool = False
    session: str = ""
    """What the scheduler in front says which program this is."""
    priority: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    came_ns: int = 0
    """Of the server's own time, which an engine's scale makes faster."""
    first_ns: int = 0
    """When an engine wrote its first token, and"""
    done_ns: int = 0
    """its last."""
    ended_ns: int = 0
    status: int = 0
    outcome: Outcome = "open"


class CallLog:
    """All calls, in memory and, if a path is given, in a file that grows."""

    def __init__(self, path: Path | None = None) -> None:
        self.calls: Final[deque[Call]] = deque(maxlen=CALLS_KEPT_MAX)
        self.came_by_content: Final[Counter[Digest]] = Counter()
        self.answered_by_content: Final[Counter[Digest]] = Counter()
        self.count = 0
        self._file: Final = None if path is None else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def came(
        self, path: str, body: dict[str, object], *, session: str = "", priority: int = 0, now_ns: int = 0
    ) -> Call:
        """A request came."""
        digest = content_digest(body)
        if len(self.came_by_content) >= CONTENTS_MAX:
            self.came_by_content.clear()
            self.answered_by_content.clear()
        self.came_by_content[digest] += 1
        self.count += 1
        call = Call(
            number=self.count,
            path=path,
            model=str(body.get("model", "")),
            digest=digest,
            occurrence=self.came_by_content[digest],
            stream=body.get("stream") is True,
            session=session,
            priority=priority,
            came_ns=now_ns,
        )
        self.calls.append(call)
        self._put("came", call)
        return call

    def ended(self, call: Call, outcome: Outcome, status: int, now_ns: int = 0) -> None:
        """And this is what became of it."""
        call.outcome, call.status, call.ended_ns = outcome, status, now_ns
        if outcome == "answered":
            self.answered_by_content[call.digest] += 1
        self._put("ended", call)

    def repeated(self) -> list[Digest]:
        """Contents that came more than once."""
        return [digest for digest, count in self.came_by_content.items() if count > 1]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)

    def _put(self, event: str, call: Call) -> None:
        if self._file is not None:
            os.write(self._file, b'{"event":"%b",' % event.encode() + _ENCODER.encode(call)[1:] + b"\n")


def content_digest(body: dict[str, object]) -> Digest:
    """The name of what a request says."""
    return digest_of({name: given for name, given in body.items() if name not in TRANSPORT_FIELDS})


def read_log(path: Path) -> list[Call]:
    """The calls of a log file, each as it was last seen; a line that was not finished is left out."""
    found: dict[int, Call] = {}
    for line in path.read_bytes().split(b"\n")[:-1]:
        call = msgspec.json.decode(line, type=Call)
        found[call.number] = call
    return list(found.values())
