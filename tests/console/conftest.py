"""One filled home, its site and one browser for all tests of the console that a worker of the suite runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.console.browser import LOOKS, Look, browser
from tests.console.rig import Rig, rigged

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A home with something of everything; a test that decides something starts a process of its own."""
    with rigged(tmp_path_factory.mktemp("rig")) as made:
        yield made


@pytest.fixture(scope="session")
def launched() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop | None]]:
    """The browser, and the loop on which it is spoken to, which counts as running for as long as it is open."""
    with browser() as made:
        loop = asyncio._get_running_loop()
        asyncio._set_running_loop(None)
        yield made, loop
        asyncio._set_running_loop(loop)


@pytest.fixture
def chromium(launched: tuple[Browser, asyncio.AbstractEventLoop | None]) -> Iterator[Browser]:
    """The browser. Between tests that use it no loop runs here, so that others can run one of their own."""
    asyncio._set_running_loop(launched[1])
    yield launched[0]
    asyncio._set_running_loop(None)


@pytest.fixture(params=LOOKS, ids=lambda look: look.id)
def look(request: pytest.FixtureRequest) -> Look:
    """Each way a page is looked at."""
    found: Look = request.param
    return found
