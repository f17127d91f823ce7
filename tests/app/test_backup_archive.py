"""An archive that is no backup, or not as it was written, is refused before a byte of it is put anywhere."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.backup_archive import (
    EXPANSION_FREE_BYTES,
    STORE,
    Archive,
    ArchiveWriter,
    Manifest,
    Part,
    check_names,
)
from ergos.base.errors import ForeignStoreError, StoreError, VerificationError


def manifest(*parts: Part, **changes: object) -> Manifest:
    about = Manifest(version="1", schema=1, store="s", seq=1, hash="00", at_ns=1, made_ns=1, parts=parts)
    return msgspec.structs.replace(about, **changes)


def written(path: Path, **files: bytes) -> Manifest:
    with path.open("wb") as file:
        writer = ArchiveWriter(file)
        for name, content in files.items():
            writer.add(name.replace("__", "/").replace("DB", STORE), io.BytesIO(content))
        about = manifest(*writer.parts)
        writer.finish(about)
    return about


def part(name: str, content: bytes = b"x") -> Part:
    return Part(name, len(content), hashlib.sha256(content).hexdigest())


def forged(path: Path, about: object, *entries: zipfile.ZipInfo, content: bytes = b"x") -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for entry in entries:
            archive.writestr(entry, content)
        if about is not None:
            archive.writestr("manifest.json", about if isinstance(about, bytes) else msgspec.json.encode(about))


def entry(name: str, kind: int = stat.S_IFREG) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr = (kind | 0o600) << 16
    return made


def test_what_was_written_is_read_back(tmp_path: Path):
    about = written(tmp_path / "b", DB=b"store", agents__one__AGENT=b"# one")
    with Archive(tmp_path / "b") as archive:
        assert archive.manifest == about
        for one, content in zip(about.parts, (b"store", b"# one"), strict=True):
            sink = io.BytesIO()
            archive.extract(one, sink)
            assert sink.getvalue() == content
        assert archive.size == 10


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../x", "agents/../../x", "agents//x", "agents/./x", "agents", "agents/", "key", "secrets",
        "ergos.log", "kernel.sock", "agents\\x", "agents/a\0b", "agents/a\nb", "C:/x", "ergos.db/x", "agents/" + "x" * 300,
        "work/" + "y/" * 600 + "z", "skills/\ud800",
    ],
)  # fmt: skip
def test_a_name_that_is_no_file_of_a_home_is_refused(name: str):
    with pytest.raises(VerificationError):
        check_names((name,))


def test_a_file_that_is_a_folder_too_is_refused():
    with pytest.raises(VerificationError, match="both"):
        check_names(("agents/one", "agents/one/two"))
    check_names(("agents/one", "agents/onetwo/three", STORE, "settings.toml", "work/@bob/a/b.csv"))


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda path: forged(path, manifest(part(STORE)), entry(STORE, stat.S_IFLNK)), "no plain file"),
        (lambda path: forged(path, manifest(part(STORE)), entry(STORE), entry("agents/")), "no plain file"),
        (lambda path: forged(path, manifest(part(STORE)), entry(STORE), entry("agents/x")), "exactly its parts"),
        (lambda path: forged(path, manifest(part(STORE), part("agents/x")), entry(STORE)), "exactly its parts"),
        (lambda path: forged(path, manifest(part("agents/x")), entry("agents/x")), "no store"),
        (lambda path: forged(path, manifest(part(STORE), part("../x")), entry(STORE), entry("../x")), "no name of a part"),
        (lambda path: forged(path, None, entry(STORE)), "no manifest"),
        (lambda path: forged(path, b"{", entry(STORE)), "cannot be read"),
        (lambda path: forged(path, b"[" * 100_000, entry(STORE)), "cannot be read"),
        (lambda path: forged(path, {"ergos_backup": 1, "more": 1}, entry(STORE)), "cannot be read"),
        (lambda path: forged(path, manifest(Part(STORE, 2, "00")), entry(STORE)), "exactly its parts"),
        (lambda path: path.write_bytes(b"not a backup"), "not a backup"),
        (lambda path: path.write_bytes(b""), "not a backup"),
    ],
)  # fmt: skip
def test_a_forged_archive_is_refused(tmp_path: Path, forge: Callable[[Path], object], said: str):
    forge(tmp_path / "b")
    with pytest.raises(VerificationError, match=said):
        Archive(tmp_path / "b")


def test_two_parts_of_one_name_are_refused(tmp_path: Path):
    with pytest.warns(UserWarning, match="Duplicate"):
        forged(tmp_path / "b", manifest(part(STORE)), entry(STORE), entry(STORE))
    with pytest.raises(VerificationError, match="same name"):
        Archive(tmp_path / "b")


def test_a_bomb_is_refused_by_what_it_declares(tmp_path: Path):
    size = 2 * EXPANSION_FREE_BYTES
    with zipfile.ZipFile(tmp_path / "b", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(entry_deflated(STORE), "w", force_zip64=True) as sink:
            for _ in range(size // (1 << 20)):
                sink.write(bytes(1 << 20))
        archive.writestr("manifest.json", msgspec.json.encode(manifest(Part(STORE, size, "00"))))
    with pytest.raises(VerificationError, match="no backup is so"):
        Archive(tmp_path / "b")


def entry_deflated(name: str) -> zipfile.ZipInfo:
    made = entry(name)
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def test_a_newer_format_asks_for_a_newer_ergos(tmp_path: Path):
    forged(tmp_path / "b", {"ergos_backup": 2, "version": "9.9"}, entry(STORE))
    with pytest.raises(ForeignStoreError, match=r"9\.9"):
        Archive(tmp_path / "b")


def test_a_part_that_is_not_what_the_manifest_says_is_refused(tmp_path: Path):
    forged(tmp_path / "b", manifest(part(STORE, b"y")), entry(STORE))
    with Archive(tmp_path / "b") as archive, pytest.raises(VerificationError, match="not what its manifest says"):
        archive.extract(archive.manifest.parts[0], io.BytesIO())


def test_a_pipe_and_a_folder_are_no_backup(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(VerificationError, match="no plain file"):
            Archive(path)


def test_a_missing_file_says_so(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be read"):
        Archive(tmp_path / "nowhere")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "b"
    written(path, DB=b"store" * 50, agents__one__AGENT=b"# one")
    return path


@given(data=st.data())
def test_an_archive_with_any_byte_changed_is_refused_or_reads_the_same(good: Path, data: st.DataObject):
    raw = bytearray(good.read_bytes())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    changed = good.with_name("changed")
    changed.write_bytes(bytes(raw[: data.draw(st.sampled_from([len(raw), place]))]))
    try:
        with Archive(changed) as archive:
            for one in archive.manifest.parts:
                archive.extract(one, io.BytesIO())
    except StoreError:
        return
