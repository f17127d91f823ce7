"""The SQLite store under attack: damage, full disks, kills."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ergos.base.errors import DiskFullError, ErgosError, StoreError
from ergos.base.ids import Pid
from ergos.drivers.sqlite_open import Database
from ergos.drivers.sqlite_reads import SqliteReads
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.journal import Entry, verified
from ergos.kernel.rows import Change, Note
from ergos.kernel.values import NULL
from ergos.runtime.audit import audit
from tests.runtime.test_audit import lived

ROOT = Path(__file__).resolve().parents[2]


def run(work: object) -> object:
    return asyncio.run(asyncio.wait_for(work, 60))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store in which a kernel has lived."""
    folder = tmp_path_factory.mktemp("lived")
    path = folder / "ergos.db"

    async def work() -> None:
        await lived(SqliteStore(path), folder)

    run(work())
    return path


async def everything(reads: SqliteReads) -> str:
    """All that a reader can see, as a text to compare; every question asked once."""
    seen: list[object] = [reads.id, await reads.head(), await reads.facts(), await reads.highest()]
    seen += [(r.seq, r.pid, r.turn, r.at_ns, r.body, r.seal) async for r in reads.records()]
    rows = await reads.processes(live_only=False)
    seen += [(p.pid, p.owner, p.agent, p.state, p.turn, bytes(p.memory), bytes(p.outcome), p.failure) for p in rows]
    seen += [await reads.books(("*",)), await reads.next_due_ns(), await reads.runnable(Pid(0), 10)]
    seen += [(m.id, bytes(m.body)) for one in await reads.load(tuple(p.pid for p in rows)) for m in one.mail]
    seen += [(n.key, bytes(n.value or b"")) for n in await reads.notes("alice", "shopper", "", 100)]
    seen += [(i.id, i.text) for i in await reads.items(None, 100)]
    return repr(seen)


