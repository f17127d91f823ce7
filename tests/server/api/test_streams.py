"""Streams are counted by owner."""

from __future__ import annotations

import pytest

from ergos.base.errors import OverloadedError
from ergos.server.api.streams import STREAMS_MAX, Streams


def test_one_owners_streams_are_bounded_and_anothers_are_not_concerned() -> None:
    counted = Streams()
    for _ in range(STREAMS_MAX):
        counted.enter("alice")
    with pytest.raises(OverloadedError):
        counted.enter("alice")
    counted.enter("bob")
    counted.leave("alice")
    counted.enter("alice")
