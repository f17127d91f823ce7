from __future__ import annotations

import os
from pathlib import Path

import pytest

from ergos.drivers.sandbox.stage import StageError, put_files

OURSELVES = (os.geteuid(), os.getegid())


def test_files_are_put_below_the_folder_as_its_users(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        put_files(folder, {"a/b/c": b"1", "a/d": b"#!/bin/sh\n", "e": b""}, OURSELVES)
    finally:
        os.close(folder)
    assert (tmp_path / "a" / "b" / "c").read_bytes() == b"1"
    assert os.access(tmp_path / "a" / "d", os.X_OK)
    assert not (tmp_path / "e").stat().st_mode & 0o111


@pytest.mark.parametrize("files", [{"a": b"", "a/b": b""}, {"link/x": b""}, {"x" * 300: b""}])
def test_what_cannot_be_put_is_said(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "link").symlink_to("/")
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(StageError, match="cannot be put"):
            put_files(folder, files, OURSELVES)
    finally:
        os.close(folder)