@given(flips=st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 255)), min_size=1, max_size=4))
@example(flips=[(18, 255)])
@example(flips=[(63, 2)])
@example(flips=[(71, 1)])
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_flipped_bytes_are_noticed_or_change_nothing(
    store: Path, tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("flipped")
    damaged = folder / "ergos.db"
    content = bytearray(store.read_bytes())
    for place, mask in flips:
        content[place % len(content)] ^= mask
    damaged.write_bytes(content)

    async def look(path: Path) -> tuple[str, str]:
        try:
            reads = SqliteReads.open(path)
        except StoreError as error:
            return "refused", error.code
        try:
            found = await audit(reads)
            return ("sound", await everything(reads)) if found.sound else ("unsound", str(found.problem))
        except ErgosError as error:
            return "refused", error.code
        finally:
            await reads.close()

    async def proven(path: Path) -> str:
        """What an audit answers for: records, books, processes as far as the records determine them."""
        reads = SqliteReads.open(path)
        try:
            records = [(r.seq, r.body, r.seal) async for r in reads.records()]
            rows = await reads.processes(live_only=False)
            facts = [(p.pid, p.owner, p.agent, p.definition, p.turn, bytes(p.memory), bytes(p.outcome)) for p in rows]
            return repr((records, facts, await reads.books(("*",))))
        finally:
            await reads.close()

    verdict, _ = run(look(damaged))  # type: ignore[misc]
    if verdict == "sound":
        assert run(proven(damaged)) == run(proven(store))
    # Opening it to write must not end in a traceback either.
    try:
        opened = SqliteStore(damaged, in_thread=False)
    except (StoreError, DiskFullError):
        pass  # the second: SQLite reports some damage as a failed read
    else:
        try:
            run(opened.close())
        except ErgosError:
            pass
    shutil.rmtree(folder)


@pytest.mark.parametrize("keep", [1, 15, 50, 100, 4095, 4096, 8192, 20_000])
def test_a_truncated_store_is_never_taken_for_whole(store: Path, tmp_path: Path, keep: int) -> None:
    content = store.read_bytes()
    assert keep < len(content)
    cut = tmp_path / "ergos.db"
    cut.write_bytes(content[:keep])

    async def work() -> bool:
        try:
            reads = SqliteReads.open(cut)
        except ErgosError:
            return False
        try:
            return (await audit(reads)).sound
        except ErgosError:
            return False
        finally:
            await reads.close()

    assert run(work()) is False


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"

    async def work() -> int:
        database = Database(path)
        database.writer.execute("PRAGMA max_page_count = 60").fetchall()
        store = SqliteStore(path, database=database)
        acknowledged = 0
        error: ErgosError | None = None

        def done(found: ErgosError | None) -> None:
            nonlocal acknowledged, error
            if found is None:
                acknowledged += 1
            else:
                error = found

        for n in range(200):
            store.submit(Change(entries=(Entry(Pid(1), 1, n, b"%d" % n + os.urandom(4_000)),)), done)
            if n % 3 == 0:
                try:
                    await store.flush()
                except DiskFullError:
                    break
        with pytest.raises(DiskFullError):
            await store.flush()
        assert isinstance(error, DiskFullError)
        await store.close()
        return acknowledged

    acknowledged = run(work())
    assert isinstance(acknowledged, int)
    assert acknowledged > 10

    async def again() -> None:
        store = SqliteStore(path)
        records = [record async for record in store.records()]
        assert len(records) >= acknowledged
        assert [r.at_ns for r in verified(records)] == list(range(len(records)))
        store.submit(Change(entries=(Entry(Pid(1), 1, 0, b"{}"),)))
        await store.close()

    run(again())


LIMITED = """
import asyncio, resource, sys
from pathlib import Path
from ergos.base.errors import DiskFullError
from ergos.base.ids import Pid
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.journal import Entry
from ergos.kernel.rows import Change
async def main():
    store = SqliteStore(Path(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    done = 0
    try:
        for n in range(1000):
            store.submit(Change(entries=(Entry(Pid(1), 1, n, b"x" * 3000),)))
            await store.flush()
            done += 1
    except DiskFullError:
        print(done, flush=True)
    await store.close()
asyncio.run(asyncio.wait_for(main(), 30))
"""


def python(script: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", script, *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def test_a_refused_write_of_the_operating_system_is_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"
    came = subprocess.run(
        python(LIMITED, str(path)), env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert came.stderr == ""
    acknowledged = int(came.stdout)

    async def again() -> None:
        store = SqliteStore(path)
        assert len([r async for r in store.records()]) >= acknowledged > 10
        await store.close()

    run(again())


KILLED = """
import asyncio, sys
from pathlib import Path
from ergos.base.ids import Pid
from ergos.drivers.store_sqlite import SqliteStore
from ergos.kernel.journal import Entry
from ergos.kernel.rows import Change
async def main():
    store = SqliteStore(Path(sys.argv[1]))
    begun = (await store.head()).seq
    for n in range(begun, begun + 100_000):
        def done(error, n=n):
            sys.stdout.write(f"{n + 1}\\n")
        store.submit(Change(entries=(Entry(Pid(1), 1, n, b"x" * (n % 900)),), facts=(("last", str(n + 1)),)), done)
        if n % 7 == 0:
            await store.flush()
            sys.stdout.flush()
asyncio.run(main())
"""


def test_killing_the_writer_twenty_times_loses_no_acknowledged_change(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"
    for round_ in range(20):
        child = subprocess.Popen(python(KILLED, str(path)), env=environment(), stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        acknowledged = 0
        for line in child.stdout:
            acknowledged = int(line)
            if acknowledged % (13 + round_) == 0:
                break
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().splitlines()
        child.wait()
        child.stdout.close()
        whole = [int(line) for line in rest[:-1] if line]
        acknowledged = max([acknowledged, *whole])

        async def check(least: int = acknowledged) -> None:
            reads = SqliteReads.open(path)
            records = [record async for record in reads.records()]
            assert len(list(verified(records))) >= least
            assert int((await reads.facts())["last"]) == len(records)
            await reads.close()

        run(check())


def test_a_second_kernel_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "ergos.db"
    holding = SqliteStore(path)
    script = (
        "import sys\nfrom pathlib import Path\nfrom ergos.base.errors import StoreLockedError\n"
        "from ergos.drivers.store_sqlite import SqliteStore\n"
        "try:\n    SqliteStore(Path(sys.argv[1]))\nexcept StoreLockedError as error:\n    print(error)\n"
    )
    came = subprocess.run(
        python(script, str(path)), env=environment(), capture_output=True, text=True, timeout=30, check=True
    )
    assert f"process {os.getpid()} on " in came.stdout
    assert "[E601]" in came.stdout
    run(holding.close())
    came = subprocess.run(
        python(script, str(path)), env=environment(), capture_output=True, text=True, timeout=30, check=True
    )
    assert came.stdout == ""


@pytest.mark.parametrize(
    "change",
    [
        Change(notes=(Note(owner="a", agent="b", key="\ud800", value=NULL),)),
        Change(entries=(Entry(Pid(1), 1, 2**70, b""),)),
    ],
)
def test_a_value_no_cell_can_hold_fails_the_store_and_hangs_nobody(tmp_path: Path, change: Change) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "ergos.db")
        store.submit(change)
        with pytest.raises(StoreError):
            await store.flush()
        await store.close()

    run(work())


def test_reads_see_nothing_that_is_not_durable(tmp_path: Path) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "ergos.db")
        store.submit(Change(entries=(Entry(Pid(1), 1, 1, b"{}"),)))
        assert [r async for r in store.records()] == []
        assert (await store.head()).seq == 0
        await store.flush()
        assert len([r async for r in store.records()]) == 1
        await store.close()

    run(work())


def test_a_frozen_reader_sees_one_moment_while_a_kernel_writes(tmp_path: Path) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "ergos.db")
        for _ in range(2):
            store.submit(Change(entries=(Entry(Pid(1), 1, 1, b"{}"),)))
        await store.flush()
        reads = SqliteReads.open(tmp_path / "ergos.db")
        reads.freeze()
        assert (await reads.head()).seq == 2
        store.submit(Change(entries=(Entry(Pid(1), 1, 1, b"{}"),), facts=(("x", "1"),)))
        await store.flush()
        assert (await reads.head()).seq == 2
        assert await reads.facts() == {}
        await reads.close()
        await store.close()

    run(work())


class Watched:
    """A connection that tells on which thread it commits, on a disk that takes so long."""

    def __init__(self, connection: object, seconds: float) -> None:
        self._connection = connection
        self.seconds = seconds
        self.on_loop: list[bool] = []
        self._loop_thread = threading.get_ident()

    def execute(self, sql: str, *arguments: object) -> object:
        if sql == "COMMIT":
            self.on_loop.append(threading.get_ident() == self._loop_thread)
            time.sleep(self.seconds)
        return self._connection.execute(sql, *arguments)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


def test_a_slow_disk_is_waited_for_in_a_thread_and_a_swift_one_on_the_loop(tmp_path: Path) -> None:
    async def commits(store: SqliteStore, count: int) -> None:
        for number in range(count):
            store.submit(Change(notes=(Note(owner="a", agent="b", key=f"{number}", value=NULL),)))
            await store.flush()

    async def work() -> None:
        store = SqliteStore(tmp_path / "ergos.db")
        watched = store._writer = Watched(store._writer, 0.01)  # type: ignore[assignment]
        await commits(store, 20)
        assert watched.on_loop == [False] * 20
        store._commit_s, watched.seconds, watched.on_loop = 0.0, 0.0, []
        await commits(store, 1)
        assert watched.on_loop == [True]
        watched.seconds = 0.01
        store._commit_s = 0.0
        await commits(store, 10)
        assert watched.on_loop[1:] == [True, *[False] * 9]  # one slow commit is enough
        await store.close()

    run(work())
