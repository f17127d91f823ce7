"""What a model is saying reaches who watches its process, and nobody else; the record stays the truth."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ergos.app.home import kernel_on, programs_of
from ergos.app.tap import Said, Tap
from ergos.base.ids import Pid
from tests.app.trace_house import home_in


def test_pieces_come_while_somebody_watches_and_stop_then(tmp_path: Path):
    home = home_in(tmp_path / "house")
    heard: dict[int, list[Said]] = {1: [], 2: []}

    async def play() -> None:
        programs = programs_of(home)
        definition = programs.load(home.folder.parent / "forecaster.py")
        async with kernel_on(home, programs) as kernel:
            tap = Tap(kernel.machine)
            assert kernel.machine.pour is None

            async def watch(pid: int) -> None:
                async for said in tap.watch(Pid(pid), 0.05):
                    if said is not None:
                        heard[pid].append(said)

            watching = [asyncio.ensure_future(watch(pid)) for pid in heard]
            await asyncio.sleep(0)
            assert kernel.machine.pour is not None
            pid = await kernel.desk.spawn(definition, "ann", None)
            assert pid == 1
            await asyncio.wait_for(kernel.desk.end_of(pid), 10)
            await asyncio.sleep(0.05)
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            assert kernel.machine.pour is None, "nobody watches, so nothing is poured"
            process = (await kernel.machine.store.load((pid,)))[0].process
            assert await kernel.machine.vault.value(process.outcome) == {"take": True}

    asyncio.run(play())
    keys = list(dict.fromkeys(one.key for one in heard[1]))
    assert len(keys) == 2
    for key in keys:
        mine = [one for one in heard[1] if one.key == key]
        assert mine[0].anew
        assert not any(one.anew for one in mine[1:])
    assert "".join(one.text for one in heard[1]) == "It rains: take an umbrella."
    assert any(one.tool == "weather" for one in heard[1])
    assert heard[2] == []
