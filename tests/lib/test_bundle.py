"""A folder of a stranger's is read once, whole and bounded; nothing outside it is ever read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ergos.base.errors import DefinitionError
from ergos.lib.bundle import BYTES_MAX, DEPTH_MAX, ENTRIES_MAX, FILE_BYTES_MAX, FILES_MAX, bundle_of, take


def test_files_are_read_by_relative_path_and_named_by_content(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.md").write_bytes(b"1")
    (tmp_path / "SKILL.md").write_bytes(b"2")
    found = take(tmp_path)
    assert found.files == {"SKILL.md": b"2", "a/x.md": b"1"}
    (tmp_path / "a" / "x.md").write_bytes(b"3")
    changed = take(tmp_path)
    assert changed.digest != found.digest
    (tmp_path / "a" / "x.md").write_bytes(b"1")
    assert take(tmp_path).digest == found.digest
    (tmp_path / "a" / "x.md").rename(tmp_path / "a" / "y.md")
    assert take(tmp_path).digest != found.digest


def test_what_begins_with_a_dot_is_no_part_of_it(tmp_path: Path) -> None:
    before = take(tmp_path).digest
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("x")
    (tmp_path / ".env").write_text("SECRET=1")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("x")
    assert take(tmp_path).digest == before


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "inside", "nowhere"])
def test_a_link_is_refused_wherever_it_leads(tmp_path: Path, target: str) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    (tmp_path / "outside").write_text("secret")
    (folder / "inside").write_text("fine")
    (folder / "link").symlink_to(target)
    with pytest.raises(DefinitionError, match="is a link"):
        take(folder)


def test_a_linked_folder_and_a_link_as_the_folder_itself_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    (tmp_path / "t").mkdir()
    (folder / "sub").symlink_to(tmp_path / "t")
    with pytest.raises(DefinitionError):
        take(folder)
    (tmp_path / "alias").symlink_to(tmp_path / "t")
    with pytest.raises(DefinitionError):
        take(tmp_path / "alias")


def test_pipes_sockets_and_devices_are_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DefinitionError, match="no file"):
        take(tmp_path)
    (tmp_path / "pipe").unlink()
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(tmp_path / "s"))
        with pytest.raises(DefinitionError, match="no file"):
            take(tmp_path)
    finally:
        listener.close()


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "bomb").open("wb") as file:
        file.truncate(1 << 40)  # a terabyte that takes no room
    with pytest.raises(DefinitionError, match=f"more than {FILE_BYTES_MAX:,} bytes"):
        take(tmp_path)


def test_many_files_are_refused(tmp_path: Path) -> None:
    for number in range(FILES_MAX + 1):
        (tmp_path / f"f{number}").touch()
    with pytest.raises(DefinitionError, match="more than 200 files"):
        take(tmp_path)


def test_many_hidden_entries_are_refused_too(tmp_path: Path) -> None:
    for number in range(ENTRIES_MAX + 1):
        (tmp_path / f".f{number}").touch()
    with pytest.raises(DefinitionError, match="entries"):
        take(tmp_path)


def test_many_bytes_in_all_are_refused(tmp_path: Path) -> None:
    for number in range(BYTES_MAX // FILE_BYTES_MAX + 1):
        (tmp_path / f"f{number}").write_bytes(b"x" * FILE_BYTES_MAX)
    with pytest.raises(DefinitionError, match="in all"):
        take(tmp_path)


def test_a_deep_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath(*["d"] * (DEPTH_MAX + 2)).mkdir(parents=True)
    with pytest.raises(DefinitionError, match="deep"):
        take(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "a\\b",
        "c:x",
        "a\x1b[2J",
        "a\u202eb",
        "a\nb",
        "tab\t",
        "x" * 201,
        "ends.",
        "ends ",
        " begins",
        "a*",
        "e\u0301",
        "a\u200bb",
    ],
)
def test_a_name_that_means_something_else_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(DefinitionError):
        take(tmp_path)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")).touch()
    with pytest.raises(DefinitionError, match="UTF-8"):
        take(tmp_path)


@pytest.mark.parametrize("names", [("README", "readme"), ("straße", "strasse"), ("ﬁle", "file")])
def test_two_names_that_are_one_elsewhere_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(DefinitionError, match="one file"):
        bundle_of("s", dict.fromkeys(names, b""))


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "none"):
        with pytest.raises(DefinitionError, match="cannot be read"):
            take(path)
