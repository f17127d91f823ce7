from __future__ import annotations

import os
from pathlib import Path

import pytest

from ergos.drivers.sandbox import linux_calls as linux
from ergos.drivers.sandbox.landlock import confine


def test_what_is_not_listed_cannot_be_touched(tmp_path: Path) -> None:
    if linux.landlock_version() == 0:
        pytest.skip("this kernel has no Landlock")
    for name in ("read", "write", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    child = os.fork()
    if child == 0:
        found: list[str] = []
        try:
            confine([str(tmp_path / "read"), "/no/such/place"], [str(tmp_path / "write")], apart=False)
            for name in ("read", "write", "other"):
                for mode in ("r", "a"):
                    try:
                        (tmp_path / name / "file").open(mode).close()
                        found.append(name + mode)
                    except PermissionError:
                        pass
            for change in (
                lambda: (tmp_path / "other" / "file").rename(tmp_path / "write" / "x"),
                lambda: os.truncate(tmp_path / "other" / "file", 0),
            ):
                try:
                    change()
                    found.append("changed")
                except OSError:
                    pass
            Path("/dev/null").write_text("x")
        finally:
            os._exit(0 if found == ["readr", "writer", "writea"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
