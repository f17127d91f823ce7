"""The little of `pathlib` and `shutil` that a keeper needs, on strings.

Rules: what a warden has loaded is copied page by page for every job, so this file loads nothing. No policy.
"""

from __future__ import annotations

import os
import stat

_PIECE_BYTES = 1024 * 1024


def is_folder(path: str, *, links: bool = True) -> bool:
    """Whether it is a folder; `links`: or a link to one."""
    try:
        return stat.S_ISDIR(os.stat(path, follow_symlinks=links).st_mode)  # noqa: PTH116 - see above
    except OSError:
        return False


def exists(path: str) -> bool:
    """Whether anything stands there; a link to nothing does not."""
    try:
        os.stat(path)  # noqa: PTH116 - see above
    except OSError:
        return False
    return True


def file_bytes(path: str) -> int:
    """Size of a plain file, or of what a link leads to; -1 if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - see above
    except OSError:
        return -1
    return found.st_size if stat.S_ISREG(found.st_mode) else -1


def link(path: str, text: str) -> None:
    """Make a symbolic link that says this, and the folders above it. Raises: OSError."""
    make_folder(path.rpartition("/")[0])
    os.symlink(text, path)  # noqa: PTH211 - see above


def link_text(path: str) -> str:
    """What a link says. Raises: FileNotFoundError; OSError where it is no link."""
    return os.readlink(path)  # noqa: PTH115 - see above


def make_folder(path: str) -> None:
    """Make it, and what stands above it, unless it is there. Raises: OSError."""
    try:
        os.mkdir(path)  # noqa: PTH102 - see above
    except FileExistsError:
        return
    except FileNotFoundError:
        make_folder(path.rpartition("/")[0])
        os.mkdir(path)  # noqa: PTH102 - see above


def write(path: str, content: bytes) -> None:
    """Write a file, made if it is not there. Raises: OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)


def read(path: str) -> bytes:
    """All of a file. Raises: OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces: list[bytes] = []
        while piece := os.read(descriptor, _PIECE_BYTES):
            pieces.append(piece)
    finally:
        os.close(descriptor)
    return b"".join(pieces)


def copy_folder(source: str, target: str) -> None:
    """Copy a folder with its files, folders and links as they are, with everybody's right to read. Raises: OSError."""
    make_folder(target)
    with os.scandir(source) as entries:
        for entry in entries:
            place = f"{target}/{entry.name}"
            if entry.is_symlink():
                link(place, link_text(entry.path))
            elif entry.is_dir():
                copy_folder(entry.path, place)
            elif entry.is_file():
                write(place, read(entry.path))
