"""A seed holds the process as it stood: what was answered by then, and nothing that came later."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from ergos.app.home import reading
from ergos.app.trace.spans import body_of
from ergos.app.whatif_seed import Other, OverlayStore, Point, seed
from ergos.base.errors import UsageError
from ergos.base.ids import Digest, Pid
from ergos.drivers.store_memory import MemoryDisk
from ergos.kernel.events import Resulted
from ergos.kernel.journal import Sealed
from ergos.kernel.ports import Store
from ergos.kernel.process import State
from ergos.runtime.vault import Vault
from tests.app.trace_house import home_in, ran


def test_a_seed_is_cut_at_its_point(tmp_path: Path):
    home = home_in(tmp_path / "house")

    async def play() -> None:
        await ran(home, "forecaster")
        await ran(home, "asker", ("Oslo", "Rome"))
        async with reading(home) as reads:
            vault = Vault(cast("Store", reads))
            whole = await reads.turn(Pid(1), 1)
            plain = await seed(reads, vault, Point(pid=Pid(1), turn=1, seq=6), None)
            assert plain.process.state is State.READY
            assert plain.process.turn_open
            assert [bytes(one.body) for one in plain.kept] == [bytes(one.body) for one in whole if one.seq < 6]
            other = await seed(reads, vault, Point(pid=Pid(1), turn=1, seq=6), Other(value="dry"))
            last = other.kept[-1]
            body = body_of(Sealed(0, last.pid, last.turn, last.at_ns, last.body, b""))
            assert isinstance(body, Resulted)
            assert bytes(body.value) == b'"dry"'
            assert body.label.integrity == "untrusted", "an answer that is supposed is no better than the one that came"
            with pytest.raises(UsageError):
                await seed(reads, vault, Point(pid=Pid(1), turn=1, seq=10), Other(value=1))
            later = await seed(reads, vault, Point(pid=Pid(2), turn=2, seq=(await reads.turn(Pid(2), 2))[1].seq), None)
            assert [mail.sender for mail in later.change.mail_put] == [0], "its message of this turn waits again"
            assert await vault.value(later.process.memory) == {"heard": "Oslo", "answers": 3}
            overlay = OverlayStore(MemoryDisk(), reads)
            digest = later.process.definition
            assert digest in await overlay.blobs((digest, Digest("0" * 64)))
            await overlay.close()

    asyncio.run(play())
