"""One kernel on one store, and whoever comes second is told who came first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ergos.base.errors import StoreError, StoreLockedError
from ergos.drivers.lock import KernelLock, holder

ROOT = Path(__file__).resolve().parents[2]


def test_the_second_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ergos.lock"
    first = KernelLock(path)
    with pytest.raises(StoreLockedError, match=f"process {os.getpid()} on "):
        KernelLock(path)
    assert holder(path) is not None
    first.release()
    first.release()
    assert holder(path) is None
    KernelLock(path).release()


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    assert holder(tmp_path / "ergos.lock") is None


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path) -> None:
    path = tmp_path / "ergos.lock"
    script = "import sys,time\nfrom pathlib import Path\nfrom ergos.drivers.lock import KernelLock\nlock = KernelLock(Path(sys.argv[1]))\nprint('held', flush=True)\ntime.sleep(60)\n"
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    with pytest.raises(StoreLockedError, match=f"process {child.pid} on "):
        KernelLock(path)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    KernelLock(path).release()


def test_bytes_that_are_no_text_in_the_lock_do_not_hide_it(tmp_path: Path) -> None:
    path = tmp_path / "ergos.lock"
    first = KernelLock(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StoreLockedError):
        KernelLock(path)
    first.release()


def test_a_place_that_cannot_hold_a_lock_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        KernelLock(tmp_path / "file" / "ergos.lock")
    with pytest.raises(StoreError):
        holder(tmp_path / "file" / "ergos.lock")
