"""Folders that an owner agreed to, as a file of our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.errors import SettingsError
from ergos.kernel.tool_settings import Folder, ToolSettings
from ergos.runtime.folder_settings import FILE, added, folders_text, read_folders, with_folders

SEGMENT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=20)


def test_nothing_was_agreed_to_where_there_is_no_file(tmp_path: Path):
    assert read_folders(tmp_path) == {}
    assert with_folders(ToolSettings(), tmp_path) == ToolSettings()


@given(
    st.lists(SEGMENT.filter(lambda one: one not in {".", ".."} and not one.startswith("~")), min_size=1, max_size=3),
    st.booleans(),
)
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, parts: list[str], write: bool):
    home = tmp_path_factory.mktemp("home")
    folders = {"invoices": Folder(path="/" + "/".join(parts), write=write), "发票": Folder(path="/x")}
    (home / FILE).write_text(folders_text(folders), encoding="utf-8")
    assert read_folders(home) == folders


def test_settings_of_the_owner_win_over_what_was_agreed_to(tmp_path: Path):
    (tmp_path / FILE).write_text(folders_text({"here": Folder(path="/a", write=True), "b2": Folder(path="/b")}))
    merged = with_folders(ToolSettings(folders={"here": Folder(path="/mine")}), tmp_path)
    assert merged.folders == {"here": Folder(path="/mine"), "b2": Folder(path="/b")}


def test_a_name_never_comes_to_mean_another_folder():
    folders = added({}, [("here", "/a", False)])
    assert added(folders, [("here", "/a", True)]) == {"here": Folder(path="/a", write=True)}
    with pytest.raises(SettingsError, match="here:/ is /a already"):
        added(folders, [("here", "/b", False)])


@pytest.mark.parametrize("text", ["not toml", "[x]\npath = 3\n", "[x]\nother = 'y'\n", "[x]\npath=''\n"])
def test_a_file_that_is_none_of_ours_is_refused_with_what_to_do(tmp_path: Path, text: str):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(SettingsError):
        read_folders(tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path):
    (tmp_path / FILE).write_text("#" * 70_000)
    with pytest.raises(SettingsError, match="larger"):
        read_folders(tmp_path)
