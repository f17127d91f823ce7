"""Words become a folder: whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ergos.app import composing
from ergos.app.composing import (
    agent_file_of,
    checked_zone,
    circumstances_of,
    decoded,
    install,
    local_zone,
    own_names,
    standing,
    target_of,
    text_in,
    understood_rates,
)
from ergos.app.home import Home, home_at
from ergos.base.errors import DefinitionError, DiskFullError, ErgosError, UsageError
from ergos.compile.circumstances import Circumstances
from ergos.compile.pipeline import Compiled, compile_prose
from ergos.kernel.tool_settings import Folder
from ergos.runtime.folder_settings import read_folders

PROSE = "watch ./in; when a PDF arrives extract supplier, total; append to ledger.csv"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "ada"})


def known(home: Home, folder: Path, **more: Any) -> Circumstances:
    settings: dict[str, Any] = {
        "folder": folder,
        "environ": {"HOME": "/srv/ada"},
        "timezone": "Europe/Berlin",
        "models": False,
    }
    return asyncio.run(circumstances_of(home, **{**settings, **more}))


def compiled(home: Home, folder: Path, prose: str = PROSE) -> Compiled:
    made = compile_prose(prose, known(home, folder))
    assert made.ready, [one.what("en") for one in made.diagnostics]
    return made


def test_what_is_written_is_the_program_and_its_folders_become_known(home: Home, tmp_path: Path):
    made = compiled(home, tmp_path / "work")
    done = install(home, made, tmp_path / "desk")
    assert agent_file_of(done.folder)[0] == made.file
    assert {name: (one.path, one.write) for name, one in read_folders(home.folder).items()} == {
        "here": (str(tmp_path / "work"), True),
        "in": (str(tmp_path / "work" / "in"), False),
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["desk", "home"]


def test_an_agent_that_stands_there_is_replaced_only_if_its_owner_says_so(home: Home, tmp_path: Path):
    made = compiled(home, tmp_path / "work")
    install(home, made, tmp_path / "desk")
    (tmp_path / "desk" / "notes.md").write_text("mine")
    with pytest.raises(UsageError, match="holds an agent already"):
        install(home, made, tmp_path / "desk")
    assert install(home, made, tmp_path / "desk", replace=True).replaced
    assert (tmp_path / "desk" / "notes.md").read_text() == "mine"


def test_a_full_disk_leaves_nothing_behind(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = compiled(home, tmp_path / "work")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(composing.os, "fsync", full)
    with pytest.raises(DiskFullError, match="nothing was left half written"):
        install(home, made, tmp_path / "desk")
    assert not [path for path in tmp_path.iterdir() if path.name != "home"]


def test_an_interruption_between_two_files_leaves_no_half_of_an_agent(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = compiled(home, tmp_path / "work")

    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(composing, "sync_folder", interrupted)
    with pytest.raises(KeyboardInterrupt):
        install(home, made, tmp_path / "desk")
    assert not (tmp_path / "desk").exists()
    assert not list(tmp_path.glob(".desk*"))


def test_a_draft_of_one_that_was_killed_is_in_nobodys_way(home: Home, tmp_path: Path):
    (tmp_path / ".desk.new").mkdir()
    (tmp_path / ".desk.new" / "AGENT.md").write_text("half")
    install(home, compiled(home, tmp_path / "work"), tmp_path / "desk")
    assert agent_file_of(tmp_path / "desk")[0].grants
    assert not (tmp_path / ".desk.new").exists()


def test_nothing_is_followed_that_is_a_link(home: Home, tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UsageError, match="is a link"):
        target_of(tmp_path / "link", tmp_path, "desk")
    (tmp_path / "real" / "AGENT.md").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is a link"):
        standing(tmp_path / "real")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"")
    with pytest.raises(UsageError, match="no agent's folder"):
        standing(tmp_path / "photos")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is no folder"):
        standing(tmp_path / "file")
    assert standing(tmp_path / "nowhere") is None


@pytest.mark.parametrize("name", ["a/b", "../x", "", ".", "a\x00b"])
def test_a_name_that_is_a_path_is_no_name(tmp_path: Path, name: str):
    with pytest.raises(ErgosError):
        target_of(None, tmp_path, name)


def test_a_folder_that_nobody_may_write_to_is_said(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = compiled(home, tmp_path / "work")

    def refused(self: Path, target: Path) -> Path:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(composing.Path, "rename", refused)
    with pytest.raises(DefinitionError, match="Permission denied"):
        install(home, made, tmp_path / "desk")
    assert not (tmp_path / "desk").exists()


def test_the_home_is_known_by_its_settings(tmp_path: Path):
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "settings.toml").write_text(
        '[tools.files.roots]\npapers = {path = "/p", write = true}\n[tools.webhooks.ops]\nurl = "https://h.example/x"\n'
    )
    found = known(home_at(folder, {"HOME": "/srv/ada"}), tmp_path)
    assert (found.roots, found.writable, found.hooks) == ({"papers": "/p"}, {"papers"}, {"ops"})
    assert {"files.read", "sources.read", "table.append", "press.publish", "mail.send"} <= set(found.tools)
    assert (found.user_folder, found.agents, found.secrets, found.model) == ("/srv/ada", set(), set(), False)


def test_a_zone_is_that_of_the_machine_and_a_wrong_one_names_the_nearest(tmp_path: Path):
    assert local_zone({"TZ": "Asia/Shanghai"}) == "Asia/Shanghai"
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Europe/Paris")
    assert local_zone({}, link) == "Europe/Paris"
    assert local_zone({"TZ": "No/Where"}, tmp_path / "none") == "UTC"
    named = tmp_path / "timezone"
    named.write_text("Asia/Tokyo\n")
    assert local_zone({}, tmp_path / "none", named) == "Asia/Tokyo"
    with pytest.raises(UsageError, match="Europe/Berlin"):
        checked_zone("europe/berlin")


def test_rates_are_dollars_for_one_unit():
    assert understood_rates(["eur=1.08"]) == {"EUR": Decimal("1.08")}
    for wrong in ("EUR", "EUR=", "EUR=0", "EUR=-1", "EURO=1", "EUR=NaN"):
        with pytest.raises(UsageError):
            understood_rates([wrong])


def test_prose_is_text_and_not_too_much_of_it(tmp_path: Path):
    with pytest.raises(UsageError, match="not UTF-8"):
        decoded(b"\xff\xfe", "stdin")
    with pytest.raises(UsageError, match="larger"):
        decoded(b"x" * 600_000, "stdin")
    with pytest.raises(UsageError, match="cannot be read"):
        text_in(tmp_path / "none")


def test_names_of_own_tools_are_found_without_running_them(tmp_path: Path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "a.py").write_text('raise SystemExit\n@tool(name="mine.tell")\ndef tell(): ...\n')
    assert {"mine.tell", "tell"} <= own_names(tmp_path)
    assert own_names(tmp_path / "nowhere") == frozenset()


def test_a_definition_that_is_none_says_where(tmp_path: Path):
    with pytest.raises(DefinitionError, match="is not there"):
        agent_file_of(tmp_path)
    (tmp_path / "AGENT.md").write_bytes(b"\xff")
    with pytest.raises(DefinitionError, match="not UTF-8"):
        agent_file_of(tmp_path)


def test_settings_that_name_another_folder_are_never_overruled(home: Home, tmp_path: Path):
    made = compiled(home, tmp_path / "work")
    other = msgspec.structs.replace(home.settings.tools, folders={"here": Folder(path="/elsewhere")})
    changed = Home(msgspec.structs.replace(home.settings, tools=other))
    with pytest.raises(ErgosError, match="another folder"):
        install(changed, made, tmp_path / "desk")
    assert not (tmp_path / "desk").exists()


def test_a_second_agent_of_another_folder_gets_names_of_its_own(home: Home, tmp_path: Path):
    install(home, compiled(home, tmp_path / "work"), tmp_path / "desk")
    install(home, compiled(home, tmp_path / "other"), tmp_path / "second")
    assert {name: one.path for name, one in read_folders(home.folder).items()} == {
        "here": str(tmp_path / "work"),
        "in": str(tmp_path / "work" / "in"),
        "other": str(tmp_path / "other"),
        "in-2": str(tmp_path / "other" / "in"),
    }
    assert compiled(home, tmp_path / "work").folders == ()
