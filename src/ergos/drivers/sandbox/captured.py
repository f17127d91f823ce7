"""What a job writes, up to a bound; the rest is thrown away without being looked at.

Rules: the job is never held up by what nobody reads, and never costs more memory than its bound.
"""

from __future__ import annotations

import os
from typing import Final

PIECE_BYTES: Final = 65_536


class Captured:
    """One pipe's content."""

    def __init__(self, bytes_max: int) -> None:
        self.descriptor = -1
        """Where to read; -1: nothing more comes."""
        self.cut = False
        self._pieces: list[bytes] = []
        self._left = bytes_max
        self._void = -1

    @property
    def content(self) -> bytes:
        """All that was kept."""
        return b"".join(self._pieces)

    def read_from(self, descriptor: int) -> None:
        """Read this from now on."""
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor

    def add(self, piece: bytes) -> None:
        """Keep this, as far as there is room."""
        self.cut = self.cut or len(piece) > self._left
        kept = piece[: self._left]
        self._left -= len(kept)
        self._pieces.append(kept)

    def read(self) -> bool:
        """Take what is there; False: nothing is, or nothing will be."""
        if self.descriptor < 0:
            return False
        try:
            if self.cut:
                # Moved within the operating system: a flood costs no copying here.
                if self._void < 0:
                    self._void = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
                more = os.splice(self.descriptor, self._void, 16 * PIECE_BYTES) > 0
            else:
                piece = os.read(self.descriptor, PIECE_BYTES)
                more = bool(piece)
                self.add(piece)
        except BlockingIOError:
            return False
        except OSError:
            more = False
        if not more:
            os.close(self.descriptor)
            self.descriptor = -1
        return more

    def read_rest(self) -> None:
        """Take all there is, when nobody writes any more."""
        while self.read():
            pass
