"""The bell rings for what stirs, and costs one thread however much is watched."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ergos.base.ids import Pid
from ergos.drivers.watchers import file_bell as module
from ergos.drivers.watchers.file_bell import FolderBell, Key
from tests.drivers.watchers.bells import until

WATCHERS = pytest.importorskip("watchfiles", reason="no watchfiles: install ergos[watch]")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "quiet" not in request.node.name:
        monkeypatch.setattr(module, "STEP_MS", 50)
        monkeypatch.setattr(module, "GROUP_MS", 100)


def play(test: Callable[[FolderBell, list[Key]], Awaitable[None]]) -> None:
    async def whole() -> None:
        rung: list[Key] = []
        bell = FolderBell(rung.append)
        try:
            await test(bell, rung)
        finally:
            bell.close()

    asyncio.run(whole())
    assert not [thread for thread in threading.enumerate() if thread.name == "ergos-folders"]


def key(pid: int, name: str = "x") -> Key:
    return (Pid(pid), name)


def test_a_bell_rings_for_its_folder_alone(tmp_path: Path) -> None:
    async def test(bell: FolderBell, rung: list[Key]) -> None:
        for number in (1, 2):
            (tmp_path / str(number)).mkdir()
            bell.attend(key(number), str(tmp_path / str(number)), deep=False)
        await until(lambda: bell.rings(key(1)) and len(rung) == 2)  # once: something may have come before it hung
        rung.clear()
        (tmp_path / "2" / "a").write_text("x")
        await until(lambda: bool(rung))
        assert set(rung) == {key(2)}

    play(test)


def test_a_bell_hears_what_stirs_deeper_where_it_was_asked_to(tmp_path: Path) -> None:
    async def test(bell: FolderBell, rung: list[Key]) -> None:
        (tmp_path / "a" / "b").mkdir(parents=True)
        bell.attend(key(1), str(tmp_path), deep=True)
        bell.attend(key(2), str(tmp_path), deep=False)
        await until(lambda: len(rung) == 2)
        rung.clear()
        (tmp_path / "a" / "b" / "c").write_text("x")
        await until(lambda: bool(rung))
        assert set(rung) == {key(1)}

    play(test)


def test_a_folder_that_is_not_there_is_not_heard_and_is_once_it_is(tmp_path: Path) -> None:
    async def test(bell: FolderBell, rung: list[Key]) -> None:
        bell.attend(key(1), str(tmp_path / "later"), deep=False)
        bell.attend(key(2), str(tmp_path), deep=False)
        await until(lambda: bell.rings(key(2)))
        assert not bell.rings(key(1))
        (tmp_path / "later").mkdir()
        await until(lambda: bell.rings(key(1)))

    play(test)


def test_a_folder_made_anew_is_heard_again(tmp_path: Path) -> None:
    async def test(bell: FolderBell, rung: list[Key]) -> None:
        folder = tmp_path / "in"
        folder.mkdir()
        bell.attend(key(1), str(folder), deep=False)
        await until(lambda: len(rung) == 1)
        folder.rmdir()
        folder.mkdir()
        await asyncio.sleep(1.0)
        rung.clear()
        (folder / "a").write_text("x")
        await until(lambda: bool(rung))

    play(test)


def test_who_left_is_not_rung_for(tmp_path: Path) -> None:
    async def test(bell: FolderBell, rung: list[Key]) -> None:
        bell.attend(key(1), str(tmp_path), deep=False)
        bell.attend(key(2), str(tmp_path), deep=False)
        await until(lambda: len(rung) == 2)
        bell.leave(key(1))
        rung.clear()
        assert not bell.rings(key(1))
        (tmp_path / "a").write_text("x")
        await until(lambda: bool(rung))
        assert set(rung) == {key(2)}

    play(test)


def test_a_thousand_folders_that_are_quiet_cost_one_thread_and_next_to_nothing(tmp_path: Path) -> None:
    async def test(bell: FolderBell, rung: list[Key]) -> None:
        for number in range(1_000):
            (tmp_path / str(number)).mkdir()
            bell.attend(key(number + 1), str(tmp_path / str(number)), deep=False)
        await until(lambda: len(rung) >= 1_000)
        assert sum(thread.name == "ergos-folders" for thread in threading.enumerate()) == 1
        before = time.process_time()
        await asyncio.sleep(2.5)
        assert time.process_time() - before < 0.05  # CPU, not time: an hour of it would be a second

    play(test)


def test_without_watchfiles_nothing_rings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib, "import_module", _missing)

    async def test(bell: FolderBell, rung: list[Key]) -> None:
        bell.attend(key(1), str(tmp_path), deep=False)
        await asyncio.sleep(0.3)
        assert not bell.rings(key(1))

    play(test)


def _missing(name: str) -> object:
    raise ImportError(name)


def test_a_name_that_is_no_text_makes_no_bell_deaf(tmp_path: Path) -> None:
    async def test(bell: FolderBell, rung: list[Key]) -> None:
        bell.attend(key(1), str(tmp_path), deep=False)
        await until(lambda: bell.rings(key(1)) and bool(rung))
        for _ in range(2):
            rung.clear()
            (tmp_path / os.fsdecode(b"\xff")).write_text(str(time.monotonic_ns()))
            await until(lambda: bool(rung))
        await until(lambda: bell.rings(key(1)))
        rung.clear()
        (tmp_path / "a").write_text("x")
        await until(lambda: bool(rung))

    play(test)
