from __future__ import annotations

import asyncio
import os
import socket

from ergos.base.entropy import SeededEntropy
from ergos.drivers.sandbox.targets import targets


def test_harm_is_seen_once_and_mended() -> None:
    async def test() -> None:
        async with targets(SeededEntropy(3)) as (aims, told):
            assert aims.harm() == ""
            aims.canary.write_text("changed")
            assert "changed" in aims.harm()
            assert aims.harm() == ""
            aims.canary.unlink()
            assert "taken away" in aims.harm()
            (aims.open_folder / "planted").write_text("x")
            assert "written" in aims.harm()
            os.setpriority(os.PRIO_PROCESS, int(str(told["victim"])), 5)
            assert "slowed" in aims.harm()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"x", ("127.0.0.1", int(str(told["udp"]))))

    asyncio.run(test())


def test_nothing_is_left_of_them() -> None:
    async def test() -> None:
        async with targets(SeededEntropy(4)) as (aims, told):
            folder, victim = aims.folder, int(str(told["victim"]))
        assert not folder.exists()
        try:
            os.kill(victim, 0)
        except ProcessLookupError:
            return
        raise AssertionError

    asyncio.run(test())
