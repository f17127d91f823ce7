"""What goes between a kernel and the keeper of one job: the order, and what came of it.

Rules: plain records, one blob each way; the keeper is ours, so both sides trust the form and neither the contents.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from ergos.kernel.confinement import Job

Backend = Literal["bubblewrap", "landlock", "landlock-bare"]
BACKENDS: Final[tuple[Backend, ...]] = ("bubblewrap", "landlock", "landlock-bare")
"""Best first. The last one has no namespaces: no network at all, no binds but in place."""

UID_FIRST: Final = 60_600  # a range no distribution gives to anyone (systemd's UIDS-GIDS: 60578 to 61183 unused)
UIDS: Final = 512  # jobs at once of a kernel that runs as root; each has a user of its own
UID_INSIDE: Final = 1000  # who a job is inside a user namespace


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A job and how to confine it."""

    job: Job
    backend: Backend
    uid_hint: int = 0
    """Which of the users of jobs to try first, if the kernel runs as root."""
    scratch: str
    bubblewrap: str = ""
    """Path of the binary."""
    bubblewrap_version: tuple[int, ...] = ()
    streaming: bool = False
    """Its stdout goes to who opened it, not into the result."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a keeper says at the end; `refused` says why nothing was run."""

    refused: str = ""
    status: int = 0
    why: Literal["exit", "signal", "deadline", "killed"] = "exit"
    stdout: bytes = b""
    stderr: bytes = b""
    cut: bool = False
    files: Mapping[str, bytes] = {}
    left_out: Mapping[str, str] = {}


def encode(message: Order | Result) -> bytes:
    """As bytes."""
    return msgspec.msgpack.encode(message)


def decode_order(blob: bytes) -> Order:
    """Back from bytes."""
    return msgspec.msgpack.decode(blob, type=Order)


def decode_result(blob: bytes) -> Result:
    """Back from bytes. Raises: msgspec.DecodeError where a keeper was cut off."""
    return msgspec.msgpack.decode(blob, type=Result)
