from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ergos.drivers.sandbox.bare_tree import BareTree, descendants, tasks_of
from ergos.drivers.sandbox.orders import Order
from ergos.kernel.confinement import Bounds, Job


@pytest.fixture
def tree(tmp_path: Path) -> BareTree:
    job = Job(command=("x",), bounds=Bounds(files=10, disk_bytes=1_000_000))
    return BareTree(Order(job=job, backend="landlock-bare", scratch=str(tmp_path)), None)


def test_a_folder_that_grows_beyond_its_bounds_is_seen(tree: BareTree) -> None:
    work = Path(tree.base, "work")
    assert not tree.too_large()
    (work / "big").write_bytes(b"x" * 1_100_000)
    assert tree.too_large()
    (work / "big").unlink()
    (work / "sparse").touch()
    os.truncate(work / "sparse", 1 << 30)
    assert not tree.too_large()
    (work / "deep" / "er").mkdir(parents=True)
    for n in range(10):
        (work / "deep" / "er" / f"{n}").touch()
    assert tree.too_large()
    tree.remove()


def test_what_is_removed_is_the_jobs_alone(tree: BareTree, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.chmod(0o755)
    (outside / "kept").write_text("x")
    work = Path(tree.base, "work")
    (work / "link").symlink_to(outside)
    (work / "closed").mkdir()
    (work / "closed" / "file").touch()
    (work / "closed").chmod(0)
    tree.remove()
    assert not Path(tree.base).exists()
    assert (outside / "kept").read_text() == "x"
    assert outside.stat().st_mode & 0o777 == 0o755


def test_descendants_are_found_across_generations() -> None:
    text = "import subprocess, sys; p = subprocess.Popen(['sleep', '30']); print(p.pid, flush=True); p.wait()"
    child = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    grandchild = int(child.stdout.readline())
    try:
        assert {child.pid, grandchild} <= set(descendants(os.getpid()))
        assert descendants(child.pid) == [grandchild]
        assert tasks_of(os.geteuid()) >= 2
    finally:
        os.kill(grandchild, 9)
        child.wait()
        child.stdout.close()
