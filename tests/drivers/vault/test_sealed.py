"""The file is its owner's alone, whole, and opened by one key only."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from ergos.base.entropy import SeededEntropy
from ergos.base.world_errors import SecretError
from ergos.drivers.host import FileSigner, HostEntropy
from ergos.drivers.vault.sealed import Kept, SealedFile


@pytest.fixture
def file(tmp_path: Path) -> SealedFile:
    sealed = SealedFile(tmp_path / "secrets", FileSigner(tmp_path / "key"), HostEntropy())
    with sealed.changing() as kept:
        kept["a"] = Kept("the-secret-value")
    return sealed


def test_what_is_kept_is_read_again_by_whoever_has_the_key(file: SealedFile) -> None:
    again = SealedFile(file.path, FileSigner(file.path.with_name("key")), HostEntropy())
    assert again.read() == {"a": Kept("the-secret-value")}


def test_nothing_is_there_before_something_is_kept(tmp_path: Path) -> None:
    assert SealedFile(tmp_path / "no" / "secrets", FileSigner(tmp_path / "key"), HostEntropy()).read() == {}


def test_the_file_shows_nothing_and_is_its_owners_alone(file: SealedFile) -> None:
    assert b"secret-value" not in file.path.read_bytes()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert {path.name for path in file.path.parent.iterdir()} == {"key", "secrets", ".secrets.turn"}


def test_two_writings_of_the_same_differ(file: SealedFile) -> None:
    before = file.path.read_bytes()
    with file.changing():
        pass
    assert file.path.read_bytes() != before


def test_every_changed_bit_and_every_cut_is_noticed(file: SealedFile) -> None:
    whole = file.path.read_bytes()
    for changed in [*(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))), *(whole[:at] for at in range(len(whole))), whole + b"x"]:  # fmt: skip
        file.path.write_bytes(changed)
        with pytest.raises(SecretError) as caught:
            file.read()
        assert "secret-value" not in str(caught.value)
    file.path.write_bytes(whole)
    assert file.read()


def test_another_homes_key_opens_nothing(file: SealedFile, tmp_path: Path) -> None:
    other = SealedFile(file.path, FileSigner(tmp_path / "other"), HostEntropy())
    with pytest.raises(SecretError, match="another home"):
        other.read()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o660, 0o777])
def test_a_file_others_may_use_is_not_used(file: SealedFile, mode: int) -> None:
    file.path.chmod(mode)
    with pytest.raises(SecretError, match="chmod 600"):
        file.read()
    with pytest.raises(SecretError, match="chmod 600"), file.changing():
        pass
    assert stat.S_IMODE(file.path.stat().st_mode) == mode


def test_a_file_of_another_user_is_not_used(file: SealedFile) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(file.path, 1234, -1)
    with pytest.raises(SecretError, match="another user"):
        file.read()


def test_a_link_a_folder_and_a_pipe_are_no_file(file: SealedFile) -> None:
    moved = file.path.with_name("moved")
    file.path.rename(moved)
    file.path.symlink_to(moved)
    with pytest.raises(SecretError):
        file.read()
    file.path.unlink()
    file.path.mkdir(0o700)
    with pytest.raises(SecretError):
        file.read()
    file.path.rmdir()
    os.mkfifo(file.path, 0o600)
    with pytest.raises(SecretError, match="no plain file"):
        file.read()


def test_a_change_that_fails_changes_nothing(file: SealedFile) -> None:
    before = file.path.read_bytes()

    def failing() -> None:
        with file.changing() as kept:
            kept["b"] = Kept("x")
            kept["c"] = Kept(str(1 // 0))

    with pytest.raises(ZeroDivisionError):
        failing()
    assert file.path.read_bytes() == before


def test_a_draft_left_by_a_kill_is_in_nobodys_way(file: SealedFile) -> None:
    file.path.with_name(".secrets.new").write_bytes(b"half")
    with file.changing() as kept:
        kept["b"] = Kept("x")
    assert set(file.read()) == {"a", "b"}


def test_writers_take_turns(file: SealedFile) -> None:
    def add(number: int) -> None:
        own = SealedFile(file.path, FileSigner(file.path.with_name("key")), SeededEntropy(number))
        for turn in range(5):
            with own.changing() as kept:
                kept[f"{number}-{turn}"] = Kept("v")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(file.read()) == 31


def test_what_is_kept_shows_nothing() -> None:
    assert "abc" not in repr(Kept("abc")) + str(Kept("abc"))


def test_a_full_disk_loses_nothing_and_is_said(file: SealedFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SecretError) as caught, file.changing() as kept:
        kept["b"] = Kept("another")
    assert "free some space" in caught.value.what_to_do
    assert file.read() == {"a": Kept("the-secret-value")}
