from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ergos.drivers.sandbox import linux_calls as linux


def opened(folder: int, path: str) -> str:
    descriptor = linux.open_beneath(folder, path, os.O_RDONLY)
    try:
        return os.read(descriptor, 100).decode()
    finally:
        os.close(descriptor)


def test_nothing_above_or_beside_a_folder_is_opened(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("outside")
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "file").write_text("inside")
    (inside / "link").symlink_to("sub/file")
    (inside / "up").symlink_to("../outside")
    (inside / "folder").symlink_to("sub")
    folder = os.open(inside, os.O_RDONLY)
    try:
        assert opened(folder, "sub/file") == "inside"
        assert opened(folder, "sub/../sub/file") == "inside"
        for path in (
            "../outside",
            "link",
            "up",
            "folder/file",
            str(tmp_path / "outside"),
            "/proc/self/root",
            "sub/../../outside",
        ):
            with pytest.raises(OSError) as refused:
                opened(folder, path)
            assert refused.value.errno in {errno.ELOOP, errno.EXDEV}
    finally:
        os.close(folder)


def test_a_failure_has_the_number_of_its_error() -> None:
    with pytest.raises(OSError) as failed:
        linux.unmount("/no/such/place")
    assert failed.value.errno in {errno.ENOENT, errno.EPERM}
    with pytest.raises(OSError) as failed:
        linux.pivot_root("/no/such/place", "/no/such/place")
    assert failed.value.errno in {errno.ENOENT, errno.EPERM}
