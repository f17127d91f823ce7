"""Going back in time stops what lives, leaves what ended, and says what was done since."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from ergos.app.backup_rewind import GAP, RESTORED, rewind, since
from ergos.app.client import order
from ergos.app.home import Home, kernel_on, programs_of, reading
from ergos.base.ids import Pid
from ergos.kernel.process import State
from ergos.kernel.rows import Head
from ergos.runtime.audit import audit
from ergos.runtime.control import Revoke, Send, Signal, Spawn
from tests.app.backup_rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


async def head_of(home: Home) -> tuple[Head, str]:
    async with reading(home) as reads:
        return await reads.head(), reads.id


def test_what_lives_is_paused_and_what_ended_stays_as_it_was(rig: Rig, listener: Path):
    async def play() -> None:
        for _ in range(3):
            await order(rig.home, Spawn(path=str(listener), owner="me"))
        await order(rig.home, Signal(pid=Pid(1), name="kill", by="me"))
        await order(rig.home, Signal(pid=Pid(2), name="pause", by="me"))
        before, _ = await head_of(rig.home)
        rewound = await rewind(rig.home.store, before.at_ns - 5, "1.2.3")
        assert (rewound.processes, rewound.paused, rewound.open_calls) == (2, (Pid(3),), 0)
        async with reading(rig.home) as reads:
            assert (await audit(reads)).sound
            rows = await reads.processes(live_only=False)
            assert [row.state for row in rows] == [State.KILLED, State.PAUSED, State.PAUSED]
            facts = await reads.facts()
            assert facts["halted"] == "restore"
            said = msgspec.json.decode(facts[RESTORED])
            assert said == {"seq": before.seq, "at_ns": before.at_ns, "version": "1.2.3"}  # time never runs back
            assert await reads.highest() == (GAP, GAP, GAP)
        async with kernel_on(rig.home, programs_of(rig.home)) as kernel:
            assert kernel.machine.halted

    asyncio.run(play())


def test_numbers_go_on_beyond_those_of_the_history_that_is_gone(rig: Rig, listener: Path):
    async def play() -> None:
        await order(rig.home, Spawn(path=str(listener), owner="me"))
        await rewind(rig.home.store, 0, "1", (3 * GAP + 7, 5, 2 * GAP))
        async with reading(rig.home) as reads:
            assert await reads.highest() == (4 * GAP, GAP, 3 * GAP)

    asyncio.run(play())


def test_what_was_done_since_is_told_if_it_is_the_same_history(rig: Rig):
    async def play() -> None:
        await rig.begin()
        head, name = await head_of(rig.home)
        await order(rig.home, Revoke(owner="me", grant="0" * 12, by="me"))

        await order(rig.home, Send(pid=Pid(1), body="one"))
        async with kernel_on(rig.home, programs_of(rig.home)):
            await rig.until(lambda: len(rig.hits) == 1)
            await asyncio.sleep(0.05)
        found = await since(rig.home.store, head, name)
        assert found.known
        assert (found.calls, found.revoked, found.highest[0]) == (1, 1, 1)
        assert [(call.call, call.effect, call.answered) for call in found.shown] == [("act fire", "irreversible", True)]
        assert not (await since(rig.home.store, head, "another store")).known
        assert not (await since(rig.home.store, Head(head.seq, b"x" * 32, 0), name)).known
        assert not (await since(rig.home.store, Head(10_000, head.seal, 0), name)).known
        assert not (await since(rig.folder / "nowhere", head, name)).known
        (rig.folder / "garbage").write_bytes(b"garbage")
        assert not (await since(rig.folder / "garbage", head, name)).known

    asyncio.run(play())
