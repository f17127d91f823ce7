from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from ergos.base.errors import ErgosError, ToolFailedError
from ergos.drivers.tools.confined import DRAFT_PREFIX, Room, beside, look, opened, reading, whole, write_whole
from ergos.drivers.tools.paths import file_of


@pytest.fixture
def room(tmp_path: Path) -> Room:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("the secret")
    (tmp_path / "room").mkdir()
    return Room(tmp_path / "room", write=True)


def read(room: Room, path: str) -> bytes:
    return whole(room, file_of(path), 1_000_000)


def test_a_link_is_not_followed_wherever_it_stands(room: Room, tmp_path: Path) -> None:
    (room.folder / "file").symlink_to(tmp_path / "outside" / "secret")
    (room.folder / "folder").symlink_to(tmp_path / "outside")
    (room.folder / "inside").mkdir()
    (room.folder / "inside" / "up").symlink_to("../..")
    for path in ("file", "folder/secret", "inside/up/outside/secret"):
        with pytest.raises(ToolFailedError):
            read(room, path)


def test_what_is_no_file_is_not_read_and_does_not_hang(room: Room) -> None:
    os.mkfifo(room.folder / "pipe")
    (room.folder / "dir").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(room.folder / "sock"))
        for path in ("pipe", "dir", "sock"):
            with pytest.raises(ToolFailedError):
                read(room, path)


def test_a_device_is_not_read(tmp_path: Path) -> None:
    with (
        opened(Room(Path("/dev"), write=False), ()) as folder,
        pytest.raises(ToolFailedError, match="device"),
        reading(folder, "zero", "zero"),
    ):
        pass


def test_a_long_file_is_refused_and_not_cut(room: Room) -> None:
    (room.folder / "long").write_bytes(b"x" * 101)
    with pytest.raises(ToolFailedError, match="more than 100"):
        whole(room, file_of("long"), 100)


def test_a_write_through_a_link_replaces_nothing_outside(room: Room, tmp_path: Path) -> None:
    secret = tmp_path / "outside" / "secret"
    (room.folder / "link").symlink_to(secret)
    (room.folder / "hard").hardlink_to(secret)
    with opened(room, ()) as folder:
        with pytest.raises(ToolFailedError):
            write_whole(folder, "link", b"new", "link", "t1")
        write_whole(folder, "hard", b"new", "hard", "t2")
    assert secret.read_text() == "the secret"
    assert (room.folder / "hard").read_text() == "new"


def test_a_draft_a_crash_left_is_taken_over_and_a_link_in_its_place_is_not_followed(room: Room, tmp_path: Path) -> None:
    (room.folder / f"{DRAFT_PREFIX}t1").symlink_to(tmp_path / "outside" / "secret")
    with opened(room, ()) as folder:
        write_whole(folder, "a", b"new", "a", "t1")
    assert (tmp_path / "outside" / "secret").read_text() == "the secret"
    assert [path.name for path in room.folder.iterdir()] == ["a"]


def test_a_replaced_file_keeps_its_permissions_but_no_set_id_bit(room: Room) -> None:
    file = room.folder / "run.sh"
    file.write_text("old")
    file.chmod(0o4750)
    with opened(room, ()) as folder:
        write_whole(folder, "run.sh", b"new", "run.sh", "t")
    assert file.stat().st_mode & 0o7777 == 0o750


def test_folders_swapped_for_links_while_files_are_read_lead_nowhere(room: Room, tmp_path: Path) -> None:
    """Somebody swaps a folder and a link to the outside as fast as possible; not one read gets the secret."""
    good = room.folder / "d"
    good.mkdir()
    (good / "secret").write_text("harmless")
    assert read(room, "d/secret") == b"harmless"
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            try:
                good.rename(room.folder / "parked")
                good.symlink_to(tmp_path / "outside")
                good.unlink()
                (room.folder / "parked").rename(good)
            except OSError:
                pass

    swapper = threading.Thread(target=swap)
    swapper.start()
    outcomes = {"harmless": 0, "refused": 0}
    try:
        for _ in range(3_000):
            try:
                outcomes[read(room, "d/secret").decode()] += 1
            except ErgosError:
                outcomes["refused"] += 1
    finally:
        stop.set()
        swapper.join()
    assert set(outcomes) == {"harmless", "refused"}, "only what was harmless is ever read"


def test_a_read_only_room_is_made_by_nobody(tmp_path: Path) -> None:
    with pytest.raises(ToolFailedError, match="cannot be opened"):
        whole(Room(tmp_path / "none", write=False), file_of("a"), 10)
    assert not (tmp_path / "none").exists()


def test_what_stands_there_is_told_without_following(room: Room) -> None:
    (room.folder / "l").symlink_to("nowhere")
    with beside(room, file_of("l")) as (folder, name):
        seen = look(folder, name)
        assert seen is not None
        assert seen.kind == "link"
        assert look(folder, "none") is None
