"""The sessions of editors, as a file of the home: which process each is, and where it was begun.

Rules: replaced whole; two editors take turns; bounded, the oldest are forgotten, their processes are not.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.errors import WorldError
from ergos.buses.acp.ports import Session
from ergos.drivers.whole_file import replace_file, turn

FILE: Final = "editor.sessions"
SESSIONS_MAX: Final = 1_000  # sessions remembered
BYTES_MAX: Final = 4 * 1024 * 1024  # bytes of the file


class SessionFile:
    """Of one home."""

    def __init__(self, home: Path) -> None:
        self._path: Final = home / FILE

    def all(self) -> dict[str, Session]:
        """Sessions by id; none where there is no file of ours."""
        try:
            if self._path.stat().st_size > BYTES_MAX:
                return {}
            found = msgspec.json.decode(self._path.read_bytes(), type=list[Session])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}
        return {session.id: session for session in found}

    def put(self, session: Session) -> None:
        """Remember it as it is now. Raises: WorldError."""
        try:
            with self._turn():
                known = self.all()
                known.pop(session.id, None)
                known[session.id] = session
                kept = list(known.values())[-SESSIONS_MAX:]
                replace_file(self._path, msgspec.json.encode(kept))
        except OSError as error:
            raise WorldError(f"{self._path} cannot be written: {error.strerror}") from error

    @contextmanager
    def _turn(self) -> Generator[None]:
        descriptor = turn(self._path)
        try:
            yield
        finally:
            os.close(descriptor)
