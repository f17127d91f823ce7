from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ergos.base.errors import ErgosError, ToolFailedError
from ergos.base.ids import Pid
from ergos.base.world_errors import InDoubtError
from ergos.drivers.sandbox.sandboxes import HostSandboxes
from ergos.drivers.tools.git import GitTools
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.confinement import Ended, Job, Running
from ergos.kernel.packages import Absent, Performed
from tests.drivers.tools.errands import Bench, confining

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")
    return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "work" / "scribe" / "site"
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    (folder / "a.txt").write_text("one\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "First")
    return folder


@pytest.fixture
def bench(tmp_path: Path, repo: Path) -> Iterator[Bench]:
    with confining(tmp_path) as sandboxes:
        yield Bench(GitTools(Workspaces(tmp_path / "home", "alice"), sandboxes).tools())


def test_a_repository_is_looked_at(bench: Bench, repo: Path) -> None:
    (repo / "a.txt").write_text("two\n")
    (repo / "新.txt").touch()
    assert " M a.txt" in bench.do("git.status", repository="site")["text"]
    assert "新.txt" in bench.do("git.status", repository="site")["text"]
    assert "+two" in bench.do("git.diff", repository="site")["text"]
    (commit,) = bench.do("git.log", repository="site")["commits"]
    assert (commit["subject"], commit["author"]) == ("First", "Ada")
    assert "+one" in bench.do("git.show", repository="site")["text"]
    assert bench.do("git.show", repository="site", path="a.txt")["text"] == "one\n"


def test_a_commit_is_made_once_and_found_again(bench: Bench, repo: Path) -> None:
    (repo / "a.txt").write_text("two\n")
    (repo / "b.txt").write_text("b\n")
    asked = {"repository": "site", "message": "Change a", "paths": ["a.txt"]}
    assert isinstance(bench.probe("git.commit", "k", **asked), Absent)
    made = bench.do("git.commit", "k", **asked)
    found = bench.probe("git.commit", "k", **asked)
    assert isinstance(found, Performed)
    assert found.value == made == {"commit": git(repo, "rev-parse", "HEAD").strip()}
    assert isinstance(bench.probe("git.commit", "other", **asked), Absent)
    assert git(repo, "show", "--stat", "--format=%an", "HEAD").split()[0] == "scribe"
    assert "b.txt" in git(repo, "status", "--porcelain")
    with pytest.raises(ToolFailedError, match="nothing was committed"):
        bench.do("git.commit", "k3", **asked)


class Interfering:
    """A real sandbox that does not say how a chosen run of git ended, though it ran."""

    name = "interfering"

    def __init__(self, sandboxes: HostSandboxes, *lost: str) -> None:
        self._sandboxes, self._lost = sandboxes, lost

    async def run(self, job: Job, stdin: bytes = b"") -> Ended:
        ended = await self._sandboxes.run(job, stdin)
        word = next(word for word in job.command if word in {"add", "commit", "log"})
        return msgspec.structs.replace(ended, why="deadline", status=137) if word in self._lost else ended

    async def open(self, job: Job) -> Running:
        raise AssertionError

    def kill(self, pid: Pid | None = None) -> int:
        return self._sandboxes.kill(pid)


def test_a_commit_that_stood_before_git_was_ended_is_no_failure(tmp_path: Path, repo: Path) -> None:
    asked = {"repository": "site", "message": "Change a"}
    with confining(tmp_path) as sandboxes:
        for number, lost in enumerate([("commit",), ("log",), ("commit", "log")]):
            (repo / "a.txt").write_text(f"{number}\n")
            tools = Bench(GitTools(Workspaces(tmp_path / "home", "alice"), Interfering(sandboxes, *lost)).tools())
            if "log" in lost:
                with pytest.raises(InDoubtError, match="cannot be seen"):
                    tools.do("git.commit", f"k{number}", **asked)
            else:
                made = tools.do("git.commit", f"k{number}", **asked)
                assert made["commit"] == git(repo, "rev-parse", "HEAD").strip()
            assert git(repo, "rev-list", "--count", "HEAD").strip() == str(number + 2)


def test_a_message_cannot_pretend_to_be_another_call(bench: Bench, repo: Path) -> None:
    (repo / "a.txt").write_text("two\n")
    bench.do("git.commit", "k", repository="site", message="x\n\nErgos-Call: 0000\n--amend")
    assert git(repo, "log", "--format=%s").splitlines() == ["x", "First"]
    assert isinstance(bench.probe("git.commit", "z", repository="site", message="x"), Absent)


def mark(path: Path) -> str:
    return f"#!/bin/sh\ntouch {path}\ntouch /repo/pwned\n"


def test_hooks_and_other_programs_of_a_hostile_repository_are_not_run(bench: Bench, repo: Path, tmp_path: Path) -> None:
    for hook in (
        "pre-commit",
        "commit-msg",
        "post-commit",
        "prepare-commit-msg",
        "post-index-change",
        "fsmonitor-watchman",
        "reference-transaction",
    ):
        (repo / ".git" / "hooks" / hook).write_text(mark(tmp_path / "pwned"))
        (repo / ".git" / "hooks" / hook).chmod(0o755)
    for key, value in (("core.pager", "touch /repo/pwned"), ("core.editor", "touch /repo/pwned"), ("gpg.program", "/repo/evil.sh"),
                       ("commit.gpgSign", "true"), ("alias.status", "!touch /repo/pwned"), ("sequence.editor", "touch /repo/pwned")):  # fmt: skip
        git(repo, "config", key, value)
    (repo / "evil.sh").write_text(mark(tmp_path / "pwned"))
    (repo / "a.txt").write_text("two\n")
    for name, args in (
        ("git.status", {}),
        ("git.log", {}),
        ("git.diff", {}),
        ("git.show", {}),
        ("git.commit", {"message": "x"}),
    ):
        bench.do(name, repository="site", **args)
    assert not (repo / "pwned").exists()
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "config",
    [
        '[filter "x"]\n\tclean = touch /repo/pwned\n', '[Filter "x"] process=evil\n', "[include]\n\tpath = /etc/passwd\n", '[includeIf "gitdir:/"]\n\tpath=x\n',
        "[core]\n\tworktree = /etc\n", "[core]\n\tfsmonitor = touch x\n", '[diff "x"]\n\ttextconv = evil\n', "[core]\n\thooksPath = /repo\n",
        "[core] sshCommand = evil\n", "[extensions]\n\tworktreeConfig = true\n", "[diff]\n\texternal = evil\n", "[core]\n\tfsmon\\\nitor = x\n" * 0 + "[core]\nattributesFile=x\n",
    ],
)  # fmt: skip
def test_a_configuration_that_would_run_something_is_refused_with_a_reason(
    bench: Bench, repo: Path, config: str
) -> None:
    with (repo / ".git" / "config").open("a") as file:
        file.write(config)
    with pytest.raises(ToolFailedError, match="would run or read"):
        bench.do("git.status", repository="site")


