"""What stands in a folder, whoever filled it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ergos.base.errors import ToolFailedError
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.paths import DRAFT_PREFIX, Place, place_of
from ergos.drivers.watchers import file_scan as module
from ergos.drivers.watchers.file_scan import Overflow, Stopped, asked_for, matcher, scan, shown


def names(folder: Path, pattern: str = "*", place: str = "r:/", *, deep: bool = False) -> list[str]:
    return sorted("/".join(one.parts) for one in scan(Room(folder, write=False), place_of(place), pattern, deep=deep))


def test_files_that_fit_are_found_and_folders_links_and_pipes_are_not(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    (tmp_path / "secret.pdf").write_text("outside")
    (room / "a.pdf").write_text("x")
    (room / "B.PDF").write_text("x")
    (room / "c.txt").write_text("x")
    (room / "folder.pdf").mkdir()
    (room / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    os.mkfifo(room / "pipe.pdf")
    assert names(room, "*.pdf") == ["B.PDF", "a.pdf"]


def test_folders_below_are_read_when_asked_for_and_never_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "s.pdf").write_text("x")
    room = tmp_path / "room"
    (room / "in" / "deeper").mkdir(parents=True)
    (room / ".hidden").mkdir()
    for at in ("in/deeper/a.pdf", ".hidden/b.pdf", "c.pdf"):
        (room / at).write_text("x")
    (room / "way").symlink_to(tmp_path / "outside")
    (room / "up").symlink_to("..")
    assert names(room, "*.pdf") == ["c.pdf"]
    assert names(room, "*.pdf", deep=True) == ["c.pdf", "in/deeper/a.pdf"]
    with pytest.raises(ToolFailedError, match="link"):
        names(room, place="r:/way")


def test_a_folder_that_is_missing_is_told_from_one_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ToolFailedError) as missing:
        names(tmp_path, place="r:/nothing")
    assert isinstance(missing.value.__cause__, FileNotFoundError)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ToolFailedError) as wrong:
        names(tmp_path, place="r:/file")
    assert not isinstance(wrong.value.__cause__, FileNotFoundError)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*", "a", True), ("*", ".a", False), (".*", ".a", True), ("*.pdf", "A.PDF", True), ("*.pdf", "a.pdf.part", False),
        ("invoice-??.pdf", "invoice-07.pdf", True), ("[ab].txt", "c.txt", False), ("发票*", "发票1.pdf", True),
        ("*", f"{DRAFT_PREFIX}1", False), ("*.pdf", "a\n.pdf", True), ("a" + "*a" * 30, "a" * 60 + "b", False),
    ],
)  # fmt: skip
def test_names_are_compared_as_a_shell_does_it_whatever_their_capitals(pattern: str, name: str, fits: bool) -> None:
    assert matcher(pattern)(name) is fits


def test_more_than_is_looked_at_is_said_and_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        (tmp_path / f"{number}.pdf").write_text("x")
    monkeypatch.setattr(module, "FILES_MAX", 10)
    with pytest.raises(Overflow):
        names(tmp_path)
    monkeypatch.setattr(module, "FILES_MAX", 100)
    monkeypatch.setattr(module, "ENTRIES_MAX", 5)
    with pytest.raises(Overflow):
        names(tmp_path, "*.txt")


def test_a_scan_that_nobody_waits_for_stops(tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / f"{number}").write_text("")
    with pytest.raises(Stopped):
        scan(Room(tmp_path, write=False), place_of("r:/"), "*", deep=False, expired=lambda: True)


@pytest.mark.parametrize(
    "name",
    [b"a\nb.pdf", b"a\x1b[31m.pdf", b"\xff\xfe.pdf", b" a.pdf", b"a.pdf ", b"x" * 255, "a\u202efdp.exe".encode(), b"a\\b.pdf", "\u2024\u2024.pdf".encode()],
    ids=ascii,
)  # fmt: skip
def test_a_name_that_cannot_be_asked_for_is_shown_as_one_that_cannot(tmp_path: Path, name: bytes) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_text("x")
    (one,) = scan(Room(tmp_path, write=False), place_of("r:/"), "*", deep=False)
    place = Place("r", ())
    assert asked_for(place, one.parts) == ""
    said = shown(one.parts)
    assert said.isprintable()
    said.encode()
    assert "\\" in said
    assert len(said) < 300
    assert asked_for(place, (said,)) == ""


def test_a_name_that_can_be_asked_for_is_the_path_of_the_file_tools(tmp_path: Path) -> None:
    assert asked_for(Place("r", ("2026",)), ("july é 发票.pdf",)) == "r:/2026/july é 发票.pdf"
    assert asked_for(Place("", ("inbox",)), ("a.pdf",)) == "inbox/a.pdf"
    assert asked_for(Place("", ()), ("r:", "a")) == ""
