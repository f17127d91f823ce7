"""A home: made when something is written, read beside its kernel, never another's."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from ergos.app.home import Home, home_at, kernel_on, load_with, reading, reads_of
from ergos.base.errors import DefinitionError, NotRunningError, SettingsError, StoreError, StoreLockedError, WorldError
from ergos.kernel.process import State
from ergos.lib.folder import FolderPrograms


def test_looking_makes_nothing(home: Home):
    with pytest.raises(NotRunningError):
        reads_of(home)
    assert home.holder() is None
    assert not home.folder.exists()


def test_a_home_is_its_owners_alone_and_has_one_kernel(home: Home):
    async def play() -> None:
        async with kernel_on(home, FolderPrograms()):
            assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
            assert home.holder() is not None
            with pytest.raises(StoreLockedError):
                async with kernel_on(home, FolderPrograms()):
                    pass
        assert home.holder() is None

    asyncio.run(play())


def test_a_kernel_that_does_not_drive_writes_down_and_runs_nothing(home: Home, listener: Path):
    async def play() -> None:
        programs = FolderPrograms()
        definition = load_with(programs)(listener, {})
        async with kernel_on(home, programs, drive=False) as kernel:
            pid = await kernel.desk.spawn(definition, "me")
            await kernel.desk.send(pid, "hello")
            await asyncio.sleep(0.05)
        async with reading(home) as reads:
            assert (await reads.load((pid,)))[0].process.state is State.READY
        async with kernel_on(home, FolderPrograms()) as kernel:
            ended = await asyncio.wait_for(kernel.desk.end_of(pid), 5)
        assert ended.outcome == "hello"

    asyncio.run(play())


def test_a_kernel_that_cannot_start_lets_go_of_the_home(home: Home):
    home.make()
    home.key.write_bytes(b"too short")

    async def play() -> None:
        with pytest.raises(WorldError, match="signing key"):
            async with kernel_on(home, FolderPrograms()):
                pass

    asyncio.run(play())
    assert home.holder() is None


def test_another_programs_file_is_refused_and_kept(home: Home):
    home.make()
    home.store.write_bytes(b"a diary")
    with pytest.raises(StoreError):
        reads_of(home)
    assert home.store.read_bytes() == b"a diary"


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError):
        home_at(tmp_path / "file" / "home", {}).make()


@pytest.mark.parametrize(
    "source", ["1 / 0", "raise SystemExit", "raise KeyboardInterrupt", "class E(Exception): ...\nraise E"]
)
def test_whatever_an_agents_file_raises_is_its_authors_error(tmp_path: Path, source: str):
    (tmp_path / "a.py").write_text(source)
    with pytest.raises(DefinitionError):
        load_with(FolderPrograms())(tmp_path / "a.py", {})
