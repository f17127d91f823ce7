"""What a keeper does with paths is what `pathlib` and `shutil` would do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ergos.drivers.sandbox import light_paths as paths


def test_a_folder_is_made_with_those_above_it_and_may_be_there(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b" / "c"
    paths.make_folder(str(place))
    paths.make_folder(str(place))
    assert place.is_dir()


def test_a_link_is_a_folder_only_where_links_count(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    paths.link(str(tmp_path / "more" / "link"), str(tmp_path / "folder"))
    there = str(tmp_path / "more" / "link")
    assert paths.is_folder(there)
    assert not paths.is_folder(there, links=False)
    assert paths.is_folder(str(tmp_path / "folder"), links=False)
    assert paths.link_text(there) == str(tmp_path / "folder")
    assert not paths.is_folder(str(tmp_path / "absent"))


def test_a_link_to_nothing_leads_nowhere(tmp_path: Path) -> None:
    paths.link(str(tmp_path / "link"), "nothing")
    assert not paths.exists(str(tmp_path / "link"))
    assert paths.file_bytes(str(tmp_path / "link")) == -1
    with pytest.raises(FileNotFoundError):
        paths.link_text(str(tmp_path / "absent"))


def test_what_is_written_is_read_and_replaces_what_was_there(tmp_path: Path) -> None:
    place = str(tmp_path / "file")
    for content in (b"x" * 3_000_000, b"short", b""):
        paths.write(place, content)
        assert paths.read(place) == content
        assert paths.file_bytes(place) == len(content)
    assert paths.file_bytes(str(tmp_path)) == -1


def test_a_folder_is_copied_with_its_links_as_they_are(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "deep" / "target"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "file").write_text("text")
    (source / "link").symlink_to("inner/file")
    (source / "lost").symlink_to("/nowhere/at/all")
    paths.copy_folder(str(source), str(target))
    assert (target / "inner" / "file").read_text() == "text"
    assert str((target / "link").readlink()) == "inner/file"
    assert str((target / "lost").readlink()) == "/nowhere/at/all"


def test_a_keeper_of_a_sandbox_with_namespaces_loads_nothing_it_does_not_need() -> None:
    heavy = ("pathlib", "shutil", "tempfile", "subprocess", "traceback", "urllib.parse", "asyncio")
    program = f"import sys, ergos.drivers.sandbox.warden; print([name for name in {heavy} if name in sys.modules])"
    words = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {program}"]
    assert subprocess.run(words, capture_output=True, check=True).stdout == b"[]\n"
