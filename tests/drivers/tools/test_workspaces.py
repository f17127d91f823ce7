from __future__ import annotations

from pathlib import Path

import pytest

from ergos.base.errors import ToolFailedError
from ergos.drivers.tools import workspaces
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.paths import place_of
from ergos.drivers.tools.workspaces import Workspaces
from tests.drivers.tools.errands import errand


@pytest.fixture
def home(tmp_path: Path) -> Workspaces:
    (tmp_path / "invoices").mkdir()
    (tmp_path / "shared").mkdir()
    roots = {"invoices": Room(tmp_path / "invoices", write=False), "shared": Room(tmp_path / "shared", write=True)}
    return Workspaces(tmp_path / "home", "alice", roots)


def test_every_agent_of_every_owner_has_its_own_folder(home: Workspaces) -> None:
    folders = {home.folder(owner, agent) for owner in ("alice", "bob") for agent in ("scribe", "clerk", "bob")}
    assert len(folders) == 6
    for one in folders:
        assert not any(one in other.parents for other in folders)


def test_a_folder_the_owner_named_is_read_only_unless_said(home: Workspaces) -> None:
    assert not home.room(place_of("invoices:/a"), errand()).write
    with pytest.raises(ToolFailedError, match="read-only"):
        home.room(place_of("invoices:/a"), errand(), write=True)
    assert home.room(place_of("shared:/a"), errand(), write=True).write


def test_an_unknown_folder_names_those_there_are(home: Workspaces) -> None:
    with pytest.raises(ToolFailedError) as caught:
        home.room(place_of("C:/a"), errand())
    assert "invoices:/, shared:/" in caught.value.what_to_do


def test_what_was_begun_is_known_under_its_key_and_no_other(home: Workspaces) -> None:
    assert home.begun(errand("a")) is None
    home.begin(errand("a"), {"from": "x"})
    assert home.begun(errand("a")) == {"from": "x"}
    assert home.begun(errand("b")) is None
    assert home.begun(errand("a", agent="clerk")) is None


def test_a_key_is_no_path(home: Workspaces, tmp_path: Path) -> None:
    home.begin(errand("../../../x"), 1)
    assert home.begun(errand("../../../x")) == 1
    assert not (tmp_path / "x").exists()


def test_old_notes_go(home: Workspaces, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(workspaces, "NOTES_KEPT", 3)
    monkeypatch.setattr(workspaces, "NOTES_SWEPT", 1)
    for number in range(9):
        home.begin(errand(f"k{number}"), number)
    assert len([path for path in (tmp_path / "home/work/.begun").rglob("*") if path.is_file()]) == 3
    assert home.begun(errand("k8")) == 8
