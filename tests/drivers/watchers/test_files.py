"""Files triggers on a real disk."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from ergos.base.clock import SECOND
from ergos.base.errors import ErgosError, ToolFailedError, ValueShapeError
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.workspaces import Workspaces
from ergos.drivers.watchers import file_scan
from ergos.drivers.watchers.files import BELL_S, NO_BELL_S, FolderWatcher
from ergos.kernel.triggers import Files, Looked
from tests.drivers.watchers.bells import START_NS, watching


class Bench:
    def __init__(self, home: Path, *, rings: bool = True, trusted: bool = False) -> None:
        self.folder = home / "invoices"
        self.folder.mkdir()
        rooms = {"invoices": Room(self.folder, write=False, trusted=trusted)}
        self.watcher = FolderWatcher(Workspaces(home, "alice", rooms), lambda _: rings)
        self.cursor: Any = None
        self.now_ns = START_NS

    def look(self, trigger: Files) -> Looked:
        self.now_ns += 10 * SECOND
        looked = asyncio.run(self.watcher.look(trigger, self.cursor, watching(now_ns=self.now_ns)))
        self.cursor = looked.cursor
        return looked

    def told(self, trigger: Files) -> list[tuple[Any, Any]]:
        return [(one.value["event"], one.value["path"]) for one in self.look(trigger).happenings]  # type: ignore[index, call-overload]


PDFS = Files(name="invoice", folder="invoices:/", pattern="*.pdf")
EVERYTHING = Files(name="all", folder="invoices:/", events=("created", "changed", "deleted"), deep=True)


def test_what_is_told_names_the_file_as_the_file_tools_do(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.look(PDFS)
    (bench.folder / "july.pdf").write_bytes(b"1234")
    (happening,) = bench.look(PDFS).happenings
    assert happening.value == {
        "path": "invoices:/july.pdf",
        "name": "july.pdf",
        "size": 4,
        "event": "created",
        "modified_ns": (bench.folder / "july.pdf").stat().st_mtime_ns,
    }
    assert happening.label.integrity == "untrusted"


def test_what_a_trusted_folder_says_is_trusted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, trusted=True)
    bench.look(PDFS)
    (bench.folder / "july.pdf").write_bytes(b"1234")
    assert bench.look(PDFS).happenings[0].label.integrity == "trusted"


def test_the_ways_in_which_files_come(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.look(PDFS)
    part = bench.folder / "download.pdf.part"
    part.write_bytes(b"x")
    assert bench.told(PDFS) == []
    part.rename(bench.folder / "download.pdf")
    assert bench.told(PDFS) == [("created", "invoices:/download.pdf")]
    old = tmp_path / "old.pdf"
    old.write_bytes(b"y")
    os.utime(old, (10, 10))
    shutil.copy2(old, bench.folder / "copied.pdf")
    assert bench.told(PDFS) == [("created", "invoices:/copied.pdf")]
    old.rename(bench.folder / "moved.pdf")
    assert bench.told(PDFS) == [("created", "invoices:/moved.pdf")]
    os.link(bench.folder / "moved.pdf", bench.folder / "second.pdf")
    assert bench.told(PDFS) == [("created", "invoices:/second.pdf")]
    (bench.folder / "moved.pdf").rename(bench.folder / "renamed.pdf")
    assert bench.told(PDFS) == []
    (bench.folder / "short.pdf").write_bytes(b"z")
    (bench.folder / "short.pdf").unlink()
    assert bench.told(PDFS) == []


def test_the_ways_in_which_files_change(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    kept = bench.folder / "a.txt"
    kept.write_text("one")
    bench.look(EVERYTHING)
    kept.write_text("two and more")
    assert bench.told(EVERYTHING) == [("changed", "invoices:/a.txt")]
    before = kept.stat()
    beside = bench.folder / ".a.txt.new"
    beside.write_text("two and less")
    os.utime(beside, ns=(before.st_atime_ns, before.st_mtime_ns))
    beside.replace(kept)
    assert kept.stat().st_size == before.st_size
    assert bench.told(EVERYTHING) == [("changed", "invoices:/a.txt")]
    kept.chmod(0o600)
    assert bench.told(EVERYTHING) == []
    kept.rename(bench.folder / "b.txt")
    looked = bench.look(EVERYTHING)
    assert [(one.value["event"], one.value["was"]) for one in looked.happenings] == [("changed", "invoices:/a.txt")]  # type: ignore[index, call-overload]
    (bench.folder / "b.txt").unlink()
    assert bench.told(EVERYTHING) == []
    assert bench.told(EVERYTHING) == [("deleted", "invoices:/b.txt")]


def test_a_folder_of_many_is_looked_at_whole(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for number in range(3_000):
        (bench.folder / f"{number}.pdf").write_bytes(b"")
    bench.look(PDFS)
    assert bench.told(PDFS) == []
    (bench.folder / "one more.pdf").write_bytes(b"x")
    (bench.folder / "17.pdf").unlink()
    assert bench.told(PDFS) == [("created", "invoices:/one more.pdf")]


def test_a_folder_that_is_gone_is_a_fault_and_nothing_in_it_went(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (bench.folder / "a.txt").write_text("x")
    bench.look(EVERYTHING)
    bench.folder.rename(tmp_path / "away")
    looked = bench.look(EVERYTHING)
    assert looked.fault
    (tmp_path / "away").rename(bench.folder)
    assert bench.told(EVERYTHING) == []
    assert bench.told(EVERYTHING) == []


def test_a_folder_that_is_not_made_yet_is_watched_until_it_is(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    inbox = Files(name="in", folder="inbox")
    first = bench.look(inbox)
    assert not first.fault
    assert first.again_ns == bench.now_ns + NO_BELL_S * SECOND
    (tmp_path / "work" / "scribe" / "inbox").mkdir()
    (tmp_path / "work" / "scribe" / "inbox" / "a").write_text("x")
    assert bench.told(inbox) == [("created", "inbox/a")]


def test_agents_do_not_see_each_others_folders(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "work" / "other").mkdir(parents=True)
    for folder in ("../other", "/etc", "invoices:/../..", "other:/", "", "a\nb"):
        with pytest.raises((ValueShapeError, ToolFailedError)):
            bench.look(Files(name="x", folder=folder))


def test_a_link_in_the_place_of_the_folder_is_a_fault(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    (bench.folder / "sub").symlink_to("/etc")
    assert "link" in bench.look(Files(name="x", folder="invoices:/sub")).fault


def test_it_is_looked_at_by_the_clock_where_no_bell_rings(tmp_path: Path) -> None:
    bench = Bench(tmp_path, rings=False)
    assert bench.look(PDFS).again_ns == bench.now_ns + NO_BELL_S * SECOND
    bench.watcher = FolderWatcher(
        Workspaces(tmp_path, "alice", {"invoices": Room(bench.folder, write=False)}), lambda _: True
    )
    assert bench.look(PDFS).again_ns == bench.now_ns + BELL_S * SECOND


def test_a_file_that_still_grows_is_looked_at_again_when_it_may_rest(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.look(PDFS)
    (bench.folder / "a.pdf").write_bytes(b"x")
    now_ns = (bench.folder / "a.pdf").stat().st_ctime_ns + SECOND
    looked = asyncio.run(bench.watcher.look(PDFS, bench.cursor, watching(now_ns=now_ns)))
    assert looked.happenings == ()
    assert looked.again_ns == now_ns + 2 * SECOND
    later = asyncio.run(bench.watcher.look(PDFS, looked.cursor, watching(now_ns=now_ns + 2 * SECOND)))
    assert len(later.happenings) == 1


def test_a_name_that_cannot_be_asked_for_is_told_with_why(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.look(PDFS)
    (bench.folder / "a\nrm -rf.pdf").write_bytes(b"x")
    (happening,) = bench.look(PDFS).happenings
    assert isinstance(happening.value, dict)
    assert happening.value["path"] == "a\\nrm -rf.pdf"
    assert "rename" in str(happening.value["why"])


@pytest.mark.parametrize("pattern", ["", "x" * 1_000])
def test_a_pattern_that_is_none_can_never_work(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ErgosError):
        Bench(tmp_path).look(Files(name="x", folder="invoices:/", pattern=pattern))


def test_too_many_files_are_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path)
    for number in range(5):
        (bench.folder / f"{number}.pdf").write_bytes(b"")
    monkeypatch.setattr(file_scan, "FILES_MAX", 3)
    assert "more than" in bench.look(PDFS).fault


def test_every_version_written_by_others_at_the_same_time_is_told_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    trigger = Files(name="x", folder="invoices:/", pattern="*.pdf", settle_s=0)
    bench.look(trigger)

    def write() -> None:
        for number in range(200):
            beside = bench.folder / f".{number}.tmp"
            beside.write_bytes(b"x" * number)
            beside.rename(bench.folder / f"{number}.pdf")

    writer = threading.Thread(target=write)
    writer.start()
    heard: list[Any] = []
    while writer.is_alive():
        heard += bench.told(trigger)
    writer.join()
    heard += bench.told(trigger)
    assert sorted(heard) == sorted(("created", f"invoices:/{number}.pdf") for number in range(200))
