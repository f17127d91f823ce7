from __future__ import annotations

from pathlib import Path

import pytest

from ergos.base.errors import ErgosError, PortMissingError
from ergos.base.world_errors import SandboxMissingError
from ergos.drivers.tools.inside import files_in, files_out, interpreter, package_binds, sandbox_of
from ergos.drivers.tools.workspaces import Workspaces
from tests.drivers.tools.errands import errand


def test_without_a_sandbox_there_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(SandboxMissingError) as caught:
        sandbox_of(None)
    assert "bubblewrap" in caught.value.what_to_do


def test_the_interpreter_is_lent_without_its_packages() -> None:
    python, binds = interpreter()
    assert Path(python).exists()
    assert not any(bind.write for bind in binds)
    assert all(Path(python).is_relative_to(bind.source) for bind in binds)


def test_a_package_that_is_not_there_names_its_extra() -> None:
    with pytest.raises(PortMissingError) as caught:
        package_binds("no_such_package", "code", "/opt/x")
    assert "ergos[code]" in caught.value.what_to_do


def test_files_go_in_and_come_out_by_name_and_no_further(tmp_path: Path) -> None:
    workspaces = Workspaces(tmp_path, "alice")
    files_out(workspaces, errand(), {"a/b.txt": b"x"}, "t")
    assert files_in(workspaces, errand(), ("a/b.txt",), 10) == {"a/b.txt": b"x"}
    for name in ("../x", "/etc/passwd", "a\0"):
        with pytest.raises(ErgosError):
            files_out(workspaces, errand(), {name: b"x"}, "t")
        with pytest.raises(ErgosError):
            files_in(workspaces, errand(), (name,), 10)
