"""One server for each module of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.a2a.standing import BINDINGS, Stand, Talk, home_in, standing


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """The agent under test, open to everybody on this machine."""
    with standing(home_in(tmp_path_factory.mktemp("a2a"))) as up:
        yield up


@pytest.fixture(params=BINDINGS)
def talk(stand: Stand, request: pytest.FixtureRequest) -> Iterator[Talk]:
    """A client of it, of each binding."""
    one = Talk(stand.url, request.param)
    yield one
    one.http.close()
