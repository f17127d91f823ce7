from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from ergos.base.errors import ToolFailedError
from ergos.drivers.tools import files
from ergos.drivers.tools.confined import Room
from ergos.drivers.tools.files import LookingTools
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.labels import TRUSTED
from tests.drivers.tools.errands import Bench


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "work" / "scribe"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def bench(tmp_path: Path, work: Path) -> Bench:
    (tmp_path / "inv").mkdir()
    (tmp_path / "inv" / "a.txt").write_text("IBAN CH93")
    roots = {"invoices": Room(tmp_path / "inv", write=False, trusted=True)}
    return Bench(LookingTools(Workspaces(tmp_path / "home", "alice", roots)).tools())


def test_a_listing_tells_what_stands_there(bench: Bench, work: Path) -> None:
    (work / "b.md").write_text("hello")
    (work / "sub").mkdir()
    (work / "sub" / "deep.md").write_text("x")
    (work / "link").symlink_to("/etc/passwd")
    found = bench.do("files.list")
    assert [(entry["path"], entry["kind"]) for entry in found["entries"]] == [
        ("b.md", "file"), ("link", "link"), ("sub", "folder"),
    ]  # fmt: skip
    assert "sub/deep.md" in [entry["path"] for entry in bench.do("files.list", depth=2)["entries"]]


def test_a_name_that_is_no_text_is_shown_escaped_and_harms_nothing(bench: Bench, work: Path) -> None:
    fd = os.open(os.fsencode(work) + b"/bad\xff\nname", os.O_CREAT | os.O_WRONLY)
    os.close(fd)
    (entry,) = bench.do("files.list")["entries"]
    assert entry["unreadable"]
    assert "\n" not in entry["path"]
    assert bench.do("files.search", text="x")["matches"] == []


def test_a_long_listing_is_cut_and_says_so(bench: Bench, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ENTRIES_MAX", 3)
    for number in range(5):
        (work / str(number)).touch()
    found = bench.do("files.list")
    assert found["cut"]
    assert len(found["entries"]) == 3


def test_a_text_is_read_by_lines(bench: Bench, work: Path) -> None:
    (work / "a").write_text("one\ntwo\nthree\n")
    assert bench.do("files.read", path="a")["text"] == "one\ntwo\nthree\n"
    part = bench.do("files.read", path="a", from_line=2, lines=1)
    assert (part["text"], part["lines"], part["cut"]) == ("two\n", 3, True)
    (work / "empty").touch()
    assert bench.do("files.read", path="empty")["text"] == ""


def test_a_text_of_another_encoding_is_read(bench: Bench, work: Path) -> None:
    (work / "gbk.txt").write_bytes(("智能体操作系统是下一代的基础设施。" * 20).encode("gb18030"))
    assert bench.do("files.read", path="gbk.txt")["text"].startswith("智能体操作系统")


def test_a_binary_file_says_how_to_read_it(bench: Bench, work: Path) -> None:
    (work / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    with pytest.raises(ToolFailedError) as caught:
        bench.do("files.read", path="x.png")
    assert "base64" in caught.value.what_to_do
    assert bench.do("files.read", path="x.png", encoding="base64")["bytes"] == 58


def test_a_huge_file_is_refused_before_it_is_read(bench: Bench, work: Path) -> None:
    with (work / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ToolFailedError) as caught:
        bench.do("files.read", path="huge")
    assert "python.run" in caught.value.what_to_do
    assert bench.do("files.search", text="x")["files_left_out"] == 1


def test_an_endless_line_is_cut(bench: Bench, work: Path) -> None:
    (work / "line").write_text("x" * 2_000_000)
    found = bench.do("files.read", path="line")
    assert found["cut"]
    assert len(found["text"]) <= files.ANSWER_BYTES_MAX


def test_a_search_finds_lines_and_names(bench: Bench, work: Path) -> None:
    (work / "sub").mkdir()
    (work / "sub" / "a.md").write_text("first\nThe Budget is 7\n")
    (work / "bin").write_bytes(b"budget\0budget")
    (work / "out").symlink_to("/etc")
    found = bench.do("files.search", text="budget")
    assert found["matches"] == [{"path": "sub/a.md", "line": 2, "text": "The Budget is 7"}]
    assert found["files_left_out"] == 1
    assert not bench.do("files.search", text="budget", ignore_case=False)["matches"]
    assert [match["path"] for match in bench.do("files.search", names="*.md")["matches"]] == ["sub/a.md"]


def test_a_search_is_bounded(bench: Bench, work: Path) -> None:
    (work / "a").write_text("hit\n" * 10_000)
    found = bench.do("files.search", text="hit")
    assert len(found["matches"]) == files.MATCHES_MAX


def test_another_agents_files_are_not_reached(bench: Bench, work: Path) -> None:
    (work / "mine").write_text("x")
    assert bench.do("files.list", by="clerk")["entries"] == []
    for path in ("../scribe/mine", "/etc/passwd", "a/../../scribe/mine"):
        assert bench.misfit("files.read", path=path)


def test_what_a_trusted_folder_says_is_trusted_and_nothing_else_is(bench: Bench, work: Path) -> None:
    (work / "a").write_text("x")
    assert asyncio.run(bench.performed("files.read", path="invoices:/a.txt")).label == TRUSTED
    assert asyncio.run(bench.performed("files.read", path="a")).label is None


def test_looking_changes_nothing(bench: Bench) -> None:
    assert {tool.spec.effect for tool in bench.tools.values()} == {"pure"}
    assert {tool.spec.goes for tool in bench.tools.values()} == {"read"}
