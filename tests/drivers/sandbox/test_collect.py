from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ergos.drivers.sandbox.collect import DEPTH_MAX, LEFT_OUT_MAX, Collection
from ergos.kernel.confinement import Bounds


def collect(folder: Path, *paths: str, **bounds: int) -> Collection:
    collection = Collection(Bounds(**bounds))  # type: ignore[arg-type]
    work = os.open(folder, os.O_RDONLY)
    try:
        for path in paths:
            collection.take(work, path)
    finally:
        os.close(work)
    return collection


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("secret of the host")
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def test_files_and_whole_folders_come_back(work: Path) -> None:
    (work / "a" / "b").mkdir(parents=True)
    (work / "a" / "one").write_bytes(b"1")
    (work / "a" / "b" / "two").write_bytes(b"\x00")
    (work / "top").write_bytes(b"")
    assert collect(work, "a/", "top").files == {"a/one": b"1", "a/b/two": b"\x00", "top": b""}
    assert set(collect(work, ".").files) == {"a/one", "a/b/two", "top"}


def test_what_is_planted_is_left_out_with_its_reason(work: Path) -> None:
    (work / "link").symlink_to("../secret")
    (work / "absolute").symlink_to(work.parent / "secret")
    (work / "folder").symlink_to("..")
    os.mkfifo(work / "pipe")
    (work / "first").write_text("x")
    os.link(work / "first", work / "second")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(work / "socket"))
    with (work / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    (work / os.fsdecode(b"\xff")).write_text("x")
    found = collect(work, ".", "folder/secret", "../secret", "link")
    assert found.files == {}
    reasons = {name: why.split(" (")[0] for name, why in found.left_out.items()}
    assert reasons.pop("./\\udcff") == "its name is not text"
    assert reasons == {
        "link": "a link",
        "absolute": "a link",
        "folder": "a link",
        "pipe": "a pipe",
        "first": "has another name",
        "second": "has another name",
        "socket": "a socket",
        "sparse": "too large",
        "folder/secret": "a link",
        "../secret": "a link",
    }


def test_size_number_and_depth_are_bounded(work: Path) -> None:
    for n in range(40):
        (work / f"f{n:02}").write_bytes(b"x" * 10)
    by_size = collect(work, ".", disk_bytes=100)
    assert sum(map(len, by_size.files.values())) == 100
    by_number = collect(work, ".", files=5)
    assert len(by_number.files) <= 2 * 5 + 16
    assert "too many files" in by_number.left_out.values()
    by_file = collect(work, "f00", file_bytes=9)
    assert by_file.left_out == {"f00": "too large (10 bytes)"}
    deep = work
    for _ in range(DEPTH_MAX + 5):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "end").write_text("x")
    assert "too deep" in collect(work, "d").left_out.values()


def test_reasons_are_bounded_as_well(work: Path) -> None:
    for n in range(LEFT_OUT_MAX + 50):
        (work / f"l{n}").symlink_to("x")
    assert len(collect(work, ".").left_out) == LEFT_OUT_MAX


def test_what_is_not_there_is_said(work: Path) -> None:
    assert collect(work, "missing").left_out == {"missing": "no such file or directory"}
