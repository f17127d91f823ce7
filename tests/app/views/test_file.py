from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.app.views.file import ViewsFile
from ergos.base.entropy import SeededEntropy
from ergos.base.errors import ForeignStoreError, StoreError
from ergos.drivers.host import HostClock
from ergos.kernel.events import Exited, Signalled
from ergos.kernel.own_events import Booted
from ergos.sim.crowd import Told
from ergos.sim.explore import History
from ergos.sim.faults import random_plan
from tests.app.views.rig import START_NS, Written, contents, folded, stored


def anew(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """What a fold from the beginning makes of a store."""
    for path in folder.glob("views.db*"):
        path.unlink()
    folded(folder)
    return contents(folder)


@settings(max_examples=6)
@given(seed=st.integers(1, 10_000), records=st.integers(5, 60))
def test_a_fold_cut_anywhere_is_the_fold_from_scratch(
    tmp_path_factory: pytest.TempPathFactory, seed: int, records: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    history = History(seed, random_plan(SeededEntropy(f"plan/{seed}")))
    history.run()
    stored(folder, history.disk)
    file = ViewsFile(folder, HostClock(), records=records)
    while file.advance():
        if file.seq % 3 == 0:  # and now and then by another process, which knows nothing
            file.close()
            file = ViewsFile(folder, HostClock(), records=records)
    file.close()
    assert file.seq == len(history.disk.journal)
    in_pieces = contents(folder)
    assert in_pieces == anew(folder)


def test_a_fold_killed_in_the_middle_goes_on_where_it_was_written(crowd: tuple[Path, Told], tmp_path: Path) -> None:
    folder, told = crowd
    script = (
        "import sys; from pathlib import Path; from ergos.app.views.file import ViewsFile;"
        "from ergos.drivers.host import HostClock; f = ViewsFile(Path(sys.argv[1]), HostClock(), records=40)\n"
        "while f.advance(hold=True): print(f.seq, flush=True)\n"
        "import time; time.sleep(60)"
    )
    kills = 0
    for wanted in (400, 1_500, 2_600):
        child = subprocess.Popen(
            [sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True, env={**os.environ}
        )
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) >= wanted:
                break
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        kills += 1
    found = ViewsFile(folder, HostClock(), records=1)
    found.advance()
    assert 1_500 <= found.seq < told.records
    found.close()
    assert folded(folder) == told.records
    survived = contents(folder)
    assert kills == 3
    assert survived == anew(folder)


def test_two_programs_that_fold_at_once_count_nothing_twice(crowd: tuple[Path, Told]) -> None:
    folder, told = crowd
    both = [ViewsFile(folder, HostClock(), records=records) for records in (7, 64)]
    turn, more = 0, True
    while more:
        more = both[turn % 2].advance()
        turn += 1 if turn % 5 else 2
    assert both[0].head() == told.records
    for one in both:
        while one.advance():
            pass
        assert one.seq == told.records
        one.close()
    together = contents(folder)
    assert together == anew(folder)


def test_programs_that_begin_at_once_make_one_fold(crowd: tuple[Path, Told]) -> None:
    folder, told = crowd
    script = (
        "import sys; from pathlib import Path; from ergos.app.views.file import ViewsFile;"
        "from ergos.drivers.host import HostClock; f = ViewsFile(Path(sys.argv[1]), HostClock(), records=100)\n"
        "while f.advance() or f.seq < f.head(): pass\n"
        "print(f.seq)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [child.communicate()[0].strip() for child in children] == [str(told.records)] * 3
    together = contents(folder)
    assert together == anew(folder)


def test_who_holds_the_file_keeps_nobody_from_reading_it(crowd: tuple[Path, Told]) -> None:
    folder, _ = crowd
    folding, reading = (ViewsFile(folder, HostClock(), records=50) for _ in range(2))
    folding.advance()
    folding._commit_records = 10**6  # type: ignore[misc]
    folding.advance(hold=True)
    assert reading.advance()
    assert reading.rows("SELECT count(*) FROM process")[0][0]
    assert reading.seq <= 50
    folding.close()
    while reading.advance():
        pass
    reading.close()
    assert contents(folder) == anew(folder)


def test_a_store_restored_from_a_backup_is_noticed(written: Written, tmp_path: Path) -> None:
    written.add(0, 0, Booted("1", "host", 2))
    written.spawn(1, "alice", "clerk")
    written.close()
    backup = tmp_path / "backup.db"
    shutil.copy(written.folder / "ergos.db", backup)
    written.add(1, 1, Signalled("kill", "alice"), Exited("killed"))
    written.close()
    assert folded(written.folder) == 5
    shutil.copy(backup, written.folder / "ergos.db")
    assert folded(written.folder) == 3
    assert contents(written.folder)["process"][0][5] == 0  # it lives

    other = Written(tmp_path / "other")  # as long as the backup grew to, and another history
    other.add(0, 0, Booted("1", "host", 2))
    other.spawn(1, "bob", "clerk")
    other.close()
    shutil.copy(other.folder / "ergos.db", written.folder / "ergos.db")
    folded(written.folder)
    assert contents(written.folder)["owner"] == [("bob",)]


def test_a_store_replaced_while_it_is_open_is_noticed(written: Written, tmp_path: Path) -> None:
    written.spawn(1, "alice", "clerk")
    written.close()
    file = ViewsFile(written.folder, HostClock())
    file.advance()
    other = Written(tmp_path / "other")
    other.spawn(1, "bob", "clerk")
    other.close()
    (other.folder / "ergos.db").replace(written.folder / "ergos.db")
    for name in ("ergos.db-wal", "ergos.db-shm"):
        (written.folder / name).unlink(missing_ok=True)
    while file.advance():
        pass
    assert file.rows("SELECT name FROM owner") == [("bob",)]
    file.close()


@pytest.mark.parametrize("damage", ["garbage", "truncated", "another program's", "an older schema", "overwritten"])
def test_a_file_that_is_no_fold_of_this_journal_is_made_again(crowd: tuple[Path, Told], damage: str) -> None:
    folder, told = crowd
    folded(folder)
    good = contents(folder)
    path = folder / "views.db"
    match damage:
        case "garbage":
            path.write_bytes(os.urandom(40_000))
        case "truncated":
            path.write_bytes(path.read_bytes()[:30_000])
        case "another program's":
            path.unlink()
            with sqlite3.connect(path) as connection:
                connection.execute("CREATE TABLE meta (name TEXT)")
            connection.close()
        case "an older schema":
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA user_version = 0")
            connection.close()
        case "overwritten":
            whole = bytearray(path.read_bytes())
            for page in range(1, len(whole) // 4096):
                whole[page * 4096 : page * 4096 + 64] = os.urandom(64)
            path.write_bytes(bytes(whole))
    for name in ("views.db-wal", "views.db-shm"):
        (folder / name).unlink(missing_ok=True)
    assert folded(folder) == told.records
    if damage != "overwritten":  # of that only what was looked at is noticed by a fold; questions notice the rest
        assert contents(folder) == good


def test_a_file_deleted_while_it_is_open_is_made_again(crowd: tuple[Path, Told]) -> None:
    folder, told = crowd
    file = ViewsFile(folder, HostClock())
    while file.advance():
        pass
    for path in folder.glob("views.db*"):
        path.unlink()
    assert file.advance() or file.seq == told.records
    while file.advance():
        pass
    file.close()
    assert contents(folder)["meta"]


def test_a_damaged_store_is_told_and_not_folded_for_ever(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    for _ in range(100):
        written.raw(1, 1, b"x" * 4_000)
    written.close()
    folded(written.folder)
    for path in written.folder.glob("views.db*"):
        path.unlink()
    path = written.folder / "ergos.db"
    for name in ("ergos.db-wal", "ergos.db-shm"):
        (written.folder / name).unlink(missing_ok=True)
    whole = bytearray(path.read_bytes())
    for page in range(40, len(whole) // 4096):
        whole[page * 4096 : page * 4096 + 400] = b"\xff" * 400
    path.write_bytes(bytes(whole))
    file = ViewsFile(written.folder, HostClock())

    def on_and_on() -> None:
        for _ in range(50):
            file.advance()

    with pytest.raises(StoreError):
        on_and_on()
    file.close()


def test_where_nothing_was_run_there_is_nothing_to_fold(tmp_path: Path) -> None:
    with pytest.raises(ForeignStoreError):
        ViewsFile(tmp_path, HostClock()).head()
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_folded_in_memory(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    (written.folder / "views.db").mkdir()
    file = ViewsFile(written.folder, HostClock())
    while file.advance():
        pass
    assert file.rows("SELECT name FROM owner") == [("alice",)]
    file.close()


def test_numbers_and_texts_that_no_cell_can_hold_find_nothing(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    file = ViewsFile(written.folder, HostClock())
    file.advance()
    assert file.rows("SELECT pid FROM process WHERE pid = ?", (1 << 70,)) == []
    assert file.rows("SELECT id FROM owner WHERE name = ?", ("\ud800",)) == []
    file.close()


def test_records_that_are_none_do_not_stop_it(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    for body in (
        b"",
        b"{}",
        b"\xff\xfe",
        b'{"k":"result"}',
        b'{"k":"exit","state":5}',
        b'{"k":"dance","step":1}',
        b"[",
    ):
        written.raw(1, 1, body)
        written.raw(0, 0, body)
        written.raw(77, 3, body)
    written.raw(1, 1, b'{"k":"' + b"x" * 5_000 + b'"}')
    written.run("INSERT INTO journal VALUES (?, 'one', 1, 1, 'text', x'00')", (written.seq + 1,))
    written.seq += 1
    assert folded(written.folder) == written.seq
    written.add(1, 1, Exited("done"))
    assert folded(written.folder) == written.seq
    assert contents(written.folder)["process"][0][5] == 1


def test_a_clock_that_goes_backwards_changes_no_sum(written: Written) -> None:
    written.spawn(1, "alice", "clerk")
    written.raw(1, 1, b'{"k":"exit","state":"done"}', at_ns=START_NS - 5 * 86_400_000_000_000)
    written.raw(0, 0, b'{"k":"boot","version":"1","host":"h","schema":1}', at_ns=-1)

    class Backwards:
        now = time.time_ns()

        def now_ns(self) -> int:
            self.now -= 10**12
            return self.now

    file = ViewsFile(written.folder, Backwards())
    while file.advance():
        pass
    file.close()
    backwards = contents(written.folder)
    assert file.seq == written.seq
    assert backwards == anew(written.folder)
    assert [row[3:] for row in backwards["outcome"]] == [(1, 0, 0)]
