"""A restored home is verified before it is in place, and repeats nothing that was done after its backup."""

from __future__ import annotations

import asyncio
import io
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ergos.app.backup_archive import STORE, Archive, ArchiveWriter
from ergos.app.home import Home, kernel_on, programs_of, reading
from ergos.base.errors import ErgosError, ForeignStoreError, StoreLockedError, UsageError, VerificationError
from ergos.base.ids import Pid
from ergos.kernel.process import State
from ergos.runtime.audit import audit
from ergos.runtime.kernel import Kernel
from tests.app.backup_rig import PASSPHRASE, Rig
from tests.app.test_backup import killed_at_every_step


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


async def states(home: Home) -> dict[int, State]:
    async with reading(home) as reads:
        assert (await audit(reads)).sound
        return {process.pid: process.state for process in await reads.processes(live_only=False)}


def test_nothing_that_was_done_after_the_backup_is_done_again(rig: Rig):
    async def play() -> None:
        await rig.begin()

        async def before(kernel: Kernel) -> None:
            await rig.shoot(kernel, "one", 1)
            await rig.keep()
            await rig.shoot(kernel, "two", 2)
            await rig.shoot(kernel, "three", 3)

        await rig.run(before)
        restored = await rig.bring_back(replace=True)
        assert restored.since.known
        assert [call.call for call in restored.since.shown if call.effect == "irreversible"] == ["act fire"] * 2
        assert restored.rewound.paused == (Pid(1),)

        async def after(kernel: Kernel) -> None:
            assert kernel.machine.halted
            await asyncio.sleep(0.1)
            assert rig.hits == ["one", "two", "three"]
            await kernel.desk.signal(Pid(1), "resume", "me")
            await kernel.desk.halt("me", on=False)
            await asyncio.sleep(0.1)
            assert rig.hits == ["one", "two", "three"]
            await rig.shoot(kernel, "four", 4)  # it works on

        await rig.run(after)
        assert await states(rig.home) == {1: State.WAITING}

    asyncio.run(play())


def test_an_irreversible_call_that_was_under_way_at_the_backup_is_in_doubt(rig: Rig):
    async def play() -> None:
        await rig.begin()

        async def before(kernel: Kernel) -> None:
            await rig.shoot(kernel, "slow", 1)
            await rig.keep()
            (rig.folder / "go").touch()
            await asyncio.sleep(0.1)

        await rig.run(before)
        restored = await rig.bring_back(replace=True)
        assert restored.rewound.open_calls == 1

        async def after(kernel: Kernel) -> None:
            await kernel.desk.halt("me", on=False)
            await kernel.desk.signal(Pid(1), "resume", "me")
            await rig.until(lambda: kernel.machine.table[Pid(1)].process.state is State.PARKED)

        await rig.run(after)
        assert rig.hits == ["slow"]
        async with reading(rig.home) as reads:
            assert [item.kind for item in await reads.items("me", 10)] == ["doubt"]

    asyncio.run(play())


def test_no_number_that_was_given_out_is_given_out_again(rig: Rig):
    async def play() -> None:
        await rig.begin()
        await rig.keep()
        for _ in range(3):
            await rig.begin()
        await rig.bring_back(replace=True)
        await rig.begin()
        assert sorted(await states(rig.home)) == [1, 1_000_001]
        await rig.keep(replace=True)
        await rig.bring_back(replace=True)  # again, and again beyond
        await rig.begin()
        assert sorted(await states(rig.home)) == [1, 1_000_001, 2_000_001]

    asyncio.run(play())


def test_a_home_that_runs_or_is_not_empty_is_left_alone(rig: Rig):
    async def play() -> None:
        await rig.begin()
        await rig.keep()
        with pytest.raises(UsageError, match="not empty"):
            await rig.bring_back()
        async with kernel_on(rig.home, programs_of(rig.home), drive=False):
            with pytest.raises(StoreLockedError, match="in use"):
                await rig.bring_back(replace=True)
        assert await states(rig.home) == {1: State.READY}

    asyncio.run(play())


