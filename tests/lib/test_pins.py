"""An approval is there or it is not: no damage, race or crash makes one."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from ergos.base.errors import SettingsError
from ergos.base.ids import Digest
from ergos.lib.pins import PIN_FILE_BYTES_MAX, PINS_MAX, Pin, PinFile, replace_file

ONE = Pin(digest=Digest("1" * 64), by="alice", at_ns=7, source="/somewhere")


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    pins = PinFile(tmp_path / "deep" / "x.lock")
    assert pins.read() == {}
    assert pins.change(lambda before: {**before, "b": ONE, "a": ONE}) == {"b": ONE, "a": ONE}
    assert list(pins.read().items()) == [("a", ONE), ("b", ONE)]
    assert pins.path.stat().st_mode & 0o777 == 0o600
    assert pins.path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"version": 1, "pins": {"a": {}}}', '{"version": 1, "pins": {"a": 1}}', '{"version": 2}', '{"pins": {}}',
     '{"version": 1, "extra": 1}', "\xff", "[" * 100_000],
)  # fmt: skip
def test_a_damaged_file_approves_nothing_and_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.lock").write_text(text, encoding="latin-1")
    with pytest.raises(SettingsError):
        PinFile(tmp_path / "x.lock").read()


def test_a_file_that_is_too_large_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "x.lock").write_text('{"version": 1}' + " " * PIN_FILE_BYTES_MAX)
    with pytest.raises(SettingsError):
        PinFile(tmp_path / "x.lock").read()


def test_a_damaged_file_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "x.lock").write_text("{")
    with pytest.raises(SettingsError):
        PinFile(tmp_path / "x.lock").change(lambda before: before)
    assert (tmp_path / "x.lock").read_text() == "{"


def test_writers_take_turns(tmp_path: Path) -> None:
    def add(number: int) -> None:
        PinFile(tmp_path / "x.lock").change(lambda before: {**before, f"n{number}": ONE})

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(PinFile(tmp_path / "x.lock").read()) == 12


def test_there_are_not_more_than_can_be_looked_through(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="approvals"):
        PinFile(tmp_path / "x.lock").change(lambda before: {f"n{number}": ONE for number in range(PINS_MAX + 1)})


def test_what_a_crash_left_beside_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".x.new").write_text("half a fil")
    replace_file(tmp_path / "x", b"whole")
    assert (tmp_path / "x").read_bytes() == b"whole"
    assert not (tmp_path / ".x.new").exists()


def test_a_link_that_was_planted_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / ".x.new").symlink_to(victim)
    (tmp_path / "x").symlink_to(victim)
    replace_file(tmp_path / "x", b"theirs")
    assert victim.read_text() == "mine"
    (tmp_path / ".x.lock.turn").symlink_to(victim)
    with pytest.raises(SettingsError):
        PinFile(tmp_path / "x.lock").change(lambda before: before)


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="file"):
        PinFile(tmp_path / "file" / "x.lock").change(lambda before: before)


def test_a_pipe_or_a_link_approves_nothing_and_holds_nobody_up(tmp_path: Path) -> None:
    PinFile(tmp_path / "good").change(lambda _: {"a": ONE})
    (tmp_path / "link").symlink_to(tmp_path / "good")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder"):
        with pytest.raises(SettingsError, match="nothing in it counts as approved") as caught:
            PinFile(tmp_path / name).read()
        assert "settings.toml" not in caught.value.what_to_do


def test_a_full_disk_is_said_with_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    pins = PinFile(tmp_path / "x.lock")
    pins.change(lambda _: {"a": ONE})
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SettingsError) as caught:
        pins.change(lambda _: {})
    assert "free some space" in caught.value.what_to_do
    assert pins.read() == {"a": ONE}