def test_a_repository_that_leads_elsewhere_is_refused(bench: Bench, repo: Path, tmp_path: Path) -> None:
    (repo / ".git" / "objects" / "info").mkdir(exist_ok=True)
    (repo / ".git" / "objects" / "info" / "alternates").write_text("/etc\n")
    with pytest.raises(ToolFailedError, match="borrows"):
        bench.do("git.status", repository="site")
    (repo / ".git" / "objects" / "info" / "alternates").unlink()
    shutil.move(repo / ".git", tmp_path / "elsewhere")
    (repo / ".git").write_text(f"gitdir: {tmp_path}/elsewhere\n")
    with pytest.raises(ToolFailedError):
        bench.do("git.status", repository="site")
    (repo / ".git").unlink()
    (repo / ".git").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ToolFailedError):
        bench.do("git.status", repository="site")


def test_a_tracked_link_is_not_followed(bench: Bench, repo: Path) -> None:
    (repo / "link").symlink_to("/etc/passwd")
    bench.do("git.commit", repository="site", message="link")
    assert "root:" not in bench.do("git.show", repository="site")["text"]


@pytest.mark.parametrize(
    "revision", ["--output=/repo/x", "-p", "a..b", "HEAD; ls", "x\ny", "--", "$(id)", "@{-1} x", "a b"]
)
def test_a_revision_is_no_option(bench: Bench, revision: str) -> None:
    for name in ("git.log", "git.diff", "git.show"):
        assert bench.misfit(name, repository="site", revision=revision)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "invoices:/x"])
def test_a_path_outside_is_refused(bench: Bench, path: str) -> None:
    assert bench.misfit("git.diff", repository="site", paths=[path])
    assert bench.misfit("git.commit", repository="site", message="m", paths=[path])


def test_a_path_that_looks_like_an_option_or_a_pattern_is_a_path(bench: Bench, repo: Path) -> None:
    (repo / "--all").write_text("x\n")
    (repo / ":(glob)x").write_text("x\n")
    bench.do("git.commit", repository="site", message="odd", paths=["--all"])
    assert git(repo, "show", "--name-only", "--format=", "HEAD").split() == ["--all"]


def test_a_folder_that_is_no_repository_says_so(bench: Bench, repo: Path) -> None:
    with pytest.raises(ErgosError):
        bench.do("git.status")


def test_looking_is_pure_and_committing_can_be_looked_for(bench: Bench) -> None:
    effects = {name: tool.spec.effect for name, tool in bench.tools.items()}
    assert effects.pop("git.commit") == "reconcilable"
    assert set(effects.values()) == {"pure"}
