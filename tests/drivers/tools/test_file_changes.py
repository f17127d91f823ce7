from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path
from typing import Any

import pytest

from ergos.base.errors import DiskFullError, ErgosError, ToolFailedError
from ergos.drivers.tools import confined, file_changes
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.file_changes import ChangingTools
from ergos.drivers.tools.workspaces import Workspaces
from tests.drivers.tools.errands import Bench


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "work" / "scribe"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def bench(tmp_path: Path, work: Path) -> Bench:
    (tmp_path / "inv").mkdir()
    roots = {"invoices": Room(tmp_path / "inv", write=False)}
    return Bench(ChangingTools(Workspaces(tmp_path / "home", "alice", roots)).tools())


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_is_written_with_its_folders_and_replaced_whole(bench: Bench, work: Path) -> None:
    said = bench.do("files.write", path="notes/july.md", text="höi\n")
    assert (work / "notes/july.md").read_text("utf-8") == "höi\n"
    assert said["bytes"] == 5
    bench.do("files.write", path="notes/july.md", text=base64.b64encode(b"\0\1").decode(), encoding="base64")
    assert (work / "notes/july.md").read_bytes() == b"\0\1"
    assert names(work / "notes") == ["july.md"]


@pytest.mark.parametrize("path", ["../x", "/tmp/x", "a/../../x", ".", "", "a\0b", "invoices:/", ".ergos-draft-1"])
def test_a_path_that_leads_out_is_refused_before_anything_is_written(bench: Bench, path: str) -> None:
    assert bench.misfit("files.write", path=path, text="x")
    assert bench.misfit("files.delete", path=path)
    assert bench.misfit("files.move", path="a", to=path)


def test_what_cannot_be_written_is_refused_before_anything_is_written(bench: Bench) -> None:
    assert bench.misfit("files.write", path="a", text="no base64!", encoding="base64")
    assert bench.misfit("files.write", path="a", text=7)


def test_a_read_only_folder_stays_as_it_is(bench: Bench) -> None:
    for name, args in (("files.write", {"text": "x"}), ("files.append", {"text": "x"}), ("files.delete", {})):
        with pytest.raises(ToolFailedError, match="read-only"):
            bench.do(name, path="invoices:/a", **args)


def test_links_are_not_written_through(bench: Bench, work: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "f").write_text("before")
    (work / "dir").symlink_to(tmp_path / "out")
    (work / "file").symlink_to(tmp_path / "out" / "f")
    for name, args in (
        ("files.write", {"text": "x"}),
        ("files.append", {"text": "x"}),
        ("files.edit", {"old": "b", "new": "x"}),
    ):
        for path in ("dir/f", "file"):
            with pytest.raises(ToolFailedError):
                bench.do(name, path=path, **args)
    with pytest.raises(ToolFailedError):
        bench.do("files.move", path="file", to="elsewhere")
    assert bench.do("files.delete", path="file") == {"path": "file", "deleted": True}
    assert (tmp_path / "out" / "f").read_text() == "before"


def test_an_append_repeated_under_its_key_happens_once(bench: Bench, work: Path) -> None:
    for _ in range(3):
        bench.do("files.append", "k", path="log", text="one\n")
    bench.do("files.append", "k2", path="log", text="one\n")
    assert (work / "log").read_text() == "one\none\n"


def test_an_edit_repeated_under_its_key_happens_once(bench: Bench, work: Path) -> None:
    (work / "a").write_text("x = 1")
    for _ in range(2):
        bench.do("files.edit", "k", path="a", old="1", new="11")
    assert (work / "a").read_text() == "x = 11"


def test_a_change_begun_and_overtaken_by_another_is_not_made_blindly(bench: Bench, work: Path) -> None:
    bench.do("files.append", "k", path="log", text="one\n")
    (work / "log").write_text("somebody else's")
    with pytest.raises(ToolFailedError, match="somebody else"):
        bench.do("files.append", "k", path="log", text="one\n")


