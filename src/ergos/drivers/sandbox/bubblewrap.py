"""A job in bubblewrap: the arguments that put a stage into force, and how its end is read.

Rules: no shell; environment and paths go through a descriptor, for the arguments of a program can be read by everyone
on the machine. What bubblewrap is told is the whole of what the job sees.
Source: bwrap(1).
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
from typing import Final

import msgspec

from ergos.drivers.sandbox.orders import UID_INSIDE, Order
from ergos.drivers.sandbox.stage import Lent, Link, Stage

PATHS: Final = ("/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap", "/run/current-system/sw/bin/bwrap")
VERSION_MIN: Final = (0, 4, 0)
_DISABLE_USERNS: Final = (0, 8, 0)
_SIGNALS: Final = 64  # signals a machine has
_STATUS, _GO, _ARGUMENTS, _FILTER = 3, 4, 5, 6  # descriptors bubblewrap is given beside the job's streams
_ASIDE: Final = 200
DEFAULTED: Final = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGCHLD, signal.SIGALRM, signal.SIGTERM)
"""Signals that a keeper ignores or notes, which a program must find as it expects them."""
DEFAULTS: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/work", "LANG": "C.UTF-8"}
"""What a job finds in its environment unless it is given another."""


class Verdict(msgspec.Struct, frozen=True):
    """How a job ended; `refused`: it was not run, and why; `note`: what its stderr lacks."""

    status: int = 0
    signal: bool = False
    refused: str = ""
    note: str = ""


class _Event(msgspec.Struct, frozen=True, rename="kebab"):
    """One of the documents bubblewrap writes."""

    child_pid: int = 0
    exit_code: int | None = None


def find() -> str:
    """Path of the binary, '' if there is none. Not looked for in PATH, which others may have set."""
    return next((path for path in PATHS if os.access(path, os.X_OK)), "")


def version_of(path: str) -> tuple[int, ...]:
    """Of a binary; () if it does not say."""
    import subprocess  # the kernel asks, a keeper never does

    try:
        said = subprocess.run([path, "--version"], capture_output=True, timeout=10, check=False).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(rb"(\d+)\.(\d+)\.(\d+)", said)
    return tuple(int(part) for part in found.groups()) if found else ()


def environment(order: Order) -> dict[str, str]:
    """What the job finds."""
    return DEFAULTS | dict(order.job.env)


def options(order: Order, stage: Stage) -> list[str]:
    """Everything but the command."""
    words = "--unshare-all --share-net --unshare-user --new-session --die-with-parent --clearenv --cap-drop ALL".split()
    words += ["--uid", str(UID_INSIDE), "--gid", str(UID_INSIDE), "--hostname", "sandbox"]
    if order.bubblewrap_version >= _DISABLE_USERNS:
        words.append("--disable-userns")
    for part in stage.system:
        words += ["--symlink", part.text, part.path] if isinstance(part, Link) else _bind(part)
    words += ["--proc", "/proc", "--dev", "/dev"]
    for part in (*stage.writable, *sorted(stage.lent, key=lambda lent: lent.target.count("/"))):
        words += _bind(part)
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    words += ["--chdir", order.job.folder]
    for name, value in environment(order).items():
        words += ["--setenv", name, value]
    return words


def _bind(part: Lent) -> list[str]:
    return ["--bind" if part.write else "--ro-bind", part.source, part.target]


def spawn(
    order: Order, stage: Stage, filter_program: bytes, streams: tuple[int, int, int], status: int, go: int
) -> int:
    """Start it and say its process id; the job begins when something can be read at `go`. Raises: OSError.

    `streams`: stdin, stdout and stderr of the job.
    """
    arguments = _memory("\0".join(options(order, stage)).encode("utf-8", "surrogateescape") + b"\0")
    program = _memory(filter_program)
    given = {
        0: streams[0],
        1: streams[1],
        2: streams[2],
        _STATUS: status,
        _GO: go,
        _ARGUMENTS: arguments,
        _FILTER: program,
    }
    # Out of the way first, so that none is overwritten before it was copied.
    actions = [(os.POSIX_SPAWN_DUP2, source, _ASIDE + at) for at, source in given.items()]
    actions += [(os.POSIX_SPAWN_DUP2, _ASIDE + at, at) for at in given]
    actions += [(os.POSIX_SPAWN_CLOSE, _ASIDE + at) for at in given]
    words = [
        "bwrap",
        "--args",
        str(_ARGUMENTS),
        "--seccomp",
        str(_FILTER),
        "--json-status-fd",
        str(_STATUS),
        "--block-fd",
        str(_GO),
    ]
    try:
        return os.posix_spawn(
            order.bubblewrap, [*words, "--", *order.job.command], {}, file_actions=actions, setsigdef=DEFAULTED
        )
    finally:
        os.close(arguments)
        os.close(program)


def _memory(content: bytes) -> int:
    """A descriptor one can read this from."""
    descriptor = os.memfd_create("sandbox", os.MFD_CLOEXEC)
    while content:
        content = content[os.write(descriptor, content) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def first_process(said: bytes) -> int:
    """Of what bubblewrap wrote: the process that is number 1 inside; 0 if it did not say yet."""
    for line in said.splitlines():
        with contextlib.suppress(msgspec.DecodeError):
            return msgspec.json.decode(line, type=_Event).child_pid
    return 0


def ended(said: bytes) -> bool:
    """Of what bubblewrap wrote: whether the process that is number 1 inside has ended."""
    return b'"exit-code"' in said


def verdict(status: bytes, code: int, stderr: bytes) -> Verdict:
    """How it ended, from what bubblewrap wrote, its own exit status (negative: a signal), and stderr."""
    for line in status.splitlines():
        try:
            event = msgspec.json.decode(line, type=_Event)
        except msgspec.DecodeError:
            continue
        if event.exit_code is not None:
            return Verdict(event.exit_code, 128 < event.exit_code <= 128 + _SIGNALS)
    if code < 0:
        return Verdict(128 - code, signal=True)
    said = stderr.decode(errors="replace").strip()
    if found := re.search(r"^bwrap: execvp .*: (.*)$", said, re.MULTILINE):
        return Verdict(127 if "No such file" in found[1] else 126)
    return Verdict(refused=said[-500:] or f"bubblewrap ended with status {code}")
