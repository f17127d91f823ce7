"""Sandboxes to test with: every back end this machine has, as the user who runs the tests and, for root, as another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

import ergos
from ergos.drivers.sandbox.orders import BACKENDS, Backend
from ergos.drivers.sandbox.sandboxes import HostSandboxes, open_sandboxes

NOBODY: Final = 65_534
APART: Final = [backend for backend in BACKENDS if backend != "landlock-bare"]


@pytest.fixture(scope="session")
def every_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, HostSandboxes | str]]:
    """By name, one that works or the reason why it does not."""
    made: dict[str, HostSandboxes | str] = {}
    for backend in BACKENDS:
        found = open_sandboxes(tmp_path_factory.mktemp("scratch"), backend)
        made[backend] = found if isinstance(found, HostSandboxes) else found.why
    yield made
    for found in made.values():
        if isinstance(found, HostSandboxes):
            found.close()


def _one(made: dict[str, HostSandboxes | str], backend: Backend) -> HostSandboxes:
    found = made[backend]
    if isinstance(found, str):
        pytest.skip(f"{backend} does not work here: {found}")
    return found


@pytest.fixture(params=BACKENDS)
def sandboxes(request: pytest.FixtureRequest, every_backend: dict[str, HostSandboxes | str]) -> HostSandboxes:
    """One after the other, every back end."""
    return _one(every_backend, request.param)


@pytest.fixture(params=APART)
def apart(request: pytest.FixtureRequest, every_backend: dict[str, HostSandboxes | str]) -> HostSandboxes:
    """One after the other, every back end with namespaces."""
    return _one(every_backend, request.param)


@pytest.fixture
def bare(every_backend: dict[str, HostSandboxes | str]) -> HostSandboxes:
    """The back end without namespaces."""
    return _one(every_backend, "landlock-bare")


@pytest.fixture(scope="session")
def as_nobody() -> Iterator[Callable[[str], str]]:
    """Runs a program text as another user than root, with a copy of ErgOS that user can read; what it printed."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    python = next(
        (path for path in (f"/usr/bin/python{version}", f"/usr/local/bin/python{version}") if Path(path).exists()), None
    )
    if python is None:
        pytest.skip(f"no Python {version} under /usr that another user could run")
    folder = Path(tempfile.mkdtemp(prefix="ergos-nobody-"))
    folder.chmod(0o755)
    for package in (ergos, msgspec):
        source = Path(package.__file__ or "").parent
        shutil.copytree(source, folder / "lib" / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "scratch").mkdir()
    os.chown(folder / "scratch", NOBODY, NOBODY)
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)

    def run(text: str) -> str:
        found = subprocess.run(
            [python, "-c", text],
            env={"PYTHONPATH": str(folder / "lib"), "SCRATCH": str(folder / "scratch"), "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"},
            user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", capture_output=True, text=True, timeout=110, check=False,
        )  # fmt: skip
        assert found.returncode == 0, found.stderr
        return found.stdout

    yield run
    shutil.rmtree(folder)
