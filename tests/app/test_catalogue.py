"""What stands at the places of the namespace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ergos.app.catalogue import Catalogue, moment
from ergos.app.client import order
from ergos.app.home import Home, reading
from ergos.base.canonical import Plain
from ergos.base.errors import UnknownPathError, UnknownProcessError
from ergos.base.ids import Pid
from ergos.kernel.namespace import read
from ergos.runtime.control import Send, Spawn


def test_a_moment_is_utc_to_the_millisecond():
    assert moment(0) == "1970-01-01T00:00:00.000Z"
    assert moment(1_700_000_000_123_999_999) == "2023-11-14T22:13:20.123Z"


def test_large_values_are_shown_unpacked(home: Home, listener: Path):
    body: Plain = [{"n": n, "text": "长" * 400} for n in range(20)]

    async def play() -> None:
        await order(home, Spawn(path=str(listener), owner="me", memory=body))
        await order(home, Send(pid=Pid(1), body=body))
        async with reading(home) as reads:
            catalogue = Catalogue(home, reads)
            mail = await read("/proc/1/mail", catalogue)
            assert mail == [{"id": mail[0]["id"], "sender": 0, "body": body}]  # type: ignore[index,call-overload]
            assert await read("/proc/1/memory", catalogue) == {"turn": body, "kept": {}}
            for path in ("/proc/2/state", "/proc/2/mail"):
                with pytest.raises(UnknownProcessError):
                    await read(path, catalogue)
            for path in ("/ledger/me", "/agents/nobody"):
                with pytest.raises(UnknownPathError):
                    await read(path, catalogue)

    asyncio.run(play())
