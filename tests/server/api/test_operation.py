"""A row of the table knows its path and whether it writes."""

from __future__ import annotations

import pytest

from ergos.server.api.operation import Method, Operation


async def nothing(*_: object) -> None:
    """Does nothing."""


@pytest.mark.parametrize(("method", "writes"), [("GET", False), ("POST", True), ("PUT", True), ("DELETE", True)])
def test_what_is_not_read_is_written(method: Method, writes: bool) -> None:
    row = Operation(id="x", method=method, path="/a/{b}/c/{d}", tag="t", summary="s", run=nothing)
    assert row.writes is writes
    assert row.in_path == ("b", "d")
