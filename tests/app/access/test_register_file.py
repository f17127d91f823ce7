"""HOME/access.json: its owner's alone, whole, and read again only when somebody replaced it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
import pytest

from ergos.app.access.register_file import FILE, FILE_BYTES_MAX, CodeRow, Kept, RegisterFile, Who
from ergos.base.errors import SettingsError

WHO = Who(name="alice", role="owner", owner="alice")


def add(name: str):
    return lambda kept: msgspec.structs.replace(kept, codes={**kept.codes, name: CodeRow(who=WHO, ends_ns=1)})


def test_it_is_its_owners_alone_and_looking_makes_nothing(tmp_path: Path) -> None:
    file = RegisterFile(tmp_path / "home")
    assert file.kept() == Kept()
    assert not (tmp_path / "home").exists()
    file.change(add("a"))
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert set(RegisterFile(tmp_path / "home").kept().codes) == {"a"}


def test_what_another_process_writes_is_seen_at_once(tmp_path: Path) -> None:
    one, other = RegisterFile(tmp_path), RegisterFile(tmp_path)
    one.change(add("a"))
    assert set(other.kept().codes) == {"a"}
    other.change(add("b"))
    assert set(one.kept().codes) == {"a", "b"}
    assert one.kept() is one.kept()  # nothing was read again
    (tmp_path / FILE).unlink()
    assert one.kept() == Kept()


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    children = []
    for number in range(4):
        if (pid := os.fork()) == 0:
            for step in range(10):
                RegisterFile(tmp_path).change(add(f"{number}-{step}"))
            os._exit(0)
        children.append(pid)
    assert {os.waitpid(pid, 0)[1] for pid in children} == {0}
    assert len(RegisterFile(tmp_path).kept().codes) == 40


def test_a_change_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    file = RegisterFile(tmp_path)
    file.change(add("a"))
    before = file.path.stat()
    file.change(lambda kept: kept)
    assert (file.path.stat().st_ino, file.path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"version": 2}', b'{"more": 1}', b'{"codes": {"a": 1}}', b"\xff", b"[" * 2_000, b"x" * (FILE_BYTES_MAX + 5)],
)  # fmt: skip
def test_a_file_that_cannot_be_read_lets_nobody_in(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    file = RegisterFile(tmp_path)
    for _ in range(2):
        with pytest.raises(SettingsError, match="nobody is let in"):
            file.kept()
    with pytest.raises(SettingsError, match="nobody is let in"):
        file.change(add("a"))
    assert (tmp_path / FILE).read_bytes() == content


def test_a_link_or_a_pipe_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(msgspec.json.encode(Kept(codes={"a": CodeRow(who=WHO, ends_ns=1)})))
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsError):
        RegisterFile(tmp_path).kept()
    (tmp_path / FILE).unlink()
    os.mkfifo(tmp_path / FILE)
    with pytest.raises(SettingsError):
        RegisterFile(tmp_path).kept()


def test_it_never_grows_beyond_its_bound(tmp_path: Path) -> None:
    file = RegisterFile(tmp_path)
    with pytest.raises(SettingsError, match="larger"):
        file.change(
            lambda kept: msgspec.structs.replace(
                kept, codes={str(n): CodeRow(who=WHO, ends_ns=n) for n in range(20_000)}
            )
        )
    assert file.kept() == Kept()
