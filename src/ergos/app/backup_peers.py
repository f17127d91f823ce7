"""What a backup keeps of peers besides the journal: their tasks' index with the places they want to be told at, and
which tokens of delegations were revoked.

The index is copied before the store: whatever tasks it lacks are found again in the journal, and it names none that
the store does not know.

Rules: what was revoked stays revoked, whichever of two homes knows of it; an index out of a backup is a table of rows
and nothing that runs.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from ergos.base.errors import VerificationError
from ergos.drivers.sqlite_open import SQLITE_ERRORS, translated

INDEX: Final = "a2a.db"
"""The index; its tokens for notifications are those that peers gave us."""
REVOKED: Final = "delegations.json"
"""Tokens of delegations that were revoked, until when each would have been good."""

_RUNS: Final = "SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'"


class _Revoked(msgspec.Struct, frozen=True):
    revoked: dict[str, int] = {}


def copy_index(source: Path, target: Path) -> bool:
    """Copy the index as it is at this moment; whether there is one. Raises: StoreError, OSError."""
    if not source.is_file() or source.is_symlink():
        return False
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
            closing(sqlite3.connect(target, isolation_level=None)) as writing,
        ):
            reading.backup(writing)
            writing.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, without a log beside it
    except SQLITE_ERRORS as error:
        raise translated(error) from error
    return True


def check_index(path: Path) -> None:
    """Nothing, if an index is whole and holds nothing that runs; or if there is none. Raises: VerificationError."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as reading:
            runs = reading.execute(_RUNS).fetchall()
            whole = reading.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    except SQLITE_ERRORS:
        runs, whole = [], False
    if runs or not whole:
        raise VerificationError(
            f"{path.name} in the backup is no index of peers' tasks", remedy="take another backup; nothing was changed"
        )


def all_revoked(one: bytes | None, other: bytes | None) -> bytes | None:
    """Everything that is revoked in either of two lists; one that cannot be read is kept as it is, and lets nobody in.

    None: there is neither.
    """
    found: dict[str, int] = {}
    for content in (one, other):
        if content is None:
            continue
        try:
            kept = msgspec.json.decode(content, type=_Revoked)
        except msgspec.DecodeError:
            return content
        for token, until in kept.revoked.items():
            found[token] = max(until, found.get(token, until))
    return None if one is None and other is None else msgspec.json.encode(_Revoked(found))