def test_the_old_home_lies_aside_whole(rig: Rig):
    async def play() -> None:
        await rig.begin()
        (rig.home.folder / "settings.toml").write_text('owner = "old"\n')
        await rig.keep()
        (rig.home.folder / "settings.toml").write_text('owner = "new"\n')
        (rig.home.folder / "mine.txt").write_text("kept")
        key = rig.home.key.read_bytes()
        restored = await rig.bring_back(replace=True)
        assert restored.aside is not None
        assert (Path(restored.aside) / "mine.txt").read_text() == "kept"
        assert (Path(restored.aside) / "settings.toml").read_text() == 'owner = "new"\n'
        assert (rig.home.folder / "settings.toml").read_text() == 'owner = "old"\n'
        assert rig.home.key.read_bytes() == key  # of the same store: its identity stays
        assert (restored.secrets, restored.unfinished) == ("home", ())
        assert sorted(path.name for path in rig.folder.glob(".*")) == []
        assert rig.home.folder.stat().st_mode & 0o777 == 0o700

    asyncio.run(play())


def test_what_is_of_the_present_stays_and_is_not_taken_back_in_time(rig: Rig):
    async def play() -> None:
        await rig.begin()
        folder = rig.home.folder
        (folder / "delegations.json").write_text("revoked: 1")
        (folder / "access.json").write_text("tokens of then")
        await rig.keep()
        (folder / "delegations.json").write_text("revoked: 1 2")
        (folder / "access.json").write_text("tokens of now")
        (folder / "api.db").write_bytes(b"keys of now")
        await rig.bring_back(rig.other())
        assert (rig.other().folder / "delegations.json").read_text() == "revoked: 1"
        assert not (rig.other().folder / "access.json").exists()  # nobody has a token there
        await rig.bring_back(replace=True)
        assert (folder / "delegations.json").read_text() == "revoked: 1 2"
        assert (folder / "access.json").read_text() == "tokens of now"
        assert (folder / "api.db").read_bytes() == b"keys of now"

    asyncio.run(play())


def test_key_and_secrets_come_with_the_passphrase_only(rig: Rig):
    async def play() -> None:
        await rig.begin()
        await rig.keep(passphrase=PASSPHRASE)
        with pytest.raises(VerificationError, match="passphrase"):
            await rig.bring_back(rig.other(), passphrase="not the passphrase")
        assert not rig.other().folder.exists()
        assert (await rig.bring_back(rig.other(), passphrase=PASSPHRASE)).secrets == "backup"
        assert rig.other().key.read_bytes() == rig.home.key.read_bytes()
        assert rig.other().key.stat().st_mode & 0o777 == 0o600
        shutil.rmtree(rig.other().folder)
        assert (await rig.bring_back(rig.other())).secrets == ""
        assert not rig.other().key.exists()

    asyncio.run(play())


def test_an_empty_folder_is_filled_and_a_file_is_refused(rig: Rig):
    async def play() -> None:
        await rig.begin()
        await rig.keep()
        rig.other().folder.write_text("a file")
        with pytest.raises(UsageError, match="no folder"):
            await rig.bring_back(rig.other(), replace=True)
        rig.other().folder.unlink()
        rig.other().folder.mkdir()
        assert (await rig.bring_back(rig.other())).aside is None
        assert await states(rig.other()) == {1: State.PAUSED}

    asyncio.run(play())


def rebuilt(rig: Rig, change: Callable[[Path], None], **about: object) -> None:
    """The backup with its store changed, and a manifest that fits what is in it now."""
    store = rig.folder / "changed.db"
    with Archive(rig.file) as archive:
        manifest = archive.manifest
        with store.open("wb") as sink:
            archive.extract(manifest.parts[0], sink)
    change(store)
    with rig.file.open("wb") as file:
        writer = ArchiveWriter(file)
        writer.add(STORE, io.BytesIO(store.read_bytes()))
        writer.finish(msgspec.structs.replace(manifest, parts=tuple(writer.parts), **about))


