"""A backup is taken while the kernel writes, is one whole file or none, and holds no secret that was not asked for."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ergos.app.backup_archive import Archive
from ergos.app.home import kernel_on, programs_of, reading
from ergos.base.errors import NotRunningError, UsageError
from ergos.base.ids import Pid
from tests.app.backup_rig import PASSPHRASE, Rig

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_backup_is_taken_while_the_kernel_writes_and_holds_one_moment(rig: Rig):
    async def play() -> None:
        await rig.begin()
        async with kernel_on(rig.home, programs_of(rig.home)) as kernel:
            stop = asyncio.Event()

            async def writes() -> int:
                count = 0
                while not stop.is_set():
                    await kernel.desk.send(Pid(1), f"shot{count}")
                    count += 1
                return count

            writing = asyncio.create_task(writes())
            await asyncio.sleep(0.1)
            made = await rig.keep()
            stop.set()
            assert await writing > 0
        async with reading(rig.home) as reads:
            assert (await reads.head()).seq > made.manifest.seq > 0
        restored = await rig.bring_back(rig.other())
        assert restored.audit.records == made.manifest.seq
        assert restored.audit.sound

    asyncio.run(play())


def test_what_belongs_to_agents_is_in_it_and_nothing_else_is(rig: Rig):
    async def play() -> None:
        await rig.begin()
        folder = rig.home.folder
        (folder / "agents" / "one" / "tools").mkdir(parents=True)
        (folder / "agents" / "one" / "AGENT.md").write_text("# one")
        (folder / "agents" / "one" / "tools" / "run.sh").write_text("true")
        (folder / "agents" / "one" / "tools" / "run.sh").chmod(0o700)
        (folder / "agents" / "one" / "__pycache__").mkdir()
        (folder / "agents" / "one" / "__pycache__" / "x.pyc").write_text("x")
        (folder / "agents" / "out").symlink_to("/etc")
        (folder / "agents" / "one" / "link").symlink_to("/etc/passwd")
        os.mkfifo(folder / "agents" / "one" / "pipe")
        (folder / "settings.toml").write_text('owner = "me"\n')
        for name in ("ergos.log", "views.db", "access.db", "secrets"):
            (folder / name).write_text("not to be kept")
        made = await rig.keep()
        assert {part.name: part.runs for part in made.manifest.parts} == {
            "ergos.db": False,
            "settings.toml": False,
            "agents/one/AGENT.md": False,
            "agents/one/tools/run.sh": True,
        }
        assert set(made.manifest.left_out) == {"agents/out", "agents/one/link", "agents/one/pipe"}
        assert stat.S_IMODE(rig.file.stat().st_mode) == 0o600
        assert b"not to be kept" not in rig.file.read_bytes()
        assert rig.home.key.read_bytes() not in rig.file.read_bytes()
        assert [path.name for path in rig.folder.iterdir() if "draft" in path.name] == []
        with zipfile.ZipFile(rig.file) as archive:  # whoever has no ErgOS can look into it
            assert json.loads(archive.read("manifest.json"))["seq"] == made.manifest.seq

    asyncio.run(play())


def test_a_file_that_is_there_is_not_overwritten_unasked(rig: Rig):
    async def play() -> None:
        with pytest.raises(NotRunningError):
            await rig.keep()
        await rig.begin()
        rig.file.write_text("mine")
        with pytest.raises(UsageError, match="is there already"):
            await rig.keep()
        assert rig.file.read_text() == "mine"
        await rig.keep(replace=True)
        with Archive(rig.file) as archive:
            assert archive.manifest.seq > 0
        rig.file = rig.folder / "nowhere" / "x"
        with pytest.raises(UsageError, match="no folder"):
            await rig.keep()
        rig.file = rig.folder
        with pytest.raises(UsageError, match="is a folder"):
            await rig.keep()

    asyncio.run(play())


def test_secrets_are_in_it_only_under_a_passphrase(rig: Rig):
    async def play() -> None:
        await rig.begin()
        with pytest.raises(UsageError, match="at least 12"):
            await rig.keep(passphrase="short")
        assert not rig.file.exists()
        made = await rig.keep(passphrase=PASSPHRASE)
        assert "secrets.sealed" in {part.name for part in made.manifest.parts}
        assert rig.home.key.read_bytes() not in rig.file.read_bytes()

    asyncio.run(play())


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
sys.path[:0] = [{root!r}, {source!r}]
from tests.app.backup_rig import Rig
from ergos.base.errors import ErgosError

rig = Rig(Path({folder!r}))
calls = 0
limit = 0

def counted(name):
    real = getattr(os, name)
    def step(*args, **how):
        global calls
        calls += 1
        if calls == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **how)
    setattr(os, name, step)

for name in ("fsync", "link", "unlink", "rename", "replace", "mkdir", "rmdir", "ftruncate", "fchmod"):
    counted(name)
{extra}
async def act():
    {act}

number = 0
while True:
    number += 1
    child = os.fork()
    if child == 0:
        calls, limit = 0, number
        try:
            asyncio.run(act())
        except BaseException as error:
            print("FAILED", repr(error), flush=True)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    {check}
    if code == 0:
        break
    assert code == -signal.SIGKILL, code
print(number)
"""


def killed_at_every_step(folder: Path, act: str, check: str, extra: str = "") -> int:
    """Do something again and again, killed at the n-th call of the system; how many there are."""
    script = KILLED.format(
        root=str(ROOT), source=str(ROOT / "src"), folder=str(folder), act=act, check=check, extra=extra
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return int(done.stdout.split()[-1])


def test_a_backup_killed_at_any_step_leaves_the_old_file_or_the_new_one(rig: Rig):
    asyncio.run(rig.begin())
    asyncio.run(rig.keep())
    old = rig.file.read_bytes()
    check = """
    from ergos.app.backup_archive import Archive
    with Archive(rig.file) as archive:
        whole = [archive.extract(part, open(os.devnull, "wb")) for part in archive.manifest.parts]
    assert whole
    """
    steps = killed_at_every_step(rig.folder, "await rig.keep(replace=True)", check)
    assert steps > 10
    assert rig.file.read_bytes() != old  # the last one came through
    assert [path.name for path in rig.folder.iterdir() if "draft" in path.name] == []


def test_a_new_backup_killed_at_any_step_leaves_no_file_or_a_whole_one(rig: Rig):
    asyncio.run(rig.begin())
    check = """
    if rig.file.exists():
        from ergos.app.backup_archive import Archive
        with Archive(rig.file) as archive:
            whole = [archive.extract(part, open(os.devnull, "wb")) for part in archive.manifest.parts]
        if code: rig.file.unlink()
    """
    assert killed_at_every_step(rig.folder, "await rig.keep()", check) > 10
    assert rig.file.exists()


def test_two_backups_to_one_file_do_not_mix(rig: Rig):
    import fcntl

    async def play() -> None:
        await rig.begin()
        with (rig.folder / f".{rig.file.name}.draft").open("w") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            with pytest.raises(UsageError, match="under way"):
                await rig.keep()
        await rig.keep()

    asyncio.run(play())
