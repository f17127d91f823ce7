"""Only regular files are read, in a settled order, and never beyond their bound."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ergos.base.errors import SourceError
from ergos.base.limits import SOURCE_BYTES_MAX
from ergos.drivers.sources import disk
from ergos.drivers.sources.disk import places_of, read_file, source_name


def _names(source: str, root: Path) -> list[str]:
    return [str(Path(place.url).relative_to(root)) for place in places_of(source).places]


def _fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_a_folder_is_read_below_without_hidden_names_in_order(tmp_path: Path) -> None:
    _fill(tmp_path, "b.txt", "a/z.txt", "a/b/c.txt", ".hidden", ".git/config", "a.txt", "a/.x/y")
    assert _names(str(tmp_path), tmp_path) == ["a/b/c.txt", "a/z.txt", "a.txt", "b.txt"]


def test_a_pattern_finds_files_and_hidden_ones_only_when_asked(tmp_path: Path) -> None:
    _fill(tmp_path, "b.txt", "a/z.txt", "a/b/c.md", ".hidden.txt", "a.txt")
    assert _names(f"{tmp_path}/*.txt", tmp_path) == ["a.txt", "b.txt"]
    assert _names(f"{tmp_path}/**/*.txt", tmp_path) == ["a/z.txt", "a.txt", "b.txt"]
    assert _names(f"{tmp_path}/**", tmp_path) == ["a/b/c.md", "a/z.txt", "a.txt", "b.txt"]
    assert _names(f"{tmp_path}/.h*", tmp_path) == [".hidden.txt"]
    with pytest.raises(SourceError, match="no file fits"):
        places_of(f"{tmp_path}/*.pdf")


def test_a_file_whose_name_looks_like_a_pattern_is_itself(tmp_path: Path) -> None:
    _fill(tmp_path, "a[1].txt", "a1.txt")
    assert _names(f"{tmp_path}/a[1].txt", tmp_path) == ["a[1].txt"]


def test_a_file_url_is_a_path(tmp_path: Path) -> None:
    _fill(tmp_path, "two words.txt")
    url = (tmp_path / "two words.txt").as_uri()
    assert _names(url, tmp_path) == ["two words.txt"]
    with pytest.raises(SourceError, match="another machine"):
        places_of("file://server/share/x")


@pytest.mark.parametrize(
    "source", ["", "  ", "/no/such/place", "ftp://x/y", "gopher://x", "a\x00b", "file://", "x" * 5_000]
)
def test_what_names_nothing_is_a_reason(source: str) -> None:
    with pytest.raises(SourceError):
        places_of(source)


def test_an_empty_folder_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no file"):
        places_of(str(tmp_path))


def test_more_files_than_the_bound_are_left_out_with_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "FOLDER_FILES_MAX", 20)
    _fill(tmp_path, *(f"{number:02}" for number in range(25)))
    found = places_of(str(tmp_path))
    assert [Path(place.url).name for place in found.places] == [f"{number:02}" for number in range(20)]
    assert "left out" in found.notes[0]


def test_pipes_sockets_devices_and_folders_are_refused_without_waiting(tmp_path: Path) -> None:
    pipe, plug = tmp_path / "pipe", tmp_path / "s"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(plug))
        for path in (pipe, plug, Path("/dev/zero"), tmp_path):
            with pytest.raises(SourceError):
                read_file(str(path), follow=True)


def test_a_link_inside_a_folder_is_not_followed_and_a_named_one_is(tmp_path: Path) -> None:
    _fill(tmp_path, "real.txt")
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "real.txt")
    assert read_file(str(link), follow=True) == b"real.txt"
    with pytest.raises(SourceError, match="symbolic link"):
        read_file(str(link), follow=False)


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "up").symlink_to(tmp_path)
    _fill(tmp_path, "file.txt")
    assert "file.txt" in _names(str(tmp_path), tmp_path)
    assert _names(f"{tmp_path}/**/*.txt", tmp_path) == ["file.txt"]
    with pytest.raises(SourceError):
        read_file(str(tmp_path / "a"), follow=True)


def test_a_file_over_the_bound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(SOURCE_BYTES_MAX + 1)
    with pytest.raises(SourceError, match="10 MiB"):
        read_file(str(path), follow=True)
    os.truncate(path, SOURCE_BYTES_MAX)
    assert len(read_file(str(path), follow=True)) == SOURCE_BYTES_MAX


def test_the_source_of_a_file_is_its_folder(tmp_path: Path) -> None:
    assert source_name(str(tmp_path / "x.txt")) == tmp_path.name
