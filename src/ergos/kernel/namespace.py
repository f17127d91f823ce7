"""One path scheme names everything a kernel keeps: `/proc/7/journal`, `/ledger/alice`, `/sys/limits`.

`TABLE` is the whole scheme. Faces (command line, console, tool servers) parse a path here and read through a
`Reads`, so that all of them show the same things under the same names.

Rules: pure; nothing can be written through a path; a path names one place or none: no '..', no second
spelling. This file knows no store: what stands at a place is read by whoever implements `Reads`.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from ergos.base import limits
from ergos.base.canonical import Plain
from ergos.base.error_tree import every_error
from ergos.base.errors import UnknownPathError, UsageError
from ergos.base.ids import Pid
from ergos.kernel.syscalls import TABLE as SYSCALLS

PATH_CHARS_MAX: Final = 512  # characters of a path; four names of the greatest length fit
LISTING_ENTRIES_MAX: Final = 1_000  # entries of one listing; more is a query, not a listing
PID_DIGITS_MAX: Final = 18  # digits of a pid; it stays within 64 bits


class Route(msgspec.Struct, frozen=True):
    """One row of the scheme; a part in braces stands for any name."""

    pattern: str
    summary: str
    folder: bool = False


TABLE: Final[tuple[Route, ...]] = (
    Route("/", "everything", folder=True),
    Route("/proc", "processes by pid", folder=True),
    Route("/proc/{pid}", "one process", folder=True),
    Route("/proc/{pid}/state", "where it stands and what it waits for"),
    Route("/proc/{pid}/journal", "its newest records"),
    Route("/proc/{pid}/calls", "calls of its open turn"),
    Route("/proc/{pid}/mail", "unread messages"),
    Route("/proc/{pid}/triggers", "what wakes it, when next, and which of it sees nothing and why"),
    Route("/proc/{pid}/memory", "what its last turn committed, and its agent's persistent memory"),
    Route("/proc/{pid}/definition", "the version of the agent it runs on"),
    Route("/proc/{pid}/grants", "what it may do, in sentences"),
    Route("/ledger", "owners with an account", folder=True),
    Route("/ledger/{owner}", "what an owner has spent and holds"),
    Route("/inbox", "what waits for an owner"),
    Route("/agents", "agents that were started here", folder=True),
    Route("/agents/{agent}", "the newest definition of an agent that was started"),
    Route("/sys", "the kernel itself", folder=True),
    Route("/sys/limits", "every bound"),
    Route("/sys/syscalls", "every system call"),
    Route("/sys/errors", "every error with its code and remedy"),
)

_BY_PATTERN: Final = {route.pattern: route for route in TABLE}


class Place(msgspec.Struct, frozen=True):
    """A path that was understood."""

    route: Route
    path: str
    """Canonical spelling."""
    name: str = ""
    """What stands for the part in braces; '' without one."""

    @property
    def pid(self) -> Pid:
        """The process of a place under /proc."""
        return Pid(int(self.name))


class Entry(msgspec.Struct, frozen=True):
    """One line of a listing."""

    name: str
    folder: bool
    summary: str


class Listing(msgspec.Struct, frozen=True):
    """What stands in a folder, at most LISTING_ENTRIES_MAX entries."""

    entries: tuple[Entry, ...]
    more: bool = False
    """Something was left out."""


class Reads(Protocol):
    """What the scheme asks of whoever keeps things."""

    async def names(self, place: Place, limit: int) -> tuple[str, ...]:
        """Names that stand for the braces below this folder (pids, owners, agents), at most `limit`."""
        ...

    async def value(self, place: Place) -> Plain:
        """What stands at a place that is no folder. Raises: UnknownPathError, UnknownProcessError."""
        ...


def place(path: str) -> Place:
    """The place a path names; a leading slash may be left out. Raises: UnknownPathError."""
    if len(path) > PATH_CHARS_MAX:
        raise UnknownPathError(f"the path {path[:40]!r}… is longer than {PATH_CHARS_MAX} characters")
    parts = path.removeprefix("/").removesuffix("/").split("/") if path.strip("/") else []
    pattern, name = "", ""
    for part in parts:
        exact, variable = f"{pattern}/{part}", _variable(pattern)
        if exact in _BY_PATTERN and "{" not in part:
            pattern = exact
        elif variable and _fits(variable, part):
            pattern, name = f"{pattern}/{variable}", part
        else:
            raise UnknownPathError(f"nothing stands at {path!r}: {pattern or '/'} has no {part!r}")
    return Place(_BY_PATTERN[pattern or "/"], "/" + "/".join(parts), name)


async def listing(path: str, reads: Reads) -> Listing:
    """What stands in a folder. Raises: UnknownPathError; UsageError if it is no folder."""
    found = place(path)
    if not found.route.folder:
        raise UsageError(f"{found.path} is no folder", remedy=f"`ergos cat {found.path}` shows it")
    stem = found.route.pattern.rstrip("/")
    entries: list[Entry] = []
    more = False
    for route in TABLE:
        parent, _, last = route.pattern.rpartition("/")
        if parent != stem or not last:
            continue
        if last.startswith("{"):
            names = await reads.names(found, LISTING_ENTRIES_MAX + 1)
            more = len(names) > LISTING_ENTRIES_MAX
            entries += [Entry(name, route.folder, route.summary) for name in names[:LISTING_ENTRIES_MAX]]
        else:
            entries.append(Entry(last, route.folder, route.summary))
    if found.name and found.route.folder:
        await reads.value(place(f"{found.path}/state"))  # a process that does not exist has no folder
    return Listing(tuple(entries), more)


async def read(path: str, reads: Reads) -> Plain:
    """What stands at a path. Raises: UnknownPathError; UsageError if it is a folder."""
    found = place(path)
    if found.route.folder:
        raise UsageError(f"{found.path} is a folder", remedy=f"`ergos ls {found.path}` lists it")
    fixed = _FIXED.get(found.route.pattern)
    return fixed() if fixed is not None else await reads.value(found)


def _variable(pattern: str) -> str:
    """The part in braces below a pattern, or ''."""
    for route in TABLE:
        parent, _, last = route.pattern.rpartition("/")
        if parent == pattern and last.startswith("{"):
            return last
    return ""


def _fits(variable: str, part: str) -> bool:
    if variable == "{pid}":
        return part.isascii() and part.isdigit() and part[0] != "0" and len(part) <= PID_DIGITS_MAX
    return part not in {"", ".", ".."} and len(part) <= limits.NAME_CHARS_MAX and part.isprintable()


def _limits() -> Plain:
    return {name: value for name, value in sorted(vars(limits).items()) if name.isupper() and name != "MIB"}


def _syscalls() -> Plain:
    return [
        {"name": row.name, "summary": row.summary, "granted": row.granted, "waits": row.waits}
        for row in SYSCALLS.values()
    ]


def _errors() -> Plain:
    return [
        {"code": error.code, "name": error.__name__, "what": error().what, "remedy": error.remedy}
        for error in sorted(every_error(), key=lambda error: error.code)
    ]


_FIXED: Final = {"/sys/limits": _limits, "/sys/syscalls": _syscalls, "/sys/errors": _errors}
