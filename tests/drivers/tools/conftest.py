"""One event loop for all tests of the built-in tools that call them without being coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.drivers.tools import errands


@pytest.fixture(scope="session", autouse=True)
def _loop() -> Iterator[None]:
    with asyncio.Runner() as runner:
        errands.RUNNERS.append(runner)
        yield
        errands.RUNNERS.clear()
