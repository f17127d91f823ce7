from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ergos.base.errors import ToolFailedError
from ergos.base.world_errors import SandboxMissingError
from ergos.drivers.tools.programs import ProgramTools
from ergos.drivers.tools.workspaces import Workspaces
from tests.drivers.tools.errands import BACKENDS, Bench, confining


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "work" / "scribe"
    folder.mkdir(parents=True)
    (folder / "in.txt").write_text("3\n4\n")
    (folder / "private.txt").write_text("not lent")
    return folder


@pytest.fixture(params=BACKENDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path, work: Path) -> Iterator[Bench]:
    with confining(tmp_path, request.param) as sandboxes:
        yield Bench(ProgramTools(Workspaces(tmp_path / "home", "alice"), sandboxes).tools())


def test_python_reads_and_gives_back_files_by_name(bench: Bench, work: Path) -> None:
    code = (
        "import os\nos.mkdir('out')\nopen('out/sum.txt', 'w').write(str(sum(map(int, open('in.txt')))))\nprint('done')"
    )
    said = bench.do("python.run", code=code, files=["in.txt"], collect=["out"])
    assert (said["status"], said["stdout"], said["collected"]) == (0, "done\n", ["out/sum.txt"])
    assert (work / "out" / "sum.txt").read_text() == "7"


def test_a_shell_gets_its_stdin_and_says_how_it_ended(bench: Bench) -> None:
    said = bench.do("shell.run", command="tr a-z A-Z; echo oops >&2; exit 3", stdin="hello")
    assert (said["status"], said["stdout"], said["stderr"]) == (3, "HELLO", "oops\n")


def test_only_what_was_named_is_seen(bench: Bench) -> None:
    said = bench.do("shell.run", command="ls -A; cat private.txt || true; env", files=["in.txt"])
    assert "private" not in said["stdout"]
    assert "in.txt" in said["stdout"]
    assert "ergos" not in said["stdout"].lower()


@pytest.mark.parametrize(
    "code",
    [
        "import socket\nsocket.create_connection(('127.0.0.1', 22), 2)",
        "open('/etc/shadow').read()",
        "import os\nos.setuid(0)",
    ],
)
def test_code_reaches_no_network_no_secret_and_no_root(bench: Bench, code: str) -> None:
    assert bench.do("python.run", code=code)["status"] != 0


def test_a_link_is_not_collected(bench: Bench, work: Path) -> None:
    said = bench.do(
        "shell.run",
        command="ln -s /etc/passwd out.txt; ln -s / dir; mkdir d; ln -s /etc/passwd d/x",
        collect=["out.txt", "dir", "d"],
    )
    assert said["collected"] == []
    assert said["left_out"]
    assert not (work / "out.txt").exists()


def test_names_a_job_makes_up_do_not_lead_out_of_the_workspace(bench: Bench, work: Path) -> None:
    with pytest.raises(ToolFailedError):
        raise_shape(bench)
    assert sorted(path.name for path in work.parent.iterdir()) == ["scribe"]


def raise_shape(bench: Bench) -> None:
    from ergos.base.errors import ErgosError

    try:
        bench.do("shell.run", command="mkdir o; echo x > 'o/a\\b'; echo y > 'o/\u202ex'", collect=["o"])
    except ErgosError as error:
        raise ToolFailedError(error.what) from error


def test_what_never_ends_is_ended_and_nothing_is_collected(bench: Bench, work: Path) -> None:
    said = bench.do("shell.run", command="echo half > out.txt; sleep 600", collect=["out.txt"], seconds=1)
    assert said["ended"] == "deadline"
    assert not (work / "out.txt").exists()


def test_a_flood_is_cut(bench: Bench) -> None:
    said = bench.do("shell.run", command="head -c 3000000 /dev/zero | tr '\\0' x")
    assert said["cut"]
    assert len(said["stdout"]) <= 70_000


@pytest.mark.parametrize(
    "args",
    [
        {"command": ""}, {"command": "x\0"}, {"command": "x", "files": ["../a"]}, {"command": "x", "collect": ["/etc"]},
        {"command": "x", "collect": ["a/../b"]}, {"command": "x", "collect": ["invoices:/a"]}, {"command": "x", "seconds": 1e9},
        {"command": "x", "files": ["a", "./a"]}, {"command": "\ud800"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_before_it_runs(args: dict[str, Any], tmp_path: Path) -> None:
    assert Bench(ProgramTools(Workspaces(tmp_path, "alice"), None).tools()).misfit("shell.run", **args)


def test_without_a_sandbox_nothing_is_run(tmp_path: Path) -> None:
    bench = Bench(ProgramTools(Workspaces(tmp_path, "alice"), None).tools())
    for name, args in (("shell.run", {"command": "id"}), ("python.run", {"code": "1"})):
        with pytest.raises(SandboxMissingError):
            bench.do(name, **args)


def test_running_code_is_declared_as_that(tmp_path: Path) -> None:
    for tool in ProgramTools(Workspaces(tmp_path, "alice"), None).tools():
        assert (tool.spec.effect, tool.spec.goes, tool.spec.roles["collect"]) == ("idempotent", "code", "target")