def test_an_edit_that_fits_several_places_or_none_changes_nothing(bench: Bench, work: Path) -> None:
    (work / "a").write_text("x x")
    for old in ("x", "y"):
        with pytest.raises(ToolFailedError, match="times"):
            bench.do("files.edit", path="a", old=old, new="z")
    assert (work / "a").read_text() == "x x"
    bench.do("files.edit", path="a", old="x", new="z", times=2)
    assert (work / "a").read_text() == "z z"


def test_a_move_overwrites_nothing_and_can_be_repeated(bench: Bench, work: Path) -> None:
    (work / "a").write_text("a")
    (work / "b").write_text("b")
    with pytest.raises(ToolFailedError, match="already"):
        bench.do("files.move", path="a", to="b")
    for _ in range(2):
        bench.do("files.move", "k", path="a", to="deep/er/c")
    assert (work / "deep/er/c").read_text() == "a"
    assert not (work / "a").exists()
    with pytest.raises(ToolFailedError, match="there is no"):
        bench.do("files.move", "other", path="a", to="d")


def test_a_move_stopped_between_its_halves_is_finished(bench: Bench, work: Path) -> None:
    (work / "a").write_text("a")
    bench.do("files.move", "k", path="a", to="b")
    os.link(work / "b", work / "a")  # as after a crash between the second name and the end of the first
    bench.do("files.move", "k", path="a", to="b")
    assert names(work) == ["b"]


def test_a_folder_is_moved_and_deleted_only_when_empty(bench: Bench, work: Path) -> None:
    (work / "d").mkdir()
    (work / "d" / "f").touch()
    with pytest.raises(ToolFailedError, match="not empty"):
        bench.do("files.delete", path="d")
    bench.do("files.move", path="d", to="e")
    bench.do("files.delete", path="e/f")
    assert bench.do("files.delete", path="e")["deleted"]
    assert names(work) == []


def test_a_delete_repeated_does_not_hit_what_came_after_it(bench: Bench, work: Path) -> None:
    (work / "a").write_text("old")
    bench.do("files.delete", "k", path="a")
    (work / "a").write_text("new content")
    assert bench.do("files.delete", "k", path="a")["deleted"]
    assert (work / "a").read_text() == "new content"
    assert not bench.do("files.delete", "k3", path="none")["deleted"]


def test_a_full_disk_is_said_and_leaves_the_old_file(bench: Bench, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (work / "a").write_text("old")
    monkeypatch.setattr(confined, "DISK_RESERVE_BYTES", 1 << 60)
    with pytest.raises(DiskFullError):
        bench.do("files.write", path="a", text="new")
    assert (work / "a").read_text() == "old"


def test_a_file_may_not_grow_without_end(bench: Bench, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_changes, "GROWN_BYTES_MAX", 10)
    bench.do("files.append", path="a", text="12345678")
    with pytest.raises(ToolFailedError, match="at most 10"):
        bench.do("files.append", path="a", text="12345678")


def test_appends_at_the_same_time_all_arrive(bench: Bench, work: Path) -> None:
    async def all_of_them() -> list[Any]:
        return await asyncio.gather(*(bench.performed("files.append", path="a", text=f"{n}\n") for n in range(40)))

    asyncio.run(all_of_them())
    assert sorted(map(int, (work / "a").read_text().split())) == list(range(40))


@pytest.mark.parametrize("number", range(8))
def test_an_append_that_is_killed_anywhere_and_repeated_has_happened_once(
    bench: Bench, work: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Die at the n-th call that touches the disk for good, come back, and repeat under the same key."""
    (work / "a").write_text("0\n")
    left = [number]

    def dying(real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return real(*args, **kwargs)

        return call

    with monkeypatch.context() as patched:
        for name in ("fsync", "replace", "write"):
            patched.setattr(os, name, dying(getattr(os, name)))
        try:
            bench.do("files.append", "k", path="a", text="1\n")
        except (KeyboardInterrupt, ErgosError):
            pass
    bench.do("files.append", "k", path="a", text="1\n")
    assert (work / "a").read_text() == "0\n1\n"


def test_every_change_is_the_owners_alone_and_says_what_its_arguments_are(bench: Bench) -> None:
    for tool in bench.tools.values():
        assert tool.spec.effect == "idempotent"
        assert tool.spec.goes == "own"
        assert tool.spec.roles["path"] == "target"
