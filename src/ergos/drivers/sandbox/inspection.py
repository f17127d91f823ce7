"""Looks a job over before anything is started: what cannot be asked of a sandbox is refused with a reason.

Rules: pure; says the first objection, '' if there is none. Whether a path of the host exists is seen later, when it is
lent.
"""

from __future__ import annotations

import posixpath
from typing import Final

from ergos.drivers.sandbox.room import WORK
from ergos.drivers.sandbox.stage import DOOR
from ergos.kernel.confinement import Bounds, Job

TEXT_BYTES_MAX: Final = 128 * 1024 - 1  # bytes of one argument or variable (MAX_ARG_STRLEN of Linux)
TEXTS_BYTES_MAX: Final = 1024 * 1024  # bytes of all arguments and variables
BINDS_MAX: Final = 256
DEPTH_MAX: Final = 64  # folders in folders of one path
PORT_MAX: Final = 65_535
PLACES_OF_OURS: Final = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc",
    "/proc",
    "/dev",
    "/sys",
    "/nix",
)
"""Nothing is lent at or below these."""


def objection(job: Job) -> str:
    """Why it cannot be run; '' if it can."""
    return (
        _of_texts(job)
        or _of_bounds(job.bounds)
        or _of_folder_paths(job)
        or _of_binds(job)
        or _of_door(job)
        or ("" if _is_path(job.folder) else f"the folder {job.folder!r} is no absolute path")
    )


def _of_texts(job: Job) -> str:
    if not job.command or not job.command[0]:
        return "there is no command"
    texts = [*job.command, *(f"{name}={value}" for name, value in job.env.items())]
    sizes: list[int] = []
    for text in texts:
        if "\0" in text:
            return "an argument or a variable has a NUL in it"
        try:
            sizes.append(len(text.encode("utf-8", "surrogateescape")))
        except UnicodeEncodeError:
            return "an argument or a variable is no text"
    if max(sizes) > TEXT_BYTES_MAX or sum(sizes) > TEXTS_BYTES_MAX:
        return f"arguments and environment are too large ({sum(sizes)} bytes)"
    bad = next((name for name in job.env if not name or "=" in name), None)
    return "" if bad is None else f"{bad!r} is no name of a variable"


def _of_bounds(bounds: Bounds) -> str:
    if bounds.wall_s < 0 or bounds.cpu_s < 0:
        return "a time limit is negative"
    least = (
        bounds.memory_bytes,
        bounds.processes,
        bounds.open_files,
        bounds.file_bytes,
        bounds.disk_bytes,
        bounds.files,
    )
    if min(least) <= 0 or bounds.output_bytes < 0:
        return "a limit is not above zero"
    return ""


def _of_folder_paths(job: Job) -> str:
    for path in job.files:
        if not _is_relative(path):
            return f"{path!r} is no path below the work folder"
    if len(job.files) > job.bounds.files or sum(map(len, job.files.values())) > job.bounds.disk_bytes:
        return "its files do not fit its work folder"
    for path in job.collect:
        if path != "." and not _is_relative(path.removesuffix("/")):
            return f"{path!r} is no path below the work folder"
    return ""


def _of_binds(job: Job) -> str:
    if len(job.binds) > BINDS_MAX:
        return f"{len(job.binds)} binds, {BINDS_MAX} at most"
    seen: set[str] = {DOOR} if job.door is not None else set()
    for bind in job.binds:
        if not _is_path(bind.source) or not _is_path(bind.target):
            return f"a bind from {bind.source!r} to {bind.target!r}: both must be absolute paths without '.' and '..'"
        if bind.target == "/" or _lies_in(bind.target, PLACES_OF_OURS):
            return f"nothing can be bound at {bind.target}"
        if bind.target in seen:
            return f"two binds at {bind.target}"
        seen.add(bind.target)
    if WORK in seen and (job.files or job.collect):
        return f"{WORK} is bound, so files are neither put into it nor collected"
    return ""


def _of_door(job: Job) -> str:
    if job.door is not None and not _is_path(job.door):
        return f"the door {job.door!r} is no absolute path"
    if not 0 <= job.door_port <= PORT_MAX:
        return f"{job.door_port} is no port"
    return "a port is passed on to a door, and there is none" if job.door_port and job.door is None else ""


def _is_path(path: str) -> bool:
    """Absolute, in its plain form, and text."""
    return path.startswith("/") and "\0" not in path and posixpath.normpath(path) == path and _is_text(path)


def _is_relative(path: str) -> bool:
    parts = path.split("/")
    return "\0" not in path and not {"", ".", ".."} & set(parts) and len(parts) <= DEPTH_MAX and _is_text(path)


def _is_text(path: str) -> bool:
    try:
        return bool(path.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return False


def _lies_in(path: str, places: tuple[str, ...]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)
