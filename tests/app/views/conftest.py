"""One store of a small crowd for all tests of views; who writes to it copies it first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ergos.sim.crowd import Crowd, Told

from .rig import Written


@pytest.fixture(scope="session")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """A folder with the store of a crowd."""
    folder = tmp_path_factory.mktemp("crowd")
    return folder, Crowd(owners=4, processes=60, records=4_000).write(folder / "ergos.db")


@pytest.fixture
def crowd(crowded: tuple[Path, Told], tmp_path: Path) -> tuple[Path, Told]:
    """A copy of it."""
    folder = tmp_path / "crowd"
    shutil.copytree(crowded[0], folder)
    return folder, crowded[1]


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    """A store that is empty."""
    store = Written(tmp_path / "home")
    yield store
    store.close()
