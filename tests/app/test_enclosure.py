"""What a foreign program is shown: its folder, its program, what was named; never where keys lie."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ergos.app.enclosure import Shown, enclosed
from ergos.base.errors import UsageError
from ergos.base.ids import Pid
from ergos.kernel.confinement import Job


class Person:
    """Somebody with a home, a home of ErgOS in it, and a project."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "ann"
        self.ours = self.home / ".ergos"
        self.project = self.home / "project"
        for made in (self.ours, self.project, self.home / ".ssh"):
            made.mkdir(parents=True)
        (self.ours / "key").write_text("the kernel's")
        (self.ours / "key").chmod(0o755)
        (self.home / ".ssh" / "id").write_text("ann's")
        (self.home / ".ssh" / "id").chmod(0o755)

    def program(self, path: str, text: str = "#!/bin/sh\n", *beside: str) -> Path:
        """A program below the home, and what lies beside it in its installation."""
        made = self.home / path
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(text)
        made.chmod(0o755)
        for name in beside:
            (made.parent.parent / name).mkdir(parents=True, exist_ok=True)
        return made

    def job(
        self,
        *command: str,
        shown: Shown | None = None,
        folder: Path | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Job:
        environ = {"HOME": str(self.home), "PATH": f"{self.home}/.local/bin:/usr/bin:/bin", **(more or {})}
        return enclosed(
            command or ("sh",),
            folder or self.project,
            shown or Shown(),
            environ,
            {"ERGOS_TOKEN": "t"},
            pid=Pid(1),
            socket="/run/x/door",
            port=7,
            home=self.ours,
        )

    def seen(self, job: Job) -> dict[str, bool]:
        """What is shown, from the home on, and whether it may be written."""
        return {bind.target.removeprefix(f"{self.home}/"): bind.write for bind in job.binds}


@pytest.fixture
def ann(tmp_path: Path) -> Person:
    return Person(tmp_path.resolve())


def refused(job: object) -> str:
    with pytest.raises(UsageError) as error:
        job()  # type: ignore[operator]
    return str(error.value)


def test_a_program_of_the_system_sees_its_folder_and_nothing_else_of_its_owner(ann: Person) -> None:
    job = ann.job("sh", "-c", "true")
    assert ann.seen(job) == {"project": True}
    assert (job.folder, job.door, job.door_port, job.pid) == (str(ann.project), "/run/x/door", 7, 1)


def test_a_folder_where_keys_lie_is_refused(ann: Person) -> None:
    assert "where keys lie" in refused(lambda: ann.job(folder=ann.home))
    assert "where keys lie" in refused(lambda: ann.job(folder=ann.home.parent))
    assert "where keys lie" in refused(lambda: ann.job(folder=Path("/")))
    assert "inside the home of ErgOS" in refused(lambda: ann.job(folder=ann.ours))
    (ann.ours / "scratch").mkdir()
    assert "inside the home of ErgOS" in refused(lambda: ann.job(folder=ann.ours / "scratch"))
    assert "inside the home of ErgOS" in refused(lambda: ann.job(shown=Shown(reads=(str(ann.ours / "key"),))))
    assert "where keys lie" in refused(lambda: ann.job(shown=Shown(reads=(str(ann.home),))))
    assert "where keys lie" in refused(lambda: ann.job(shown=Shown(writes=("..",))))


def test_a_folder_where_keys_lie_is_refused_under_another_name(ann: Person) -> None:
    link = ann.home.parent / "link"
    link.symlink_to(ann.home)
    assert "leads to" in refused(lambda: ann.job(folder=link))
    assert "where keys lie" in refused(lambda: ann.job(shown=Shown(reads=(str(link),))))
    assert "inside the home of ErgOS" in refused(lambda: ann.job(shown=Shown(reads=(f"{link}/.ergos",))))


def test_everybodys_and_the_systems_places_are_nobodys_own_folder(
    ann: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shared").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "shared"))
    assert "sockets" in refused(lambda: ann.job(shown=Shown(writes=(str(tmp_path / "shared"),))))
    assert "sockets" in refused(lambda: ann.job(folder=tmp_path / "shared"))
    assert "part of the system" in refused(lambda: ann.job(folder=Path("/usr/share")))
    assert "part of the system" in refused(lambda: ann.job(shown=Shown(reads=("/etc/passwd",))))
    assert "part of the system" in refused(lambda: ann.job(shown=Shown(writes=("/usr/share",))))
    assert ann.seen(ann.job(shown=Shown(reads=("/usr/share",)))) == {"project": True}
    assert "not there" in refused(lambda: ann.job(folder=tmp_path / "gone"))


def test_what_is_named_is_seen_and_only_what_may_be_written_is_writable(ann: Person) -> None:
    for name in ("notes/old", "out"):
        (ann.home / name).mkdir(parents=True)
    shown = Shown(reads=("../notes",), writes=(str(ann.home / "out"), "../notes/old", "../notes/../out"))
    assert ann.seen(ann.job(shown=shown)) == {"notes": False, "out": True, "project": True, "notes/old": True}
    assert "not there" in refused(lambda: ann.job(shown=Shown(reads=("nowhere",))))


def test_a_link_that_the_program_may_have_made_is_not_followed_out_of_its_folder(ann: Person) -> None:
    (ann.project / "out").symlink_to(ann.home / ".ssh")
    said = refused(lambda: ann.job(shown=Shown(writes=("out",))))
    assert "link out of the folder" in said
    assert str(ann.home / ".ssh") in said


def test_no_variable_is_handed_on_but_those_that_hold_no_key_and_those_that_were_named(ann: Person) -> None:
    secrets = {"OPENAI_API_KEY": "s", "AWS_SECRET": "s", "SSH_AUTH_SOCK": "/s", "LD_PRELOAD": "s", "MINE": "m"}
    job = ann.job(more={**secrets, "LC_ALL": "C", "TERM": "x"}, shown=Shown(variables=("MINE",)))
    assert set(job.env) == {"PATH", "HOME", "LC_ALL", "TERM", "MINE", "ERGOS_TOKEN"}
    assert job.env["HOME"] == "/work"
    assert "no variable 'NO'" in refused(lambda: ann.job(shown=Shown(variables=("NO",))))
    assert ann.job(more={"ERGOS_TOKEN": "mine"}, shown=Shown(variables=("ERGOS_TOKEN",))).env["ERGOS_TOKEN"] == "t"


# Programs


def test_a_virtual_environment_is_seen_with_the_python_it_was_made_from(ann: Person) -> None:
    python = ann.program(".pyenv/versions/3/bin/python3", "", "lib")
    venv = ann.program("other/venv/bin/tool", "#!../bin/python\n", "lib")
    (venv.parent / "python").symlink_to(python)
    (venv.parent.parent / "pyvenv.cfg").write_text("")
    seen = ann.seen(ann.job(str(venv)))
    assert (
        seen.items()
        >= dict.fromkeys(
            [f"other/venv/{part}" for part in ("bin", "lib", "pyvenv.cfg")]
            + [f".pyenv/versions/3/{part}" for part in ("bin", "lib")],
            False,
        ).items()
    )
    assert not [path for path in seen if path in {"other", "other/venv", ".pyenv"}]


def test_a_shim_is_seen_with_the_versions_it_chooses_from(ann: Person) -> None:
    ann.program(".pyenv/shims/tool", "#!/usr/bin/env bash\n", "versions", "libexec")
    seen = ann.seen(ann.job("tool", more={"PATH": f"{ann.home}/.pyenv/shims:/bin"}))
    assert set(seen) == {"project", ".pyenv/shims", ".pyenv/versions", ".pyenv/libexec"}


def test_an_installation_in_a_home_does_not_show_what_lies_beside_it(ann: Person) -> None:
    ann.program(".local/bin/tool", "#!/bin/sh\n", "share/keyrings", "lib", "state")
    assert set(ann.seen(ann.job("tool"))) == {"project", ".local/bin", ".local/lib"}
    cargo = ann.program(".cargo/bin/tool")
    (ann.home / ".cargo" / "credentials.toml").write_text("token")
    assert set(ann.seen(ann.job(str(cargo)))) == {"project", ".cargo/bin"}
    own = ann.program("bin/own")
    assert set(ann.seen(ann.job(str(own)))) == {"project", "bin/own"}


def test_an_installation_elsewhere_is_seen_whole(ann: Person, tmp_path: Path) -> None:
    tool = tmp_path / "opt" / "tool" / "bin" / "tool"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/usr/bin/env -S FOO=1 sh -u\n")
    tool.chmod(0o755)
    assert str(tool.parent.parent) in {bind.target for bind in ann.job(str(tool)).binds}


@pytest.mark.parametrize("way", ["first line", "link"])
@pytest.mark.parametrize("aim", [".ssh/id", ".ergos/key", "bin/../.ssh/id"])
def test_a_script_in_its_folder_cannot_open_files_by_naming_them_as_programs(ann: Person, way: str, aim: str) -> None:
    (ann.home / "bin").mkdir()
    script = ann.project / "run"
    if way == "link":
        script.symlink_to(ann.home / aim)
    else:
        script.write_text(f"#!{ann.home / aim}\n")
        script.chmod(0o755)
    assert ann.seen(ann.job("./run")) == {"project": True}


def test_the_key_of_the_kernel_is_not_even_seen_as_the_program_itself(ann: Person) -> None:
    assert ann.seen(ann.job(str(ann.ours / "key"))) == {"project": True}


def test_a_script_in_its_folder_opens_only_programs_where_it_names_one(ann: Person) -> None:
    ann.program("tools/bin/real", "#!/bin/sh\n", "lib", "payroll")
    script = ann.project / "run"
    script.write_text(f"#!{ann.home}/tools/bin/real\n")
    script.chmod(0o755)
    assert set(ann.seen(ann.job("./run"))) == {"project", "tools/bin", "tools/lib"}


@pytest.mark.parametrize("name", ["no-such-program", "./no-such", "../project/none", "./text", "."])
def test_what_cannot_be_started_is_said_before_anything_is_started(ann: Person, name: str) -> None:
    (ann.project / "text").write_text("no program")
    assert "cannot be started" in refused(lambda: ann.job(name))


def test_links_that_lead_in_a_circle_and_strange_first_lines_end(ann: Person) -> None:
    (ann.project / "a").symlink_to(ann.project / "b")
    (ann.project / "b").symlink_to(ann.project / "a")
    assert "cannot be started" in refused(lambda: ann.job("./a"))
    for line in (b"#!", b"#!\0\xff", b"#!/usr/bin/env", b"#!/usr/bin/env -S", b"#! " + b"x" * 9999, b"#!./self"):
        script = ann.project / "self"
        script.write_bytes(line)
        script.chmod(0o755)
        assert ann.seen(ann.job("./self")) == {"project": True}


def test_the_python_of_these_tests_can_be_shown(ann: Person) -> None:
    assert any(Path(sys.prefix).is_relative_to(bind.target) for bind in ann.job(sys.executable).binds)