def sql(*statements: str) -> Callable[[Path], None]:
    def change(store: Path) -> None:
        connection = sqlite3.connect(store, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()

    return change


@pytest.mark.parametrize(
    ("change", "about", "error", "said"),
    [
        (sql("UPDATE journal SET body = replace(body, 'me', 'my') WHERE seq = 2"), {}, VerificationError, "does not hold"),
        (sql("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)"), {}, VerificationError, "not the one"),
        (sql("UPDATE process SET owner = 'eve'"), {}, VerificationError, "does not hold"),
        (sql("UPDATE meta SET value = 'x' WHERE name = 'store_id'"), {}, VerificationError, "not the one"),
        (sql("CREATE TRIGGER t AFTER INSERT ON journal BEGIN DELETE FROM item; END"), {}, VerificationError, "no ErgOS made"),
        (sql("CREATE VIEW v AS SELECT 1"), {}, VerificationError, "no ErgOS made"),
        (sql("PRAGMA user_version = 99"), {}, ForeignStoreError, "newer"),
        (sql(), {"schema": 99}, ForeignStoreError, "99"),
        (lambda store: store.write_bytes(b"no store"), {}, ErgosError, "not an ErgOS store"),
    ],
)  # fmt: skip
def test_a_store_that_does_not_hold_never_comes_in_place(
    rig: Rig, change: Callable[[Path], None], about: dict[str, object], error: type[ErgosError], said: str
):
    async def play() -> None:
        await rig.begin()
        await rig.keep()
        rebuilt(rig, change, **about)
        with pytest.raises(error, match=said):
            await rig.bring_back(replace=True)
        with pytest.raises(error, match=said):
            await rig.bring_back(rig.other())
        assert await states(rig.home) == {1: State.READY}
        assert not rig.other().folder.exists()
        assert sorted(path.name for path in rig.folder.glob(".*")) == []

    asyncio.run(play())


def test_a_journal_signed_with_another_key_is_refused_where_the_key_is_known(rig: Rig):
    async def play() -> None:
        await rig.begin()
        await rig.keep()
        with pytest.raises(VerificationError, match="not with the known one"):
            await rig.bring_back(replace=True, public_key="00" * 32)

    asyncio.run(play())


def test_a_damaged_archive_changes_nothing(rig: Rig):
    async def play() -> None:
        await rig.begin()
        await rig.keep()
        with zipfile.ZipFile(rig.file) as archive:
            offset = archive.getinfo(STORE).header_offset
        raw = bytearray(rig.file.read_bytes())
        raw[offset + 200] ^= 0xFF
        rig.file.write_bytes(raw)
        with pytest.raises(VerificationError):
            await rig.bring_back(replace=True)
        assert await states(rig.home) == {1: State.READY}

    asyncio.run(play())


def test_a_restore_killed_at_any_step_leaves_the_old_home_or_the_new_one(rig: Rig):
    async def begun() -> None:
        await rig.begin()
        await rig.keep()
        await rig.begin()  # two processes now, one in the backup

    asyncio.run(begun())
    check = """
    import sqlite3
    connection = sqlite3.connect(rig.home.store)
    rows = connection.execute("SELECT pid, state FROM process ORDER BY pid").fetchall()
    connection.close()
    assert rows in ([(1, "ready"), (2, "ready")], [(1, "paused")]), rows
    if len(rows) == 1 and code:
        import shutil, glob
        [aside] = [one for one in glob.glob(str(rig.folder / "home.before-*")) + glob.glob(str(rig.folder / ".home.restore-*"))
                   if os.path.exists(one + "/ergos.db") and sqlite3.connect(one + "/ergos.db").execute("SELECT count(*) FROM process").fetchone() == (2,)]
        shutil.rmtree(rig.home.folder)
        os.rename(aside, rig.home.folder)
    """
    steps = killed_at_every_step(rig.folder, "await rig.bring_back(replace=True)", check, EXTRA)
    assert steps > 20
    assert asyncio.run(states(rig.home)) == {1: State.PAUSED}


EXTRA = """
import ergos.app.backup_restore as restoring
import ergos.drivers.exchange
real_exchange = restoring.exchange
def exchanged(one, other):
    global calls
    calls += 1
    if calls == limit:
        os.kill(os.getpid(), signal.SIGKILL)
    real_exchange(one, other)
restoring.exchange = exchanged
"""
